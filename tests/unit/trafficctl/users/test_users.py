"""Who may sign in to the live map on AWS: by mail, and refused in clear words."""

from __future__ import annotations

import argparse
import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from trafficctl.errors import CityError, UserError
from trafficctl.local.cloud import chooses_aws
from trafficctl.map.command import may_open, port_of, wait
from trafficctl.users.command import email_address
from trafficctl.users.pool import UserPool, user_row

EMAIL = "controller@city.example"
OUTPUTS = {"UserPoolId": "pool-1", "LiveUrl": "https://map.example/"}


class FakeCognito:
    """Cognito in a Region: notes what it is asked, and refuses by `code`."""

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        self.asked: list[tuple[str, dict[str, Any]]] = []
        endpoint = "https://cognito-idp.eu-central-1.amazonaws.com"
        self.meta = SimpleNamespace(endpoint_url=endpoint)

    def __getattr__(self, operation: str) -> Any:
        def ask(**request: Any) -> None:
            if self.code:
                error = {"Error": {"Code": self.code, "Message": "no"}}
                raise ClientError(error, operation)  # type: ignore[arg-type]
            self.asked.append((operation, request))

        return ask

    def get_paginator(self, _name: str) -> Any:
        return SimpleNamespace(paginate=self._refused_page)

    def _refused_page(self, **request: Any) -> Any:
        self.list_users(**request)
        return []


def pool(cognito: FakeCognito) -> UserPool:
    return UserPool(cognito, OUTPUTS, "city")


def test_on_aws_the_person_is_mailed_a_password_that_nobody_else_knows() -> None:
    cognito = FakeCognito()

    pool(cognito).invite(EMAIL)

    ((operation, request),) = cognito.asked
    assert operation == "admin_create_user"
    assert (request["UserPoolId"], request["Username"]) == ("pool-1", EMAIL)
    assert request["DesiredDeliveryMediums"] == ["EMAIL"]
    assert {"Name": "email_verified", "Value": "true"} in request["UserAttributes"]
    assert {"MessageAction", "TemporaryPassword"} & set(request) == set()
    assert not pool(cognito).is_local


def test_a_user_who_is_removed_is_signed_out_first() -> None:
    cognito = FakeCognito()

    pool(cognito).remove(EMAIL)

    asked = {"UserPoolId": "pool-1", "Username": EMAIL}
    assert cognito.asked == [
        ("admin_user_global_sign_out", asked),
        ("admin_delete_user", asked),
    ]


def test_a_user_who_is_there_already_is_said_to_be() -> None:
    with pytest.raises(UserError, match=f"{EMAIL} is already a user of city") as said:
        pool(FakeCognito("UsernameExistsException")).invite(EMAIL)

    assert said.value.exit_code == 2


def test_a_user_who_is_not_there_is_said_not_to_be() -> None:
    with pytest.raises(UserError, match="users list --stack city` lists them") as said:
        pool(FakeCognito("UserNotFoundException")).remove(EMAIL)

    assert said.value.exit_code == 2


@pytest.mark.parametrize("action", ["invite", "remove", "users"])
def test_a_pool_that_is_gone_is_named(action: str) -> None:
    gone = pool(FakeCognito("ResourceNotFoundException"))

    with pytest.raises(CityError, match="user pool pool-1 of city does not exist"):
        gone.users() if action == "users" else getattr(gone, action)(EMAIL)


def test_another_refusal_stays_what_it_is() -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        pool(FakeCognito("AccessDeniedException")).invite(EMAIL)


@pytest.mark.parametrize(
    ("status", "enabled", "state"),
    [
        ("CONFIRMED", True, "active"),
        ("FORCE_CHANGE_PASSWORD", True, "invited"),
        ("RESET_REQUIRED", True, "reset_required"),
        ("CONFIRMED", False, "disabled"),
    ],
)
def test_a_user_is_listed_by_its_address_and_state(
    status: str, enabled: bool, state: str
) -> None:
    east = dt.timezone(dt.timedelta(hours=2))
    user = {
        "Username": "0f3a",
        "Attributes": [{"Name": "email", "Value": EMAIL}],
        "UserStatus": status,
        "Enabled": enabled,
        "UserCreateDate": dt.datetime(2026, 11, 29, 12, 0, 5, tzinfo=east),
    }

    assert user_row(user) == {
        "email": EMAIL,
        "state": state,
        "created_at": "2026-11-29T10:00:05Z",
    }


@pytest.mark.parametrize(
    "text",
    [
        *("", "bob", "@city.example", "bob@city", "bob@.example", "bob@city..example"),
        *("a b@city.example", "bob@a@city.example", "bob@city.example\n"),
        "b\u00f6@city.example",
        "b" * 120 + "@city.example",
    ],
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not an e-mail address"):
        email_address(text)


@pytest.mark.parametrize("text", [EMAIL, "a.b+c@x-y.co.uk", "O'Neil@city.example"])
def test_an_email_address_is_taken_as_it_is(text: str) -> None:
    assert email_address(text) == text


@pytest.mark.parametrize(
    ("settings", "aws"),
    [
        ({}, False),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_REGION": "r"}, False),
        ({"AWS_ENDPOINT_URL": "https://vpce.example"}, True),
        ({"AWS_PROFILE": "city"}, True),
        ({"AWS_REGION": "eu-central-1"}, True),
    ],
)
def test_a_shell_that_is_set_up_for_aws_is_not_led_to_a_local_city(
    settings: dict[str, str], aws: bool
) -> None:
    assert chooses_aws(settings) is aws


def test_a_browser_is_opened_only_where_there_is_a_screen() -> None:
    assert may_open("darwin", {})
    assert may_open("linux", {"WAYLAND_DISPLAY": "wayland-0"})
    assert not may_open("linux", {"DISPLAY": "", "TERM": "xterm"})


def test_the_map_is_served_at_the_port_of_its_address() -> None:
    assert port_of("http://127.0.0.1:9000/") == 9000
    assert port_of("https://map.city.example/") == 8643


def test_the_map_of_a_city_that_ends_ends_with_it() -> None:
    lives = iter([True, False])

    with pytest.raises(CityError, match="the local city test has stopped"):
        wait(lambda: next(lives), "test", look_every_s=0)
