"""The local map answers its own page and a person, and no page of another site."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from localcity.gateway import guard as emulator
from trafficctl.map.guard import length, refusal
from trafficctl.map.proxy import Proxy, ProxyTarget

HOST = "127.0.0.1:8643"
Guard = Callable[[dict[str, str]], str | None]
NO_CITY = ProxyTarget("http://127.0.0.1:9", "api")


def of_the_map(headers: dict[str, str]) -> str | None:
    return refusal(headers, HOST)


def of_the_emulator(headers: dict[str, str]) -> str | None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return emulator.refusal("/", pairs, 8643, "key")


both_guards = pytest.mark.parametrize("guard", [of_the_map, of_the_emulator])


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy(0, NO_CITY)
    yield made
    made.close()


def spoken(proxy: Proxy, *lines: str) -> str:
    """The whole of what the proxy answers, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode()


@both_guards
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": HOST},
        {"Host": "localhost:8643"},
        {"Host": HOST, "Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"},
        {"Host": HOST, "Sec-Fetch-Site": "none"},
    ],
)
def test_its_own_page_and_a_person_are_let_in(
    guard: Guard, headers: dict[str, str]
) -> None:
    assert guard(headers) is None


@both_guards
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "Host"),
        ({"Host": "map.evil.example:8643"}, "Host"),
        ({"Host": "127.0.0.1:8642"}, "Host"),
        ({"host": HOST, "origin": "http://map.evil.example"}, "Origin"),
        ({"host": HOST, "origin": "null"}, "Origin"),
        ({"host": HOST, "origin": f"https://{HOST}"}, "Origin"),
        ({"host": HOST, "origin": "http://127.0.0.1:8642"}, "Origin"),
        ({"host": HOST, "origin": "http://localhost:8643"}, "Origin"),
        ({"Host": HOST, "Sec-Fetch-Site": "cross-site"}, "another site"),
        ({"Host": HOST, "Sec-Fetch-Site": "same-site"}, "another site"),
    ],
)
def test_a_page_of_another_site_is_refused(
    guard: Guard, headers: dict[str, str], expected: str
) -> None:
    assert expected in str(guard(headers))


def test_the_name_of_a_header_has_any_case(proxy: Proxy) -> None:
    answer = spoken(
        proxy, "GET / HTTP/1.1", f"host: 127.0.0.1:{proxy.port}", "connection: close"
    )

    assert answer.startswith("HTTP/1.1 503 ")


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
