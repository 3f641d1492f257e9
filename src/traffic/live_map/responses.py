"""Responses for API Gateway (payload format 2.0), with their headers."""

from __future__ import annotations

import base64
import gzip
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

Response = dict[str, Any]

# Below this a header and a decompression cost more than they save.
MIN_GZIP_BYTES = 1_024  # bytes
_ZIP_LEVEL = 5
_GZIP_HEADER = gzip.compress(b"", mtime=0)[:10]
_NO_HEADER = -zlib.MAX_WBITS
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


class Prepared(NamedTuple):
    """The end of a text that many viewers are sent, plain and as a deflated stream."""

    plain: bytes
    deflated: bytes


def prepare(end: bytes) -> Prepared:
    """Return the end of a text, deflated once for all who are sent it."""
    whole = zlib.compressobj(_ZIP_LEVEL, zlib.DEFLATED, _NO_HEADER)
    return Prepared(end, whole.compress(end) + whole.flush())


def with_prepared(begin: bytes, end: Prepared, accepts_gzip: bool) -> Response:
    """Return the JSON *begin* and *end*: only the beginning is compressed again."""
    size = len(begin) + len(end.plain)
    headers = _headers("application/json", "no-store")
    if not accepts_gzip or size < MIN_GZIP_BYTES:
        text = (begin + end.plain).decode()
        return {"statusCode": 200, "headers": headers, "body": text}
    part = zlib.compressobj(_ZIP_LEVEL, zlib.DEFLATED, _NO_HEADER)
    check = zlib.crc32(end.plain, zlib.crc32(begin))
    body = (
        *(_GZIP_HEADER, part.compress(begin), part.flush(zlib.Z_FULL_FLUSH)),
        *(end.deflated, struct.pack("<II", check, size)),
    )
    return binary(200, b"".join(body), {**headers, "content-encoding": "gzip"})


def json_response(
    status: int, value: Any, accepts_gzip: bool, cache: str = "no-store"
) -> Response:
    """Return *value* as JSON, compressed where that is accepted and worthwhile."""
    return respond(status, _encode(value), "application/json", accepts_gzip, cache)


def respond(
    status: int,
    body: bytes,
    media_type: str,
    accepts_gzip: bool,
    cache: str = "no-store",
) -> Response:
    """Return a text in UTF-8, compressed where that is accepted and worthwhile."""
    headers = _headers(media_type, cache)
    if accepts_gzip and len(body) >= MIN_GZIP_BYTES:
        return binary(status, compressed(body), {**headers, "content-encoding": "gzip"})
    return {"statusCode": status, "headers": headers, "body": body.decode()}


def _headers(media_type: str, cache: str) -> dict[str, str]:
    return {
        "content-type": media_type,
        "cache-control": cache,
        "vary": "accept-encoding",
    }


def unless_cached(answer: Response, headers: Mapping[str, str]) -> Response:
    """Return *answer*, or 304 if the viewer's copy (If-None-Match) is as good.

    *headers* are those of the request; the answer has its entity tag.
    """
    sent = answer["headers"]
    if not _is_cached(sent["etag"], headers.get("if-none-match", "")):
        return answer
    shared = {name: sent[name] for name in ("cache-control", "vary", "etag")}
    return {"statusCode": 304, "headers": shared, "body": ""}


def _is_cached(tag: str, if_none_match: str) -> bool:
    tags = [each.strip() for each in if_none_match.split(",")]
    return "*" in tags or tag in (
        each[2:] if each[:2] == "W/" else each for each in tags
    )


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
