"""The emulator answers programs of this machine, and no web page."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localcity.gateway.guard import guarded, refusal

PORT, KEY = 4566, "the-key-of-this-city"
HOST = ("host", "127.0.0.1:4566")
RESET = "/_ministack/reset"
EVIL = "http://evil.example:4566"
Pairs = tuple[tuple[str, str], ...]


def asked(path: str, pairs: Pairs) -> str | None:
    headers = [(name.encode(), value.encode()) for name, value in pairs]
    return refusal(path, headers, PORT, KEY)


@pytest.mark.parametrize(
    "pairs",
    [
        (HOST,),
        (("host", "localhost:4566"),),
        (("host", "[::1]:4566"),),
        (("host", "abc.execute-api.localhost:4566"),),
        (HOST, ("origin", "http://127.0.0.1:4566")),
        (HOST, ("sec-fetch-site", "same-origin")),
        (HOST, ("sec-fetch-site", "none")),
    ],
)
def test_programs_and_the_citys_own_pages_are_let_in(pairs: Pairs) -> None:
    assert asked("/", pairs) is None


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), "expected Host"),
        ((HOST, HOST), "expected Host"),
        ((("host", "evil.example:4566"),), "expected Host"),
        ((("host", "127.0.0.1.evil.example:4566"),), "expected Host"),
        ((("host", "evillocalhost:4566"),), "expected Host"),
        ((("host", "127.0.0.1:80"),), "expected Host"),
        ((("host", "127.0.0.1"),), "expected Host"),
        ((HOST, ("origin", EVIL)), "Origin"),
        ((HOST, ("Origin", "null")), "Origin"),
        ((HOST, ("origin", "http://127.0.0.1:8643")), "Origin"),
        ((HOST, ("origin", "http://localhost:4566")), "Origin"),
        ((HOST, ("sec-fetch-site", "cross-site")), "another site"),
        ((HOST, ("sec-fetch-site", "same-site")), "another site"),
    ],
)
def test_a_page_of_elsewhere_is_refused(pairs: Pairs, expected: str) -> None:
    assert expected in str(asked("/", pairs))


def test_what_administers_the_emulator_needs_the_citys_key() -> None:
    assert "x-city-key" in str(asked(RESET, (HOST,)))
    assert "x-city-key" in str(asked(RESET, (HOST, ("x-city-key", "test"))))
    assert asked(RESET, (HOST, ("x-city-key", KEY))) is None
    assert asked("/_ministack/health", (HOST,)) is None
    assert asked("/_ministack/ready", (HOST,)) is None


def answered(kind: str, host: str) -> list[dict[str, Any]]:
    """What an application that allows every origin sends, through the guard."""
    sent: list[dict[str, Any]] = []
    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"content-type", b"text/plain")]

    async def serve(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": kind, "path": "/", "headers": [(b"host", host.encode())]}
    guarding = guarded(serve, PORT, KEY)(scope, None, send)
    with ThreadPoolExecutor(1) as own:  # this thread may have a loop of Playwright's
        own.submit(asyncio.run, guarding).result()
    return sent


def test_no_answer_allows_another_origin_to_read_it() -> None:
    (start,) = answered("http", HOST[1])

    assert (start["status"], start["headers"]) == (
        200,
        [(b"content-type", b"text/plain")],
    )


def test_a_refusal_is_a_403_that_says_what_was_expected() -> None:
    start, body = answered("http", "evil.example:4566")

    assert start["status"] == 403
    assert b"expected Host 127.0.0.1:4566" in body["body"]


def test_a_web_socket_of_another_page_is_closed_before_it_opens() -> None:
    assert answered("websocket", "evil.example:4566") == [
        {"type": "websocket.close", "code": 1008}
    ]
