"""One address for the local city: page, API and sign-in, and still guarded."""

from __future__ import annotations

import json
import secrets
import urllib.parse
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from tests.integration import sign_in
from trafficctl.errors import UserError
from trafficctl.map.proxy import Proxy, ProxyTarget
from trafficctl.users import command as users

DEMO = "demo@city.example"


def asked(proxy: Proxy, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer, answer.read()


@pytest.fixture
def idle() -> Iterator[Proxy]:
    proxy = Proxy(0)
    yield proxy
    proxy.close()


@pytest.fixture
def proxy(idle: Proxy, local_city: Any) -> Proxy:
    password = users.random_password()
    users.create_controller(local_city.session, local_city.outputs, DEMO, password)
    api = local_city.outputs["LiveApiId"]
    endpoint, told = local_city.city.endpoint, {"recording": {"shift": 180}}
    idle.target = ProxyTarget(endpoint, api, DEMO, password, told)
    return idle


def test_before_the_city_is_up_the_page_says_so_and_tries_again(idle: Proxy) -> None:
    answer, body = asked(idle, "/")

    assert (answer.status, answer.getheader("Refresh")) == (503, "2")
    assert json.loads(body) == {"error": "the local city is starting"}


def test_a_port_that_is_taken_is_said_with_what_to_do(idle: Proxy) -> None:
    with pytest.raises(UserError, match="choose another with --port or DEMO_PORT"):
        Proxy(idle.port)


def test_the_page_is_told_to_sign_in_at_this_address(proxy: Proxy) -> None:
    answer, body = asked(proxy, "/config.json", **{"Accept-Encoding": "gzip"})

    assert answer.status == 200
    assert json.loads(body)["auth"]["domain"] == proxy.address
    assert json.loads(body)["recording"] == {"shift": 180}
    assert json.loads(body)["thresholds"]["high"] == 50
    assert answer.getheader("Access-Control-Allow-Origin") is None


def test_the_authorizer_goes_on_to_enforce(proxy: Proxy) -> None:
    assert asked(proxy, "/api/now")[0].status == 401


def test_who_comes_by_localhost_is_led_to_the_one_address(proxy: Proxy) -> None:
    answer, _ = asked(proxy, "/app/map.js?x=1", Host=f"localhost:{proxy.port}")

    assert answer.status == 307
    assert answer.getheader("Location") == f"{proxy.address}/app/map.js?x=1"


def test_a_foreign_name_leads_nowhere(proxy: Proxy) -> None:
    answer, body = asked(proxy, "/config.json", Host=f"evil.example:{proxy.port}")

    assert (answer.status, answer.getheader("Location")) == (403, None)
    assert f"expected Host 127.0.0.1:{proxy.port}" in json.loads(body)["error"]


def test_the_demos_controller_is_signed_in_without_being_asked(
    proxy: Proxy, local_city: Any
) -> None:
    outputs = local_city.outputs
    verifier = secrets.token_urlsafe(48)
    request = sign_in.authorization(
        outputs["UserPoolClientId"], outputs["LiveUrl"], verifier
    )
    query = urllib.parse.urlencode({**request, "state": "s1"})

    answer, _ = asked(proxy, f"/oauth2/authorize?{query}")

    place = urllib.parse.urlsplit(answer.getheader("Location") or "")
    told = urllib.parse.parse_qs(place.query)
    assert answer.status == 302
    assert f"{place.scheme}://{place.netloc}/" == outputs["LiveUrl"]
    assert (set(told), told["state"]) == ({"code", "state"}, ["s1"])


def test_a_city_that_is_gone_is_said_to_be(proxy: Proxy) -> None:
    proxy.target = ProxyTarget("http://127.0.0.1:9", "api")

    answer, body = asked(proxy, "/")

    assert answer.status == 503
    assert json.loads(body) == {"error": "the local city does not respond"}
