"""The city in a minute of the past, as the map's playback shows it."""

from __future__ import annotations

import hashlib

from ..policy import MINUTE_MS
from . import responses, routes, views
from .ports import CityReader
from .responses import Response
from .routes import Request

# By then nearly all rows of a minute are written. Late readings may still change them,
# so that a viewer's copy is good for an hour.
CLOSED_AFTER_MS = 600_000
_CLOSED = "private, max-age=3600, immutable"
_OPEN = "private, no-cache"


def city_at(reader: CityReader, now_ms: int, request: Request) -> Response:
    """Return the segments that have a row of the requested minute.

    Raises RequestError and StoreError. All other segments are unknown in that minute.
    """
    minute = routes.minute_of(request.query, now_ms)
    value = {
        "time": minute * MINUTE_MS,
        "columns": views.PAST_COLUMNS,
        "segments": views.past_rows(reader.city_minute(minute)),
    }
    answer = responses.json_response(
        200, value, responses.takes_gzip(request.headers), caching(minute, now_ms)
    )
    # Another user's copy, or one from before a sign-out, is not shown.
    answer["headers"]["vary"] += ", authorization"
    answer["headers"]["etag"] = _tag(answer["body"])
    return responses.unless_cached(answer, request.headers)


def caching(minute: int, now_ms: int) -> str:
    """Return the caching of a minute: revalidated each time until it is closed."""
    age_ms = now_ms - (minute + 1) * MINUTE_MS
    return _CLOSED if age_ms >= CLOSED_AFTER_MS else _OPEN


def _tag(body: str) -> str:
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:24]}"'
