"""What the IoT broker must refuse, and where it listens.

Policy variables of the connected thing, certificates for every device, and no
listener but on this machine.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
import secrets
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import iot

from localcity.patching import Patch

LOOPBACK = "127.0.0.1"
# Python's own is 256 KiB, held by each connection: half a gigabyte for 2,000 devices.
READ_BYTES = 32 * 1024
_VARIABLE = re.compile(r"\$\{(iot:[A-Za-z.]+(?:\[[^\]]*\])?)\}")
_ATTRIBUTES = "iot:connection.thing.attributes"
# In place of what cannot be resolved: it cannot be guessed, so nothing matches it.
_NEVER = f"unresolved-{secrets.token_hex(16)}"
_UNSIGNED = ("MissingAuthenticationToken", "Missing Authentication Token")

Context = dict[str, str]


def variable(name: str, context: Context) -> str | None:
    """The value of a policy variable; None if it has none that may be trusted.

    The name of an attribute is case-sensitive, all else is not. A wildcard in a
    value would widen the policy, so that such a value counts as none.
    """
    head, bracket, tail = name.partition("[")
    value = context.get(head.lower() + bracket + tail)
    return None if value is None or "*" in value or "?" in value else value


def resolved(document: str, context: Context) -> str:
    """A policy document with its variables replaced; unresolvable ones never match."""

    def replace(match: re.Match[str]) -> str:
        value = variable(match.group(1), context)
        return json.dumps(_NEVER if value is None else value)[1:-1]

    return _VARIABLE.sub(replace, document)


@functools.lru_cache(maxsize=65536)
def _statements(document: str, context: tuple[tuple[str, str], ...]) -> list[Any]:
    """Statements in force; one that spares the unresolvable would allow all else."""
    parsed = iam_evaluator.parse_policy_document(resolved(document, dict(context)))
    return [s for s in parsed if not any(_NEVER in r for r in s.not_resources)]


def _with_thing(original: Callable[..., Context]) -> Callable[..., Context]:
    def context(account: str, region: str, certificate: str, client: str) -> Context:
        variables = original(account, region, certificate, client)
        if variables.get("iot:connection.thing.thingname") == client:
            with request_scope(account, region):
                variables.update(thing_variables(iot._things.get(client) or {}))
        return variables

    return context


def thing_variables(thing: dict[str, Any]) -> Context:
    """The policy variables of a thing, as its registry record has them."""
    variables = {
        f"{_ATTRIBUTES}[{name}]": str(value)
        for name, value in (thing.get("attributes") or {}).items()
    }
    if thing.get("thingTypeName"):
        variables["iot:connection.thing.thingtypename"] = thing["thingTypeName"]
    return variables


class _Acceptor(iot._MtlsAcceptor):  # type: ignore[misc] # MiniStack is untyped
    """MiniStack's, where a transport stays paused on Python 3.10 too.

    There a new transport begins to read after `connection_made`, paused or not, and
    MiniStack's protocol drops the ClientHello. A turn of the loop later a pause holds,
    and nothing has been read yet.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        asyncio.get_running_loop().call_soon(super().connection_made, transport)


async def _listen() -> None:
    port = iot._mtls_port()
    if iot._mtls_server is not None or port is None:
        return
    loop = asyncio.get_running_loop()
    iot._mtls_server = await loop.create_server(_Acceptor, host=LOOPBACK, port=port)
    iot._mtls_loop = loop


def _demanding(original: Callable[[], ssl.SSLContext]) -> Callable[[], ssl.SSLContext]:
    def context() -> ssl.SSLContext:
        tls = original()
        tls.verify_mode = ssl.CERT_REQUIRED
        return tls

    return context


def _signed(check: Callable[..., Any]) -> Callable[..., Any]:
    def checking(scope: Any) -> Any:
        error = check(scope)
        return iam_evaluator.AuthError(*_UNSIGNED) if error is None else error

    return checking


def _apply_variables() -> None:
    iot._mqtt_policy_context = _with_thing(iot._mqtt_policy_context)
    iot._parsed_iot_policy = _statements


def _apply_listener() -> None:
    iot._mtls_start_locked = _listen
    setattr(sslproto.SSLProtocol, "max_size", READ_BYTES)  # noqa: B010 - not in typeshed


def _apply_certificates() -> None:
    iot._mtls_build_ssl_context = _demanding(iot._mtls_build_ssl_context)


def _apply_signatures() -> None:
    iot._ws_handshake_check = _signed(iot._ws_handshake_check)


def _apply_transport() -> None:
    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)


PATCHES = (
    Patch(
        "policy variables",
        "IoT policies cannot name the attributes and the type of the thing",
        [(iot, "_things"), (iam_evaluator, "parse_policy_document")],
        [
            (iot, "_mqtt_policy_context", "be330474d4f9"),
            (iot, "_parsed_iot_policy", "a0a124286a4e"),
        ],
        _apply_variables,
    ),
    Patch(
        "loopback listener",
        "the MQTT listener is bound to every interface, and is deaf on Python 3.10",
        [(iot, "_mtls_port"), (iot, "_mtls_server")],
        [
            (iot, "_mtls_start_locked", "2920d5061429"),
            (iot, "_MtlsAcceptor", "188a19dc6f05"),
        ],
        _apply_listener,
    ),
    Patch(
        "device certificates",
        "a device without a certificate may connect, and is held to no policy",
        [],
        [(iot, "_mtls_build_ssl_context", "8e3409acfa95")],
        _apply_certificates,
    ),
    Patch(
        "signed web sockets",
        "MQTT in a WebSocket that is not signed is let in, and held to no policy",
        [(iam_evaluator, "AuthError")],
        [(iot, "_ws_handshake_check", "aa77ed6ab270")],
        _apply_signatures,
    ),
    Patch(
        "secure transport",
        "policies that demand TLS would refuse every plain call on this machine",
        [(app, "pin_request_origin")],
        [(iam_evaluator, "pin_request_origin", "de819c1bd9ac")],
        _apply_transport,
    ),
)
