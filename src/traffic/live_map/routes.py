"""Requests and their routes; all others are refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional
from urllib.parse import unquote

from ..errors import RequestError
from ..policy import ID_PATTERN, MINUTE_MS, is_id
from ..timestamps import ms_of
from .feeds import catalog

MOST_BODY = 1_024  # characters; the longest note needs about 450
MOST_HOURS = 48
USUAL_HOURS = 6
MOST_FEED_HOURS = 168  # a week is read in about a second
_ALERT_ID = re.compile(ID_PATTERN + r"@\d{1,15}")


class Request(NamedTuple):
    """A request from API Gateway (payload format 2.0).

    Header names are lower-case; *who* is the signed-in user, None on public paths.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    who: Optional[str]
    body: str


class Route(NamedTuple):
    """The route of a request: one of the names below, and the id in the path.

    page, config, roads, now, at, log, segment, history, acknowledge, undo,
    acknowledge_incident, undo_incident, feed
    """

    name: str
    of: str = ""


def request_of(event: Mapping[str, Any]) -> Request:
    """Return the request of a Lambda event; raises RequestError if it is too big."""
    body = event.get("body") or ""
    if len(body) > MOST_BODY:
        raise RequestError(413, f"expected a body of at most {MOST_BODY} characters")
    context = event["requestContext"]
    return Request(
        method=context["http"]["method"],
        path=event["rawPath"],
        query=event.get("queryStringParameters") or {},
        headers={k.lower(): v for k, v in (event.get("headers") or {}).items()},
        who=_user_of(context.get("authorizer") or {}),
        body=body,
    )


def _user_of(authorizer: Mapping[str, Any]) -> Optional[str]:
    """Return the e-mail address of the token, or else its user's name.

    A refresh token identifies no user.
    """
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    if claims.get("token_use", "id") not in ("id", "access"):
        return None
    names = ("email", "cognito:username", "username", "sub")
    return next((str(claims[name]) for name in names if claims.get(name)), None)


def route_of(method: str, path: str) -> Route:
    """Return the route of a request; raises RequestError: 400, 404 or 405."""
    routes = _routes_of(path)
    if method not in routes:
        expected = " or ".join(routes)
        raise RequestError(405, f"expected {expected} for {path}, got {method}")
    return routes[method]


def _routes_of(path: str) -> Mapping[str, Route]:
    """Return the routes of a path, by method."""
    parts = [unquote(part) for part in path.split("/")[2:]]
    is_short = path.startswith("/api/") and len(parts) == 3
    if is_short and parts[0::2] == ["alerts", "acknowledge"]:
        alert_id = _alert_id(parts[1])
        return {
            "POST": Route("acknowledge", alert_id),
            "DELETE": Route("undo", alert_id),
        }
    if is_short and parts[0::2] == ["incidents", "acknowledge"]:
        incident_id = _alert_id(parts[1])  # that of its first alert
        return {
            "POST": Route("acknowledge_incident", incident_id),
            "DELETE": Route("undo_incident", incident_id),
        }
    return {"GET": _get_route(path)}


def _get_route(path: str) -> Route:
    if path.startswith("/feeds/"):
        return Route("feed", _feed_name(path))
    if not path.startswith("/api/"):
        return Route("config") if path == "/config.json" else Route("page", path)
    parts = [unquote(part) for part in path.split("/")[2:]]
    if parts in (["roads"], ["now"], ["at"], ["log"]):
        return Route(parts[0])
    if len(parts) == 2 and parts[0] == "segments":
        return Route("segment", segment_id(parts[1]))
    if len(parts) == 3 and parts[0] == "segments" and parts[2] == "history":
        return Route("history", segment_id(parts[1]))
    raise RequestError(
        404,
        "expected one of /api/roads, /api/now, /api/at, /api/log, /api/segments/{id}, "
        "/api/segments/{id}/history, /api/alerts/{alert_id}/acknowledge, "
        "/api/incidents/{incident_id}/acknowledge",
    )


def _feed_name(path: str) -> str:
    name = path[len("/feeds/") :]
    if name in catalog.NAMES:
        return name
    raise RequestError(404, f"expected one of {', '.join(catalog.NAMES)} in /feeds/")


def segment_id(text: str) -> str:
    """Return *text* if it may name a segment; raises RequestError otherwise."""
    if is_id(text):
        return text
    raise RequestError(400, "expected a segment id: 1-64 of letters, digits, _ : . -")


def _alert_id(text: str) -> str:
    if _ALERT_ID.fullmatch(text):
        return text
    raise RequestError(400, "expected an alert id: <segment id>@<milliseconds>")


def after_of(query: Mapping[str, str]) -> Optional[str]:
    """Return the segment that a page of roads follows, None for the first page."""
    after = query.get("after")
    return segment_id(after) if after else None


def hours_of(query: Mapping[str, str]) -> int:
    """Return the requested hours of history; raises RequestError."""
    text = query.get("hours", str(USUAL_HOURS))
    if re.fullmatch(r"[0-9]{1,2}", text) and 1 <= int(text) <= MOST_HOURS:
        return int(text)
    raise RequestError(
        400, f"expected `hours` to be a whole number from 1 to {MOST_HOURS}"
    )


def period_of(query: Mapping[str, str]) -> tuple[str, int, int]:
    """Return a segment, and the first and last ms of the asked for time.

    That is from `from` until before `to`; raises RequestError.
    """
    from_ms, to_ms = (_instant(query, name) for name in ("from", "to"))
    most_ms = MOST_FEED_HOURS * 3_600_000
    if not 0 < to_ms - from_ms <= most_ms:
        raise RequestError(
            400, f"expected `to` after `from`, by at most {MOST_FEED_HOURS} hours"
        )
    return segment_id(query.get("segment_id", "")), from_ms, to_ms - 1


def _instant(query: Mapping[str, str], name: str) -> int:
    at_ms = ms_of(query.get(name, ""))
    if at_ms is None:
        raise RequestError(
            400,
            f"expected `{name}` to be an instant with an offset, such as "
            "2026-11-22T18:00:00Z (+ is written %2B)",
        )
    return at_ms


def minute_of(query: Mapping[str, str], now_ms: int) -> int:
    """Return the requested minute, counted from the epoch; raises RequestError."""
    text = query.get("time", "")
    is_epoch_s = re.fullmatch(r"[0-9]{1,11}", text) is not None
    at_ms = int(text) * 1000 if is_epoch_s else ms_of(text)
    if at_ms is None:
        raise RequestError(
            400,
            "expected `time` to be seconds since the epoch, or an instant with an "
            "offset, such as 2026-11-22T18:32Z (+ is written %2B)",
        )
    if at_ms > now_ms:
        raise RequestError(400, "expected `time` to be past")
    return at_ms // MINUTE_MS
