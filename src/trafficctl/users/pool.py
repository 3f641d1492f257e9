"""The users of a stack's live map, in its Cognito user pool."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from trafficctl.aws import session as aws
from trafficctl.aws.session import is_loopback
from trafficctl.errors import CityError, UserError
from trafficctl.local.cloud import session_for

STATES = {"CONFIRMED": "active", "FORCE_CHANGE_PASSWORD": "invited"}


class UserPool:
    """The user pool of a stack; CityError if it does not exist."""

    def __init__(self, cognito: Any, outputs: Mapping[str, str], stack: str) -> None:
        self._cognito, self._pool, self._stack = cognito, outputs["UserPoolId"], stack
        self.live_url = outputs["LiveUrl"]

    @classmethod
    def of(cls, stack: str) -> UserPool:
        """The pool of the stack, on AWS or in the local city (`session_for`)."""
        session = session_for(stack)
        outputs = aws.stack_outputs(session, stack)
        return cls(aws.client(session, "cognito-idp"), outputs, stack)

    @property
    def is_local(self) -> bool:
        """Whether the pool is in a local city, which sends no e-mail."""
        return is_loopback(self._cognito.meta.endpoint_url)

    def invite(self, email: str, password: str | None = None) -> None:
        """Create a user, by e-mail or with a password. UserError if it exists."""
        try:
            create_user(self._cognito, self._pool, email, password)
            if password:
                self._cognito.admin_set_user_password(
                    UserPoolId=self._pool,
                    Username=email,
                    Password=password,
                    Permanent=True,
                )
        except ClientError as exc:
            self._refuse(exc, email)

    def users(self) -> list[dict[str, Any]]:
        """All users, by e-mail address: email, state, created_at (UTC, ISO 8601)."""
        pages = self._cognito.get_paginator("list_users")
        try:
            users = [
                user_row(user)
                for page in pages.paginate(UserPoolId=self._pool)
                for user in page["Users"]
            ]
        except ClientError as exc:
            self._refuse(exc)
        return sorted(users, key=lambda one: str(one["email"]))

    def remove(self, email: str) -> None:
        """Sign the user out everywhere and delete it. UserError if unknown."""
        name = {"UserPoolId": self._pool, "Username": email}
        try:
            self._cognito.admin_user_global_sign_out(**name)
            self._cognito.admin_delete_user(**name)
        except ClientError as exc:
            self._refuse(exc, email)

    def _refuse(self, exc: Any, email: str = "") -> NoReturn:
        """Raise our error for a known refusal, else the error itself."""
        code = exc.response["Error"].get("Code")
        if code == "UsernameExistsException":
            raise UserError(
                f"{email} is already a user of {self._stack} - if the temporary "
                "password has expired, remove the user and add it again"
            ) from exc
        if code == "UserNotFoundException":
            raise UserError(
                f"{email} is not a user of {self._stack} - "
                f"`trafficctl users list --stack {self._stack}` lists them"
            ) from exc
        if code == "ResourceNotFoundException":
            raise CityError(
                f"user pool {self._pool} of {self._stack} does not exist - find the "
                "change that deleted it: `trafficctl deploy --revert-drift` lists them"
            ) from exc
        raise exc


def create_user(cognito: Any, pool: str, email: str, password: str | None) -> None:
    """Create a user with this temporary password, or with one that Cognito e-mails."""
    quietly = {"MessageAction": "SUPPRESS", "TemporaryPassword": password}
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        UserAttributes=[
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
        ],
        **({"DesiredDeliveryMediums": ["EMAIL"]} if password is None else quietly),
    )


def user_row(user: Mapping[str, Any]) -> dict[str, Any]:
    """A user as listed, from an element of ListUsers."""
    attributes = {one["Name"]: one["Value"] for one in user.get("Attributes", [])}
    state = STATES.get(user["UserStatus"], user["UserStatus"].lower())
    created = user["UserCreateDate"].astimezone(dt.timezone.utc)
    return {
        "email": attributes.get("email", user["Username"]),
        "state": state if user.get("Enabled", True) else "disabled",
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
