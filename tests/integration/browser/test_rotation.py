"""Each renewal replaces the refresh token, and a display goes on by the newest one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .canned_server import CONTROLLER, CannedServer
from .conftest import WALL, Open, painted
from .test_wall import reopened, signed_in, stored


def test_a_display_outlives_each_rotation_of_its_token(
    tab: Open, server: CannedServer
) -> None:
    page = tab(size=WALL)
    signed_in(page, server.address, keep=True)
    first = reopened(page.context, server.address, "#wall")
    painted(first)
    second = reopened(first.context, server.address, "#wall")
    painted(second)
    (kept,) = (json.loads(text) for text in stored(second).values())

    assert {kept["refresh_token"]} == server.sign_in.refresh_tokens
    for again in (first, second):
        again.context.close()


def test_two_tabs_of_a_display_renew_by_the_newest_token(
    tab: Open, server: CannedServer, eventually: Callable[..., Any]
) -> None:
    page = tab(size=WALL)
    signed_in(page, server.address, keep=True)
    other = page.context.new_page()
    other.goto(f"{server.address}/#wall")
    painted(other)  # it has taken the token of the first
    page.evaluate("""() => {
        const key = "city-traffic-session"
        const session = JSON.parse(sessionStorage[key])
        sessionStorage[key] = JSON.stringify({...session, ends_at: 1})
    }""")
    asked = server.asked.count("/oauth2/token")

    ends = "JSON.parse(sessionStorage['city-traffic-session'])?.ends_at"
    assert eventually(lambda: page.evaluate(ends) > 1)
    assert server.asked.count("/oauth2/token") == asked + 1
    assert page.locator("#sign-out").get_attribute("title") == CONTROLLER
