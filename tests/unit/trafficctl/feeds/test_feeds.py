"""A machine's token for the feeds: got as others get it, or refused in clear words."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from trafficctl.errors import CityError, UserError
from trafficctl.feeds import command

OUTPUTS = {
    "UserPoolId": "pool-1",
    "FeedReaderClientId": "machine",
    "LiveUrl": "https://map.example/",
    "LiveApiId": "abc123",
}
TOKEN = {"access_token": "t.o.k", "token_type": "Bearer", "expires_in": 3600}


class SignIn:
    """A token endpoint that lets in one client."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length).decode()
                given = self.headers["Authorization"]
                outer.asked.append((self.path, given, body))
                is_known = given == f"Basic {base64.b64encode(b'machine:s').decode()}"
                self.send_response(200 if is_known else 400)
                self.end_headers()
                told = TOKEN if is_known else {"error": "invalid_client"}
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, *_parts: Any) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def sign_in() -> Iterator[SignIn]:
    made = SignIn()
    yield made
    made.close()


def test_a_token_is_asked_for_by_the_clients_secret_and_for_reading_only(
    sign_in: SignIn,
) -> None:
    assert command.token(sign_in.address, "machine", "s") == TOKEN
    ((path, _, body),) = sign_in.asked
    assert path == "/oauth2/token"
    assert body == "grant_type=client_credentials&scope=feeds%2Fread"


def test_a_refusal_is_told(sign_in: SignIn) -> None:
    with pytest.raises(
        CityError, match=r"gives no token for the feeds.*invalid_client"
    ):
        command.token(sign_in.address, "machine", "wrong")


def test_a_sign_in_that_is_not_there_is_told(sign_in: SignIn) -> None:
    sign_in.close()

    with pytest.raises(CityError, match="cannot be reached"):
        command.token(sign_in.address, "machine", "s")


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (
            "https://cognito-idp.eu-central-1.amazonaws.com",
            "https://map.example/feeds/",
        ),
        ("http://127.0.0.1:4566", "http://abc123.execute-api.localhost:4566/feeds/"),
    ],
)
def test_the_feeds_are_beside_the_map_or_at_the_local_gateway(
    endpoint: str, expected: str
) -> None:
    assert command.address(OUTPUTS, endpoint) == expected


@pytest.mark.parametrize(("is_local", "word"), [(True, "up"), (False, "deploy")])
def test_a_stack_that_lets_no_machine_in_says_how_to(is_local: bool, word: str) -> None:
    assert command.client_of("city", OUTPUTS, is_local) == "machine"
    with pytest.raises(UserError) as refused:
        command.client_of("city", {"LiveUrl": "x"}, is_local)
    assert str(refused.value) == (
        "city lets no machine read its feeds - "
        f"`trafficctl {word} --parameter MachineFeeds=true` changes that"
    )
