"""What is asked for is understood, or refused with what was expected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traffic.live_map import routes
from traffic.live_map.routes import Route, route_of

from .fakes import City, event

NO_SEGMENT = "expected a segment id: 1-64 of letters, digits, _ : . -"
NO_ALERT = "expected an alert id: <segment id>@<milliseconds>"


@pytest.mark.parametrize(
    ("method", "path", "ask"),
    [
        ("GET", "/", Route("page", "/")),
        ("GET", "/app/map.js", Route("page", "/app/map.js")),
        ("GET", "/config.json", Route("config")),
        ("GET", "/api/roads", Route("roads")),
        ("GET", "/api/now", Route("now")),
        ("GET", "/api/log", Route("log")),
        ("GET", "/api/at", Route("at")),
        ("GET", "/api/segments/I-405:n", Route("segment", "I-405:n")),
        ("GET", "/api/segments/a%3Ab/history", Route("history", "a:b")),
        ("POST", "/api/alerts/a@5/acknowledge", Route("acknowledge", "a@5")),
        ("POST", "/api/alerts/a%405/acknowledge", Route("acknowledge", "a@5")),
        ("DELETE", "/api/alerts/a@5/acknowledge", Route("undo", "a@5")),
    ],
)
def test_a_path_asks_for_one_thing(method: str, path: str, ask: Route) -> None:
    assert route_of(method, path) == ask


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/api/segments/", 400, NO_SEGMENT),
        ("GET", "/api/segments/%20", 400, NO_SEGMENT),
        ("GET", f"/api/segments/{'a' * 65}", 400, NO_SEGMENT),
        ("GET", "/api/segments/..%2F..", 400, NO_SEGMENT),
        ("GET", "/api/segments/%F0%9F%9A%97/history", 400, NO_SEGMENT),
        ("POST", "/api/alerts/a/acknowledge", 400, NO_ALERT),
        ("DELETE", "/api/alerts/a/acknowledge", 400, NO_ALERT),
        ("POST", f"/api/alerts/a@{'9' * 99}/acknowledge", 400, NO_ALERT),
        ("POST", "/api/now", 405, "expected GET for /api/now, got POST"),
        ("DELETE", "/", 405, "expected GET for /, got DELETE"),
        (
            "GET",
            "/api/alerts/a@5/acknowledge",
            405,
            "expected POST or DELETE for /api/alerts/a@5/acknowledge, got GET",
        ),
    ],
)
def test_a_path_that_asks_for_nothing_is_refused(
    method: str, path: str, status: int, message: str
) -> None:
    assert City().refusal(path, method) == (status, message)


@pytest.mark.parametrize("path", ["/api/", "/api/x", "/api/now/x", "/api/segments"])
def test_an_unknown_route_is_told_the_known_ones(path: str) -> None:
    status, message = City().refusal(path)

    assert status == 404
    assert message.startswith("expected one of /api/roads, /api/now, ")


@pytest.mark.parametrize("path", ["/x", "/app/", "/app/../index.html", "/app%2Fa"])
def test_a_file_that_is_not_there_is_not_found(path: str) -> None:
    assert City().refusal(path) == (
        404,
        "expected /, /config.json, or a file of the page",
    )


@pytest.mark.parametrize("hours", ["0", "49", "-1", "1.5", "1e1", "", "nan", "٣", "6 "])
def test_hours_that_are_silly_are_refused(hours: str) -> None:
    assert City().refusal("/api/segments/a/history", query={"hours": hours}) == (
        400,
        "expected `hours` to be a whole number from 1 to 48",
    )


@pytest.mark.parametrize(("query", "hours"), [({}, 6), ({"hours": "48"}, 48)])
def test_hours_are_six_unless_asked_otherwise(query: Any, hours: int) -> None:
    assert routes.hours_of(query) == hours


def test_a_page_that_follows_no_segment_is_refused() -> None:
    assert City().refusal("/api/roads", query={"after": "a b"}) == (400, NO_SEGMENT)


def test_what_is_not_asked_for_is_ignored() -> None:
    assert City().get("/api/now", limit="1000000000", since="garbage")["full"] is True


def test_a_body_that_is_too_big_is_refused() -> None:
    status, message = City().refusal("/api/now", "POST", body="x" * 1025)

    assert (status, message) == (413, "expected a body of at most 1024 characters")


@pytest.mark.parametrize("path", ["/api/now", "/api/roads", "/api/segments/a"])
def test_who_did_not_come_past_the_authorizer_is_refused(path: str) -> None:
    assert City().refusal(path, claims=None) == (401, "expected a signed-in user")


@pytest.mark.parametrize(
    ("claims", "who"),
    [
        ({"email": "a@b.c", "cognito:username": "u"}, "a@b.c"),
        ({"cognito:username": "u", "sub": "s"}, "u"),
        ({"username": "n"}, "n"),
        ({}, None),
        ({"username": "n", "token_use": "access"}, "n"),
        ({"username": "n", "token_use": "refresh"}, None),
    ],
)
def test_a_controller_is_known_by_e_mail_or_else_by_name(
    claims: dict[str, str], who: str | None
) -> None:
    assert routes.request_of(event("/", claims=claims)).who == who


def test_a_refusal_is_json_that_nobody_keeps() -> None:
    answer = City().ask("/api/x")

    assert answer["headers"]["content-type"] == "application/json"
    assert answer["headers"]["cache-control"] == "no-store"
    assert set(json.loads(answer["body"])) == {"error"}
