"""Fleet provisioning also makes certificates for keys that a device made itself.

And an end to what a certificate may do once it is no longer active: AWS ends its
connections within minutes, here its next message is refused.
"""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import iot

from localcity.cloudwatch.counters import count
from localcity.patching import Patch

TOPIC = "$aws/certificates/create-from-csr/json"
_OPERATION = "create-from-csr"

Parsed = tuple[str, "str | None"]
Reply = tuple[str, dict[str, Any]]


def _parsing(original: Callable[[str], Parsed | None]) -> Callable[..., Parsed | None]:
    def parse(topic: str) -> Parsed | None:
        return (_OPERATION, None) if topic == TOPIC else original(topic)

    return parse


def _replying(
    original: Callable[..., Awaitable[Reply]],
) -> Callable[..., Awaitable[Reply]]:
    async def reply(
        account: str,
        region: str,
        operation: str,
        template: str | None,
        payload: bytes,
        connection: dict[str, Any],
    ) -> Reply:
        if operation != _OPERATION:
            answer = await original(
                account, region, operation, template, payload, connection
            )
            if template and answer[0] == "rejected":
                place = account, region
                count(place, "IoT", "RegisterThingFailed", TemplateName=template)
            return answer
        with request_scope(account, region):
            return certified(payload)

    return reply


def certified(payload: bytes) -> Reply:
    """The answer to a request: a certificate that waits for RegisterThing."""
    try:
        request = json.loads(payload)["certificateSigningRequest"]
        certificate = iot.sign_certificate_request(*iot._ensure_ca(), request)
    except (ValueError, TypeError, KeyError, UnicodeDecodeError):
        return "rejected", {
            "statusCode": 400,
            "errorCode": "InvalidCertificateSigningRequest",
            "errorMessage": "CSR violates constraints",
        }
    name, token = iot.get_certificate_id(certificate), secrets.token_urlsafe(48)
    iot._certificates[name] = iot._certificate_record(
        name, certificate, "PENDING_ACTIVATION"
    )
    iot._ownership_tokens[token] = {
        "certificateId": name,
        "expiration": time.time() + iot._OWNERSHIP_TOKEN_SECONDS,
    }
    return "accepted", {
        "certificateId": name,
        "certificatePem": certificate,
        "certificateOwnershipToken": token,
    }


def _while_active(original: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(original)
    def allows(
        account: str, region: str, certificate: str, *rest: Any, **named: Any
    ) -> bool:
        record = iot._certificates.get_scoped(account, region, certificate)
        if record is not None and record["status"] != "ACTIVE":
            return False
        return original(account, region, certificate, *rest, **named)

    return allows


def _apply_requests() -> None:
    iot._parse_fleet_provisioning_topic = _parsing(iot._parse_fleet_provisioning_topic)
    iot._fleet_provisioning_reply = _replying(iot._fleet_provisioning_reply)


def _apply_ending() -> None:
    iot._mqtt_policy_allows = _while_active(iot._mqtt_policy_allows)


PATCHES = (
    Patch(
        "certificates from requests",
        "fleet provisioning knows no CreateCertificateFromCsr",
        [
            (iot, "_ensure_ca"),
            (iot, "sign_certificate_request"),
            (iot, "get_certificate_id"),
            (iot, "_certificates"),
            (iot, "_certificate_record"),
            (iot, "_ownership_tokens"),
            (iot, "_OWNERSHIP_TOKEN_SECONDS"),
        ],
        [
            (iot, "_parse_fleet_provisioning_topic", "fa279ad6a05c"),
            (iot, "_fleet_provisioning_reply", "5cea087b336b"),
        ],
        _apply_requests,
    ),
    Patch(
        "certificates taken back",
        "a device whose certificate was deactivated goes on publishing",
        [(iot, "_certificates")],
        [(iot, "_mqtt_policy_allows", "31a9cfec3516")],
        _apply_ending,
    ),
)
