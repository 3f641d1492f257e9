"""What the local map passes on to the emulator, and what it passes back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from trafficctl.map.proxy import Proxy, ProxyTarget

API = "abc"
CONFIG = b'{"auth": {"domain": "https://city.auth.example"}}'
seen: list[dict[str, str]] = []


class Emulator(BaseHTTPRequestHandler):
    """Lets every origin read, and compresses for those who can unpack."""

    def do_POST(self) -> None:
        seen.append({name.lower(): value for name, value in self.headers.items()})
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        body = gzip.compress(CONFIG) if packed else CONFIG
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - names of the base class

    def log_message(self, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Emulator)
    Thread(target=server.serve_forever, daemon=True).start()
    made = Proxy(0, ProxyTarget(f"http://127.0.0.1:{server.server_port}", API))
    yield made
    made.close()
    server.shutdown()
    server.server_close()


def asked(
    proxy: Proxy, method: str, path: str, headers: dict[str, str]
) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_headers_of_the_browser_about_the_page_are_not_passed_on(proxy: Proxy) -> None:
    """The emulator would refuse them: to it, the map's address is another site."""
    said = {"Origin": proxy.address, "Referer": f"{proxy.address}/"}
    fetched = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    asked(proxy, "POST", "/api/now", {**said, **fetched, "Authorization": "Bearer x"})

    (passed,) = seen
    assert {"origin", "referer", "sec-fetch-site", "sec-fetch-mode"}.isdisjoint(passed)
    assert passed["authorization"] == "Bearer x"
    assert passed["host"].startswith(f"{API}.execute-api.localhost:")


def test_no_other_origin_may_read_an_answer(proxy: Proxy) -> None:
    answer, body = asked(proxy, "GET", "/api/now", {})

    assert (answer.status, body) == (200, CONFIG)
    assert answer.getheader("Access-Control-Allow-Origin") is None


def test_settings_are_asked_for_uncompressed_and_all_else_as_the_page_asks(
    proxy: Proxy,
) -> None:
    packs = {"Accept-Encoding": "gzip"}
    settings, body = asked(proxy, "GET", "/config.json", packs)
    other, packed = asked(proxy, "GET", "/api/now", packs)

    assert settings.getheader("Content-Encoding") is None
    assert json.loads(body)["auth"]["domain"] == proxy.address
    assert other.getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(packed) == CONFIG


@pytest.mark.parametrize("path", ["@evil.example/", ".evil.example/", "/x"])
def test_another_name_of_this_machine_leads_back_to_the_map(
    proxy: Proxy, path: str
) -> None:
    headers = {"Host": f"localhost:{proxy.port}"}

    answer, _ = asked(proxy, "GET", path, headers)

    assert answer.status == 307
    assert answer.headers["Location"] == f"{proxy.address}/{path.lstrip('/')}"
