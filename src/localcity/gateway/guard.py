"""No web page reaches the emulator: only programs of this machine do.

A page in the developer's browser can send requests to this machine, and DNS can give
its name this machine's address. The browser names the page in `Host`, `Origin` or
`Sec-Fetch-Site`, which no page can change.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from ministack import app

from localcity.patching import Patch

App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

NAMES = ("127.0.0.1", "localhost", "[::1]")
OTHER_SITES = ("cross-site", "same-site")
# MiniStack's own calls: they read, change and wipe everything without credentials.
ADMIN = "/_ministack/"
OPEN = ("/_ministack/health", "/_ministack/ready")
KEY_HEADER = "x-city-key"
CORS = b"access-control-"


def refusal(path: str, headers: Headers, port: int, key: str) -> str | None:
    """Why a request is refused; None if it comes from a program of this machine."""
    pairs = [(name.decode("latin-1").lower(), value) for name, value in headers]
    host, origin, site, given = (
        [value.decode("latin-1") for name, value in pairs if name == wanted]
        for wanted in ("host", "origin", "sec-fetch-site", KEY_HEADER)
    )
    if len(host) != 1 or not is_own(host[0], port):
        return f"expected Host 127.0.0.1:{port}"
    if any(one != f"http://{host[0]}" for one in origin):
        return "expected no Origin, or the local city's own"
    if any(one in OTHER_SITES for one in site):
        return "expected no request from another site"
    if path.startswith(ADMIN) and path not in OPEN and not _has_key(given, key):
        return f"expected the city's key in {KEY_HEADER}"
    return None


def is_own(host: str, port: int) -> bool:
    """Whether a Host header names this machine: no DNS answers for `localhost`."""
    name, _, digits = host.rpartition(":")
    return digits == str(port) and (name in NAMES or name.endswith(".localhost"))


def _has_key(given: Sequence[str], key: str) -> bool:
    return len(given) == 1 and hmac.compare_digest(given[0].encode(), key.encode())


def guarded(serve: App, port: int, key: str) -> App:
    """Let *serve* see only what is not refused, and send no CORS headers."""

    async def guarding(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await serve(scope, receive, send)
            return
        reason = refusal(scope["path"], scope["headers"], port, key)
        if reason is None:
            await serve(scope, receive, _without_cors(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # answered by 403
        else:
            await _refuse(send, reason)

    return guarding


def _without_cors(send: Any) -> Any:
    async def sending(message: Any) -> None:
        if "headers" in message:
            headers = [one for one in message["headers"] if not _is_cors(one[0])]
            message = {**message, "headers": headers}
        await send(message)

    return sending


def _is_cors(name: bytes) -> bool:
    return name.lower().startswith(CORS)


async def _refuse(send: Any, reason: str) -> None:
    body = json.dumps({"message": f"the local city refuses this: {reason}"}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _apply() -> None:
    module: Any = app
    port, key = int(os.environ["GATEWAY_PORT"]), os.environ["AWS_SECRET_ACCESS_KEY"]
    module.app = guarded(app.app, port, key)


PATCHES = (
    Patch(
        "requests of web pages",
        "any page in the browser on this machine may call anything",
        [],
        [(app, "app", "ab1297bd6cd5")],
        _apply,
    ),
)
