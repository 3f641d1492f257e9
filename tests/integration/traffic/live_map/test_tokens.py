"""Tokens that are somebody's, and yet none of the live map's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration import sign_in
from trafficctl.users import command as users

from ...live import DAY, Live


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def content(token: str, at: int) -> Any:
    text = token.split(".")[at]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def with_claims(token: str, **news: Any) -> str:
    """The pool's own signature, under claims that it did not sign."""
    head, _, signature = token.split(".")
    return f"{head}.{part({**content(token, 1), **news})}.{signature}"


@pytest.fixture(scope="module")
def tokens(live: Live) -> dict[str, str]:
    """All that a controller's sign-in gives."""
    outputs, password = live.city.outputs, users.random_password()
    users.create_controller(live.city.session, outputs, "ada@city.example", password)
    told = sign_in.tokens(
        live.city.city.endpoint,
        outputs["UserPoolClientId"],
        outputs["LiveUrl"],
        "ada@city.example",
        password,
    )
    return {name: str(value) for name, value in told.items()}


@pytest.fixture(scope="module")
def of_another_page(live: Live) -> dict[str, str]:
    """Tokens of the same pool and controller, got for another client."""
    cognito, pool = live.city.client("cognito-idp"), live.city.outputs["UserPoolId"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="other", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"]
    )["UserPoolClient"]["ClientId"]
    password = users.random_password()
    users.create_controller(
        live.city.session, live.city.outputs, "bea@city.example", password
    )
    told = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_NO_SRP_AUTH",
        AuthParameters={"USERNAME": "bea@city.example", "PASSWORD": password},
    )["AuthenticationResult"]
    return {str(name): str(value) for name, value in told.items()}


def is_refused(live: Live, token: str) -> bool:
    answer = live.ask("/api/now", token=token)
    return (answer.status, answer.body) == (401, {"message": "Unauthorized"})


def test_what_a_sign_in_gives_for_now_opens_the_map(
    live: Live, tokens: dict[str, str]
) -> None:
    for name in ("id_token", "access_token"):
        assert live.ask("/api/now", token=tokens[name]).status == 200


def test_what_it_gives_for_later_opens_nothing(
    live: Live, tokens: dict[str, str]
) -> None:
    # Cognito's own is encrypted, and the gateway cannot even read it; the local city's
    # is plain, and the function itself refuses it.
    assert live.ask("/api/now", token=tokens["refresh_token"]).status == 401


@pytest.mark.parametrize("name", ["IdToken", "AccessToken"])
def test_a_token_for_another_page_of_the_same_pool_is_refused(
    live: Live, of_another_page: dict[str, str], name: str
) -> None:
    token = of_another_page[name]
    issuer = content(live.tokens[DAY], 1)["iss"]

    assert content(token, 1)["iss"] == issuer  # only its audience is missing
    assert is_refused(live, token)


@pytest.mark.parametrize(
    "news",
    [
        {"exp": int(time.time()) + 10**6},
        {"email": "mayor@city.example"},
        {"iss": "https://login.example"},
    ],
    ids=["ends later", "is another", "is of another pool"],
)
def test_a_claim_that_was_changed_is_not_believed(
    live: Live, tokens: dict[str, str], news: dict[str, Any]
) -> None:
    assert is_refused(live, with_claims(tokens["id_token"], **news))


def test_the_pools_public_key_is_no_secret_to_sign_with(
    live: Live, tokens: dict[str, str]
) -> None:
    """The old trick: name another algorithm, sign by what everybody may read."""
    token, pool = tokens["id_token"], live.city.outputs["UserPoolId"]
    address = f"{live.city.city.endpoint}/{pool}/.well-known/jwks.json"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own
        published = answer.read()
    head = part({**content(token, 0), "alg": "HS256"})
    body = token.split(".")[1]
    digest = hmac.new(published, f"{head}.{body}".encode(), hashlib.sha256).digest()

    assert is_refused(live, f"{head}.{body}.{part(digest)}")


@pytest.mark.parametrize(
    "form",
    ["/api/now?token={}", "/api/now?access_token={}", "/api/now?Authorization={}"],
)
def test_a_token_is_taken_from_its_header_only(
    live: Live, tokens: dict[str, str], form: str
) -> None:
    """What stands in an address ends in logs and histories."""
    assert live.ask(form.format(tokens["id_token"])).status == 401


def test_no_log_of_the_city_holds_a_token(
    live: Live, tokens: dict[str, str], eventually: Callable[..., Any]
) -> None:
    logs = live.city.client("logs")
    live.ask("/api/segments/nowhere", token=tokens["id_token"])
    live.ask("/api/now", token=with_claims(tokens["id_token"], sub="x"))

    def lines(prefix: str = "") -> list[str]:
        named = logs.get_paginator("describe_log_groups")
        groups = named.paginate(**({"logGroupNamePrefix": prefix} if prefix else {}))
        events = logs.get_paginator("filter_log_events")
        return [
            event["message"]
            for page in groups
            for group in page["logGroups"]
            for found in events.paginate(logGroupName=group["logGroupName"])
            for event in found["events"]
        ]

    assert eventually(lambda: lines(f"/aws/lambda/{live.city.city.stack}-live-api"))
    secrets = [text for name, text in tokens.items() if name.endswith("_token")]
    signatures = {token.rpartition(".")[2] for token in secrets}
    assert [one for one in lines() for s in signatures if s and s in one] == []
