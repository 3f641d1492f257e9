"""The controllers who may sign in to the live map, and signing one in by program."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPMessage, HTTPResponse
from typing import IO, Any

from botocore.exceptions import ClientError

from trafficctl import aws
from trafficctl.errors import CityError

SCOPE = "openid email"
TIMEOUT_S = 10.0


def create(session: Any, outputs: Mapping[str, str], email: str, password: str) -> None:
    """Make a controller who can sign in at once; one who exists gets the password.

    *outputs* are the stack's. No mail is sent. Raises CityError where Cognito refuses,
    as it does a weak password.
    """
    cognito, pool = aws.client(session, "cognito-idp"), outputs["UserPoolId"]
    try:
        _ensure(cognito, pool, email, password)
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=email, Password=password, Permanent=True
        )
    except ClientError as exc:
        reason = exc.response["Error"].get("Message", "no reason given")
        raise CityError(f"cannot make {email} a controller: {reason}") from exc


def _ensure(cognito: Any, pool: str, email: str, password: str) -> None:
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    except cognito.exceptions.UsernameExistsException:
        return


def a_password() -> str:
    """Return a password that nobody knows, as strong as the pool demands."""
    return f"{secrets.token_urlsafe(18)}-Aa1"


def local_tokens(
    endpoint: str, client_id: str, redirect: str, email: str, password: str
) -> dict[str, Any]:
    """Sign in at the local city as a browser does, by code and PKCE; the tokens.

    Gives `id_token`, `access_token`, `refresh_token` and `expires_in`. Raises CityError
    where the sign-in refuses. Cognito's own page wants a browser: this is for the
    local city at *endpoint*, whose page is a plain form.
    """
    verifier = secrets.token_urlsafe(48)
    asked = authorization(client_id, redirect, verifier)
    form = {**asked, "username": email, "password": password}
    place = _posted(f"{endpoint}/login", form).get("Location", "")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(place).query)
    if "code" not in query:
        raise CityError(f"the sign-in at {endpoint} refused {email}: wrong password?")
    exchanged = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "code": query["code"][0],
        "code_verifier": verifier,
    }
    with _opened(f"{endpoint}/oauth2/token", exchanged) as answer:
        return dict(json.load(answer))


def authorization(client_id: str, redirect: str, verifier: str) -> dict[str, str]:
    """Return the parameters of an authorization request with PKCE (S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": SCOPE,
        "state": "",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


def _posted(url: str, form: Mapping[str, str]) -> HTTPMessage:
    with _opened(url, form) as answer:
        return answer.headers


def _opened(url: str, form: Mapping[str, str]) -> HTTPResponse:
    request = urllib.request.Request(  # noqa: S310 - http://, on this machine
        url, data=urllib.parse.urlencode(form).encode()
    )
    try:
        answer: HTTPResponse = _OPENER.open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as exc:
        raise CityError(f"{url} refused: {exc.read().decode()[:200]}") from exc
    return answer


class _Staying(urllib.request.HTTPRedirectHandler):
    """Takes a redirection as the answer: it carries the code."""

    def http_error_302(
        self,
        _req: urllib.request.Request,
        fp: IO[bytes],
        _code: int,
        _msg: str,
        _headers: HTTPMessage,
    ) -> Any:
        return fp


_OPENER = urllib.request.build_opener(_Staying)
