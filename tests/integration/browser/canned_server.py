"""The live API over HTTP, with a canned city behind it and a sign-in of its own.

The API, its page and its headers are the real ones. What API Gateway and Cognito do is
played here: the authorizer knows the tokens that were given, and the sign-in lets the
controller in who comes with a proof (PKCE) that fits.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.unit.traffic.live_map.memory_views import MemoryViews
from traffic.aws.profile_store import S3Profiles
from traffic.live_map.api import LiveApi
from traffic.live_map.assets import FolderAssets
from traffic.live_map.ports import LiveMapPorts
from traffic.live_map.settings import LiveMapSettings
from traffic.settings import SpeedUnit

from .canned_city import CannedCity, CannedShift
from .learned import ProfileBucket

CONTROLLER = "controller@city.example"
CLIENT_ID = "canned-client"
TOKEN_S = 3_600


class Clock:
    """The server's time, ms, with a lead that a test sets."""

    def __init__(self) -> None:
        self.lead_ms = 0

    def __call__(self) -> int:
        """Return now."""
        return time.time_ns() // 1_000_000 + self.lead_ms


class SignIn:
    """Codes and tokens that were given."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.refresh_tokens: set[str] = set()
        self.lasts_s = TOKEN_S

    def authorize(self, query: dict[str, str]) -> str:
        """Where the sign-in leads back to, with a code bound to the challenge."""
        code = secrets.token_hex(8)
        self.codes[code] = query["code_challenge"]
        back = urllib.parse.urlencode({"code": code, "state": query["state"]})
        return f"{query['redirect_uri']}?{back}"

    def redeem(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code with its verifier, or for a refresh token; else None."""
        if form["grant_type"] == "refresh_token":
            return self._rotated(form["refresh_token"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if self.codes.pop(form["code"], None) != challenge:
            return None
        return self._with_refresh_token()

    def revoke(self, form: dict[str, str]) -> None:
        """End a refresh token of the page, and all that came of it."""
        if form.get("client_id") == CLIENT_ID:
            self.refresh_tokens.discard(form["token"])

    def _rotated(self, token: str) -> dict[str, Any] | None:
        """New tokens for one that is known, which ends: Cognito after a minute."""
        if token not in self.refresh_tokens:
            return None
        self.refresh_tokens.discard(token)
        return self._with_refresh_token()

    def _with_refresh_token(self) -> dict[str, Any]:
        self.refresh_tokens.add(token := secrets.token_hex(8))
        return {**self._token(), "refresh_token": token}

    def _token(self) -> dict[str, Any]:
        claims = {"email": CONTROLLER, "jti": secrets.token_hex(4)}
        coded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
        self.tokens.add(token := f"e30.{coded.rstrip('=')}.c2ln")
        return {"id_token": token, "expires_in": self.lasts_s}


class CannedServer:
    """Serves a city on this machine until closed.

    *down* lets every poll fail; of *unlucky*, paths, each is refused once.
    """

    def __init__(
        self,
        city: CannedCity,
        clock: Callable[[], int],
        style: str = "",
        assets: FolderAssets | None = None,
        zone: str = "UTC",
        unit: SpeedUnit = "km/h",
    ) -> None:
        self.city = city
        self.sign_in = SignIn()
        self.down = False
        self.unlucky: set[str] = set()
        self.revoking = threading.Event()  # cleared, a revocation waits for ever
        self.revoking.set()
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self.bucket = ProfileBucket()
        usual = S3Profiles(self.bucket, "", clock, print)
        found = assets or FolderAssets()
        ports = LiveMapPorts(
            reader=city,
            views=MemoryViews(),
            assets=found,
            clock=clock,
            environment="ca11ed",
            log=print,
            outlook=usual.outlook,
            band=usual.band,
            shift=CannedShift(city),
        )
        self._api = LiveApi(ports, _settings(self.address, style, zone, unit))
        self._lock = threading.Lock()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self.revoking.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> dict[str, Any]:
        """Answer as sign-in, authorizer and API do."""
        parts = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        self.asked.append(path)
        if parts.path in self.unlucky:
            self.unlucky.remove(parts.path)
            return _json(503, {"message": "Service Unavailable"})
        if parts.path == "/oauth2/authorize":
            return _redirect(self.sign_in.authorize(query))
        if parts.path == "/logout":
            return _redirect(query["logout_uri"])
        if parts.path == "/oauth2/token":
            form = dict(urllib.parse.parse_qsl(body))
            tokens = self.sign_in.redeem(form)
            return _json(200 if tokens else 400, tokens or {"error": "invalid_grant"})
        if parts.path == "/oauth2/revoke":
            self.revoking.wait()
            self.sign_in.revoke(dict(urllib.parse.parse_qsl(body)))
            return _json(200, {})
        return self._passed(method, parts.path, query, headers, body)

    def _passed(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: dict[str, str],
        body: str,
    ) -> dict[str, Any]:
        context: dict[str, Any] = {"http": {"method": method}}
        if path.startswith("/api/"):
            if self.down:
                return _json(503, {"message": "Service Unavailable"})
            token = headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self.sign_in.tokens:
                return _json(401, {"message": "Unauthorized"})
            context["authorizer"] = {"jwt": {"claims": {"email": CONTROLLER}}}
        event = {
            "rawPath": path,
            "queryStringParameters": query,
            "headers": headers,
            "requestContext": context,
            "body": body,
        }
        with self._lock:  # an execution environment answers one request at a time
            return self._api.answer(event)


def _settings(address: str, style: str, zone: str, unit: SpeedUnit) -> LiveMapSettings:
    return LiveMapSettings(
        segments_table="",
        history_table="",
        alerts_table="",
        profiles_bucket="",
        incidents_table="",
        stack="los-angeles",
        region="us-west-2",
        high=50,
        severe=80,
        clear=40,
        client_id=CLIENT_ID,
        domain=address,
        issuer="",
        style=style,
        time_zone=zone,
        speed_unit=unit,
    )


def _json(status: int, value: Any) -> dict[str, Any]:
    kind = {"content-type": "application/json"}
    return {"statusCode": status, "headers": kind, "body": json.dumps(value)}


def _redirect(place: str) -> dict[str, Any]:
    return {"statusCode": 302, "headers": {"location": place}, "body": ""}


def _handler(server: CannedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = server.answer(self.command, self.path, headers, body)
            content = told["body"].encode()
            if told.get("isBase64Encoded"):
                content = base64.b64decode(content)
            self.send_response(told["statusCode"])
            for name, value in told["headers"].items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
