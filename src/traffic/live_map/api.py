"""The live API: its cache between requests, and its responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ..errors import RequestError, StoreError
from ..policy import MINUTE_MS
from ..timestamps import minute_text
from . import (
    changes,
    config,
    handling,
    past,
    responses,
    routes,
    shift,
    views,
)
from . import page as pages
from .acknowledging import Acknowledging
from .feeds.service import FeedService
from .looks import CityLooks
from .news import News
from .ports import LiveMapPorts
from .responses import Response
from .routes import Request, Route
from .settings import LiveMapSettings
from .usual import AHEAD_MS, drawn, present_speed, shown

_PUBLIC = ("page", "config")
_HOUR_MS = 3_600_000
_BUSY = "the tables did not answer: expected to work again in a few seconds"


class LiveApi:
    """Answers requests; one instance per execution environment.

    It reads each table at most once per time to live, for any number of viewers.
    """

    def __init__(self, ports: LiveMapPorts, settings: LiveMapSettings) -> None:
        self._ports = ports
        self._settings = settings
        self._security = responses.security(
            settings.domain,
            settings.style,
            pages.inline_scripts(ports.assets.page(pages.INDEX)),
        )
        self._city = CityLooks(ports, settings.high)
        self._news = News()
        self._feeds = FeedService(ports, self._city, settings)
        self._acks = Acknowledging(ports, self._outdate)
        self._logged: dict[str, Any] = {}
        self._logged_ms: Optional[int] = None
        values = {
            "config": self._config,
            "roads": self._roads_page,
            "log": self._log,
            "segment": self._segment,
            "history": self._history,
            "acknowledge": self._acknowledge,
            "undo": self._undo,
            "acknowledge_incident": self._acknowledge_incident,
            "undo_incident": self._undo_incident,
        }
        self._answers: dict[str, Callable[[str, Request], Response]] = {
            "page": self._page,
            "feed": self._feeds.answer,
            "at": self._at,
            "now": self._now,
            **{name: _as_json(value) for name, value in values.items()},
        }

    def answer(self, event: Mapping[str, Any]) -> Response:
        """Return the answer to a Lambda event of an HTTP API."""
        try:
            request = routes.request_of(event)
            route = routes.route_of(request.method, request.path)
            answer = self._dispatch(route, request)
        except RequestError as refused:
            answer = responses.error(refused.status, str(refused))
        except StoreError as fault:
            self._ports.log("tables_failed", str(fault))
            answer = responses.error(503, _BUSY)
            answer["headers"]["retry-after"] = "2"
        answer["headers"] = {**self._security, **answer["headers"]}
        return answer

    def _dispatch(self, route: Route, request: Request) -> Response:
        if request.who is None and route.name not in _PUBLIC:
            raise RequestError(401, "expected a signed-in user")
        return self._answers[route.name](route.of, request)

    def _page(self, _of: str, request: Request) -> Response:
        file = self._ports.assets.page(pages.name_of(request.path))
        if file is None:
            raise RequestError(404, "expected /, /config.json, or a file of the page")
        return pages.respond(file, request.headers)

    def _at(self, _of: str, request: Request) -> Response:
        return past.city_at(self._ports.reader, self._ports.clock(), request)

    def _config(self, _of: str, _request: Request) -> dict[str, Any]:
        assets = self._ports.assets
        exists = assets.page(pages.BASE_MAP) is not None
        base_map = pages.BASE_MAP if exists else ""
        return config.config_of(self._settings, base_map, assets.version())

    def _roads_page(self, _of: str, request: Request) -> dict[str, Any]:
        after = routes.after_of(request.query)
        return views.roads_page(self._city.roads(), after)

    def _now(self, _of: str, request: Request) -> Response:
        since = changes.version_of(request.query.get("since"))
        accepts_gzip = responses.takes_gzip(request.headers)
        view = self._city.look()
        return self._news.answer(view, since, self._ports.clock(), accepts_gzip)

    def _log(self, _of: str, _request: Request) -> dict[str, Any]:
        now_ms = self._ports.clock()
        if changes.is_due(self._logged_ms, now_ms, changes.TTL_MS):
            self._logged = shift.shift_of(self._ports.shift, now_ms)
            self._logged_ms = now_ms
        return self._logged

    def _segment(self, segment_id: str, _request: Request) -> dict[str, Any]:
        item, now_ms = self._segment_item(segment_id), self._ports.clock()
        outlook = self._ports.outlook(segment_id, now_ms, present_speed(item, now_ms))
        return {**views.segment(item), **shown(outlook)}

    def _history(self, segment_id: str, request: Request) -> dict[str, Any]:
        """Return the hours before the segment's newest reading, in event time."""
        hours = routes.hours_of(request.query)
        item = self._segment_item(segment_id)
        last_ms = item.get("observed_at", self._ports.clock())
        span_ms = (last_ms - hours * _HOUR_MS, last_ms)
        first, last = (minute_text(ms // MINUTE_MS) for ms in span_ms)
        minutes = self._ports.reader.minutes(segment_id, first, last)
        usual = drawn(self._ports.band(segment_id, span_ms, AHEAD_MS))
        return {**views.history(item, minutes), "usual": usual}

    def _segment_item(self, segment_id: str) -> Mapping[str, Any]:
        item: Optional[Mapping[str, Any]] = self._ports.reader.segment(segment_id)
        if item is None:
            raise RequestError(
                404, f"no segment {segment_id}: expected one of /api/roads"
            )
        return item

    def _acknowledge(self, alert_id: str, request: Request) -> dict[str, Any]:
        return self._acks.alert(handling.acknowledged, alert_id, _wish_of(request))

    def _undo(self, alert_id: str, request: Request) -> dict[str, Any]:
        return self._acks.alert(handling.undone, alert_id, _wish_of(request))

    def _acknowledge_incident(
        self, incident_id: str, request: Request
    ) -> dict[str, Any]:
        wish = _wish_of(request)
        act = handling.acknowledged_with_incident
        return self._acks.incident(act, incident_id, wish)

    def _undo_incident(self, incident_id: str, request: Request) -> dict[str, Any]:
        return self._acks.incident(handling.undone, incident_id, _wish_of(request))

    def _outdate(self) -> None:
        self._logged_ms = None
        self._city.forget()


def _as_json(
    value_of: Callable[[str, Request], Mapping[str, Any]],
) -> Callable[[str, Request], Response]:
    def answer(of: str, request: Request) -> Response:
        accepts_gzip = responses.takes_gzip(request.headers)
        return responses.json_response(200, value_of(of, request), accepts_gzip)

    return answer


def _wish_of(request: Request) -> handling.Wish:
    return handling.wish_of(request.body, request.who or "")
