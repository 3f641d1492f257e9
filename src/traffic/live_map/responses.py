"""Responses for API Gateway (payload format 2.0), with their headers."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

Response = dict[str, Any]

# Below this a header and a decompression cost more than they save.
MIN_GZIP_BYTES = 1_024  # bytes
_ZIP_LEVEL = 5
_encode = msgspec.json.Encoder().encode


def csp(called: Iterable[str], drawn: Iterable[str], inline: Iterable[str]) -> str:
    """Return the content security policy: this site, and the given origins only.

    *called* are the origins that the page requests data from, *drawn* those of images,
    *inline* the hashes of the page's inline scripts. MapLibre runs its workers from
    blobs, and draws images from blobs.
    """
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *(f"'{one}'" for one in inline))),
            "style-src 'self'",
            " ".join(("connect-src 'self'", *called)),
            " ".join(("img-src 'self' data: blob:", *drawn)),
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "child-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def security(domain: str, style: str, inline: Iterable[str] = ()) -> dict[str, str]:
    """Return the headers of every answer, for the addresses of sign-in and base map.

    The base map's tiles come from the host of its style, if there is one; *inline* are
    the hashes of the page's inline scripts.
    """
    tiles = origins(style)
    return {
        "content-security-policy": csp((*origins(domain), *tiles), tiles, inline),
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "strict-origin-when-cross-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


def origins(address: str) -> Sequence[str]:
    """Return the origin of an address, none of an empty one."""
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if address else []


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether the viewer accepts gzip, by the names it lists and their weights."""
    for part in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if name in ("gzip", "*"):
            return weight.strip("0.") != "" if weight else True
    return False


def compressed(body: bytes) -> bytes:
    """Return *body* compressed; the same input gives the same bytes."""
    return gzip.compress(body, _ZIP_LEVEL, mtime=0)


def json_response(
    status: int, value: Any, accepts_gzip: bool, cache: str = "no-store"
) -> Response:
    """Return *value* as JSON, compressed where that is accepted and worthwhile."""
    body = _encode(value)
    headers = {
        "content-type": "application/json",
        "cache-control": cache,
        "vary": "accept-encoding",
    }
    if accepts_gzip and len(body) >= MIN_GZIP_BYTES:
        return binary(status, compressed(body), {**headers, "content-encoding": "gzip"})
    return {"statusCode": status, "headers": headers, "body": body.decode()}


def error(status: int, message: str) -> Response:
    """Return a refusal; *message* says what was expected."""
    return json_response(status, {"error": message}, accepts_gzip=False)


def binary(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    """Return bytes, in the only form that API Gateway passes on unchanged."""
    return {
        "statusCode": status,
        "headers": dict(headers),
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
