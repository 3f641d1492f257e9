"""`trafficctl users`: manages the users of the live map."""

from __future__ import annotations

import argparse
import contextlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.aws import session as aws
from trafficctl.cli import options, output
from trafficctl.cli.output import Column
from trafficctl.errors import OK, CityError
from trafficctl.users import pool as user_pool
from trafficctl.users.pool import UserPool

LONGEST = 128  # characters of a Cognito user name


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands users add, list and remove."""
    parser = subparsers.add_parser(
        "users",
        help="manage the users of the live map",
        description="Add, list and remove users of the live map.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, run, about, more in (
        (
            "add",
            _add,
            "add a user",
            "AWS e-mails a temporary password that is valid for 3 days. The local city "
            "sends no e-mail: the command prints the password for `trafficctl map "
            "--sign-in`.",
        ),
        ("list", _list, "list the users", "List the users with their state."),
        (
            "remove",
            _remove,
            "remove a user",
            "Sign the user out and delete the user. An open page keeps working for up "
            "to an hour, until its token expires.",
        ),
    ):
        action = actions.add_parser(name, help=about, description=more)
        if name != "list":
            action.add_argument("email", type=email_address, metavar="EMAIL")
        is_list = name == "list"
        options.add_common(action, json=is_list, csv=is_list)
        action.set_defaults(run=run)


def email_address(text: str) -> str:
    """An e-mail address that the user pool accepts."""
    is_one = re.fullmatch(r"[^@\s\x00-\x20]+@[^@\s.]+(\.[^@\s.]+)+", text)
    if is_one and text.isascii() and len(text) <= LONGEST:
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not an e-mail address such as controller@city.example"
    )


def _add(args: argparse.Namespace) -> int:
    pool = UserPool.of(args.stack)
    if not pool.is_local:
        pool.invite(args.email)
        output.say(
            f"{args.email} can sign in at {pool.live_url}: AWS e-mails a password"
        )
        return OK
    password = random_password()
    pool.invite(args.email, password)
    output.say(
        f"{args.email} can sign in with `trafficctl map --sign-in` and this password:"
    )
    print(password)
    return OK


def _list(args: argparse.Namespace) -> int:
    users = UserPool.of(args.stack).users()
    if args.json:
        output.show_json(users)
        return OK
    if args.csv:
        output.show_csv(("email", "state", "created_at"), users)
        return OK
    if not users:
        output.say("no users - `trafficctl users add EMAIL` adds one")
        return OK
    rows = [(one["email"], one["state"], one["created_at"]) for one in users]
    output.show(
        output.table(
            [Column("user", importance=output.KEY), Column("state"), Column("added")],
            rows,
        )
    )
    return OK


def _remove(args: argparse.Namespace) -> int:
    UserPool.of(args.stack).remove(args.email)
    output.say(f"{args.email} can no longer sign in")
    return OK


def create_controller(
    session: Any, outputs: Mapping[str, str], email: str, password: str
) -> None:
    """Create a controller who can sign in at once; an existing one gets the password.

    *outputs* are the stack's. Sends no e-mail. Raises CityError if Cognito refuses, for
    example a weak password.
    """
    cognito, pool = aws.client(session, "cognito-idp"), outputs["UserPoolId"]
    try:
        with contextlib.suppress(cognito.exceptions.UsernameExistsException):
            user_pool.create_user(cognito, pool, email, password)
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=email, Password=password, Permanent=True
        )
    except ClientError as exc:
        reason = exc.response["Error"].get("Message", "no reason given")
        raise CityError(f"cannot create the user {email}: {reason}") from exc


def random_password() -> str:
    """A random password as strong as the pool requires."""
    return f"{secrets.token_urlsafe(18)}-Aa1"
