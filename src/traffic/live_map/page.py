"""The page's own files: type, entity tag, caching, compression."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from . import responses
from .responses import Response

INDEX = "index.html"
BASE_MAP = "base-map.json"  # GeoJSON from the city's package, optional

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "md": "text/plain; charset=utf-8",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "pbf": "application/x-protobuf",
}
# Formats that are compressed already.
_DENSE = ("png", "ico", "woff2")
_INLINE = re.compile(rb"<script>(.*?)</script>", re.S)
# The content of a versioned name never changes.
_VERSIONED = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True)
class PageFile:
    """A file of the page: plain, and compressed if that saves enough."""

    name: str
    body: bytes
    packed: Optional[bytes]
    digest: str


def name_of(path: str) -> str:
    """Return the file's name, below the folder of the page, for a request's path."""
    return path[1:] or INDEX


def page_file(name: str, body: bytes) -> PageFile:
    """Return the file ready to be answered."""
    packed = None
    if _suffix(name) not in _DENSE and len(body) >= responses.MIN_GZIP_BYTES:
        packed = responses.compressed(body)
    return PageFile(name, body, packed, hashlib.sha256(body).hexdigest()[:24])


def respond(page: PageFile, headers: Mapping[str, str]) -> Response:
    """Return the file, or 304 if the viewer's copy (If-None-Match) is as good."""
    body, tag = page.body, f'"{page.digest}"'
    headers_out = {
        "content-type": _TYPES.get(_suffix(page.name), "application/octet-stream"),
        "cache-control": cache_control(page.name),
        "vary": "accept-encoding",
    }
    if page.packed is not None and responses.takes_gzip(headers):
        body, tag = page.packed, f'"{page.digest}-gz"'
        headers_out["content-encoding"] = "gzip"
    headers_out["etag"] = tag
    return responses.unless_cached(responses.binary(200, body, headers_out), headers)


def inline_scripts(page: Optional[PageFile]) -> list[str]:
    """Return the hash of each script in a page, as a content security policy has it."""
    return [
        f"sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}"
        for script in _INLINE.findall(page.body if page else b"")
    ]


def cache_control(name: str) -> str:
    """Return the caching of a file: immutable if its name has a version.

    Others are revalidated each time, which is cheap with their entity tag, so one page
    never mixes files of two deployments.
    """
    if _VERSIONED.search(name):
        return "public, max-age=31536000, immutable"
    return "no-cache"


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()
