"""The local map answers its own page and a person, and no page of another site."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from trafficctl.map.guard import length, refusal
from trafficctl.map.proxy import Proxy, ProxyTarget

HOST = "127.0.0.1:8643"
NO_CITY = ProxyTarget("http://127.0.0.1:9", "api")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy(0, NO_CITY)
    yield made
    made.close()


def spoken(proxy: Proxy, *lines: str) -> str:
    """The whole of what the proxy answers, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": HOST},
        {"Host": "localhost:8643"},
        {"Host": HOST, "Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"},
        {"Host": HOST, "Sec-Fetch-Site": "none"},
    ],
)
def test_its_own_page_and_a_person_are_let_in(headers: dict[str, str]) -> None:
    assert refusal(headers, HOST) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "Host"),
        ({"Host": "map.evil.example:8643"}, "Host"),
        ({"Host": "127.0.0.1:8642"}, "Host"),
        ({"host": HOST, "origin": "http://map.evil.example"}, "Origin"),
        ({"host": HOST, "origin": "null"}, "Origin"),
        ({"Host": HOST, "Sec-Fetch-Site": "cross-site"}, "another site"),
        ({"Host": HOST, "Sec-Fetch-Site": "same-site"}, "another site"),
    ],
)
def test_a_page_of_another_site_is_refused(
    headers: dict[str, str], expected: str
) -> None:
    assert expected in str(refusal(headers, HOST))


def test_a_refused_page_gets_a_403_and_nothing_else(proxy: Proxy) -> None:
    host = f"Host: 127.0.0.1:{proxy.port}"

    answer = spoken(
        proxy,
        "GET / HTTP/1.1",
        host,
        "Origin: http://evil.example",
        "Connection: close",
    )

    assert answer.startswith("HTTP/1.1 403 ")
    assert "access-control" not in answer.lower()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 0),
        ({"Content-Length": "0"}, 0),
        ({"content-length": "10"}, 10),
        ({"Content-Length": "11"}, None),
        ({"Content-Length": "-1"}, None),
        ({"Content-Length": "1_0"}, None),
        ({"Content-Length": "ten"}, None),
        ({"Content-Length": "9" * 5000}, None),
        ({"Transfer-Encoding": "chunked"}, None),
    ],
)
def test_a_body_is_read_by_a_length_that_can_be_right(
    headers: dict[str, str], expected: int | None
) -> None:
    assert length(headers, 10) == expected


def test_a_negative_length_is_answered_at_once(proxy: Proxy) -> None:
    host = f"Host: 127.0.0.1:{proxy.port}"

    answer = spoken(proxy, "POST / HTTP/1.1", host, "Content-Length: -1")

    assert answer.startswith("HTTP/1.1 400 ")


def test_a_page_that_is_reloaded_leaves_no_traceback(
    proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise BrokenPipeError
    except BrokenPipeError:
        proxy._server.handle_error(None, ("127.0.0.1", 1))  # type: ignore[arg-type]
    gone = capsys.readouterr().err
    try:
        raise ValueError("a fault of ours")
    except ValueError:
        proxy._server.handle_error(None, ("127.0.0.1", 1))  # type: ignore[arg-type]

    assert gone == ""
    assert "a fault of ours" in capsys.readouterr().err
