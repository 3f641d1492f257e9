"""Requests and their routes; all others are refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional
from urllib.parse import unquote

from ..errors import RequestError
from ..policy import ID_PATTERN, is_id

MOST_BODY = 1_024  # characters; no request of this API needs any
MOST_HOURS = 48
USUAL_HOURS = 6
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


class Route(NamedTuple):
    """The route of a request: one of the names below, and the id in the path.

    page, config, roads, now, segment, history, acknowledge, undo
    """

    name: str
    of: str = ""


def request_of(event: Mapping[str, Any]) -> Request:
    """Return the request of a Lambda event; raises RequestError if it is too big."""
    if len(event.get("body") or "") > MOST_BODY:
        raise RequestError(413, f"expected a body of at most {MOST_BODY} characters")
    context = event["requestContext"]
    return Request(
        method=context["http"]["method"],
        path=event["rawPath"],
        query=event.get("queryStringParameters") or {},
        headers={k.lower(): v for k, v in (event.get("headers") or {}).items()},
        who=_user_of(context.get("authorizer") or {}),
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
    if path.startswith("/api/") and parts[0::2] == ["alerts", "acknowledge"]:
        alert_id = _alert_id(parts[1])
        return {
            "POST": Route("acknowledge", alert_id),
            "DELETE": Route("undo", alert_id),
        }
    return {"GET": _get_route(path)}


def _get_route(path: str) -> Route:
    if not path.startswith("/api/"):
        return Route("config") if path == "/config.json" else Route("page", path)
    parts = [unquote(part) for part in path.split("/")[2:]]
    if parts in (["roads"], ["now"]):
        return Route(parts[0])
    if len(parts) == 2 and parts[0] == "segments":
        return Route("segment", segment_id(parts[1]))
    if len(parts) == 3 and parts[0] == "segments" and parts[2] == "history":
        return Route("history", segment_id(parts[1]))
    raise RequestError(
        404,
        "expected one of /api/roads, /api/now, /api/segments/{id}, "
        "/api/segments/{id}/history, /api/alerts/{alert_id}/acknowledge",
    )


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
        400, f"expected hours to be a whole number from 1 to {MOST_HOURS}"
    )
