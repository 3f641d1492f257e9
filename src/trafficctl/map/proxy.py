"""The live map of a local city at one address: page, API and sign-in.

Forwards requests to the emulator, which authorizes them. On AWS the page and the
sign-in have separate addresses, so two things change here: `/config.json` gives this
address for the sign-in, and requests of other sites' pages are refused. `/config.json`
also describes a recording, so that the page shows its clock.
"""

from __future__ import annotations

import errno
import json
import sys
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from trafficctl.errors import UserError
from trafficctl.map import guard

HOST = "127.0.0.1"
SIGN_IN = ("/oauth2/", "/login", "/logout")
CONFIG = "/config.json"
TIMEOUT_S = 30.0
MOST_BODY = 1_000_000
# Headers of one connection, and those that say who asks: `guard` has judged these.
DROPPED: tuple[str, ...] = (
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "host",
)
DROPPED += ("date", "server", "origin", "referer")
OTHERS = ("access-control-", "sec-fetch-")


@dataclass(frozen=True)
class ProxyTarget:
    """Where requests go: the emulator's address and the id of the API.

    With *email* and *password* every visitor is signed in as that controller.
    *settings* are added to the page's settings.
    """

    endpoint: str
    api: str
    email: str | None = None
    password: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def netloc(self) -> str:
        """Host and port of the emulator."""
        return urllib.parse.urlsplit(self.endpoint).netloc

    def host(self, path: str) -> str:
        """The Host header by which the emulator selects the API."""
        if path.startswith(SIGN_IN):
            return self.netloc
        return f"{self.api}.execute-api.localhost:{self.netloc.rpartition(':')[2]}"


@dataclass(frozen=True)
class Reply:
    """The emulator's response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class _Server(ThreadingHTTPServer):
    """Says nothing of a browser that went away: a reloaded page does so often."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Proxy:
    """Serves on this machine until closed; responds 503 without a target."""

    def __init__(self, port: int, target: ProxyTarget | None = None) -> None:
        self.target = target
        self._server: ThreadingHTTPServer = listen(port, _handler(self))
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port)

    @property
    def address(self) -> str:
        """Its address for a browser: the stack's SiteUrl must be the same."""
        return f"http://{HOST}:{self.port}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def listen(port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    """A server on this machine only. Raises UserError if the port is in use."""
    try:
        return _Server((HOST, port), handler)
    except OSError as exc:
        if exc.errno != errno.EADDRINUSE:
            raise
        msg = (
            f"port {port} on {HOST} is in use - choose another with --port or DEMO_PORT"
        )
        raise UserError(msg) from exc


def forward(
    target: ProxyTarget, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Reply:
    """Send a request to the emulator and return its response."""
    passed_headers = {k: v for k, v in headers.items() if _is_kept(k)}
    connection = HTTPConnection(target.netloc, timeout=TIMEOUT_S)
    try:
        connection.request(
            method, path, body, {**passed_headers, "Host": target.host(path)}
        )
        answer = connection.getresponse()
        return Reply(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


def sign_in(target: ProxyTarget, path: str) -> Reply:
    """Submit the sign-in form of an authorization request."""
    parameters = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
    form = {
        **parameters,
        "username": target.email or "",
        "password": target.password or "",
    }
    body = urllib.parse.urlencode(form).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return forward(target, "POST", "/login", kind, body)


def rewrite_config(reply: Reply, address: str, settings: Mapping[str, object]) -> Reply:
    """Add *settings* to the page's, with this address for the sign-in."""
    if reply.status != HTTPStatus.OK:
        return reply
    config = {**json.loads(reply.body), **settings}
    config["auth"]["domain"] = address
    return Reply(reply.status, reply.headers, json.dumps(config).encode())


def respond(
    target: ProxyTarget,
    address: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    """The response to a request to the proxy at *address*."""
    host = address.removeprefix("http://")
    reason = guard.refusal(headers, host)
    if reason is not None:
        return _error(HTTPStatus.FORBIDDEN, f"the local map refuses this: {reason}")
    if headers.get("Host") != host:
        # Sign-in redirects to one address only; other host names are redirected to it.
        place = f"{address}/{path.lstrip('/')}"
        return Reply(HTTPStatus.TEMPORARY_REDIRECT, [("Location", place)], b"")
    if path.startswith("/oauth2/authorize") and target.email:
        return sign_in(target, path)
    if path == CONFIG:
        plain = {k: v for k, v in headers.items() if k.lower() != "accept-encoding"}
        reply = forward(target, method, path, plain, body)
        return rewrite_config(reply, address, target.settings)
    return forward(target, method, path, headers, body)


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(self._reply())

        do_POST = do_DELETE = do_GET  # noqa: N815 - names of the base class

        def _reply(self) -> Reply:
            headers = {name.title(): one for name, one in self.headers.items()}
            length = guard.length(headers, MOST_BODY)
            if length is None:
                self.close_connection = True
                why = f"expected a Content-Length of at most {MOST_BODY}"
                return _error(HTTPStatus.BAD_REQUEST, why)
            body = self.rfile.read(length)
            if proxy.target is None:
                return _unready("the local city is starting")
            ask = (proxy.target, proxy.address, self.command, self.path, headers, body)
            try:
                return respond(*ask)
            except (OSError, HTTPException):
                return _unready("the local city does not respond")

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers:
                if _is_kept(name):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            """Log nothing: the terminal shows alerts."""

    return Handler


def _is_kept(header: str) -> bool:
    return header.lower() not in DROPPED and not header.lower().startswith(OTHERS)


def _unready(why: str) -> Reply:
    return _error(HTTPStatus.SERVICE_UNAVAILABLE, why, ("Refresh", "2"))


def _error(status: HTTPStatus, why: str, *more: tuple[str, str]) -> Reply:
    headers = [("Content-Type", "application/json"), *more]
    return Reply(status, headers, json.dumps({"error": why}).encode())
