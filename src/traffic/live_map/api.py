"""The live API: its cache between requests, and its responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from ..errors import RequestError, StoreError
from ..policy import MINUTE_MS
from ..timestamps import minute_text
from . import changes, responses, routes, views
from . import page as pages
from .responses import Response
from .routes import Request, Route
from .settings import LiveMapSettings
from .summary import city_summary

_HOUR_MS = 3_600_000
_AGE_OF = views.COLUMNS.index("updated_at")
_BUSY = "the tables did not answer: expected to work again in a few seconds"


class LiveMapPorts(NamedTuple):
    """The services that the API uses.

    *reader* and *assets* are a Reader and Assets; *clock* returns the time in ms;
    *environment* names this execution environment, in hexadecimal digits; *log* takes
    the name of an event and its text.
    """

    reader: Any
    assets: Any
    clock: Callable[[], int]
    environment: str
    log: Callable[[str, str], None]


class CityView(NamedTuple):
    """The city when it was last read."""

    snapshot: changes.Snapshot
    city: Mapping[str, Any]
    alerts: Sequence[Mapping[str, Any]]


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
        self._view: Optional[CityView] = None
        self._viewed_ms: Optional[int] = None
        self._roads: Sequence[Mapping[str, Any]] = ()
        self._roads_ms: Optional[int] = None

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
        if route.name == "page":
            return self._page(request)
        if route.name != "config" and request.who is None:
            raise RequestError(401, "expected a signed-in user")
        value = {
            "config": self._config,
            "roads": self._roads_page,
            "now": self._now,
            "segment": self._segment,
            "history": self._history,
            "acknowledge": self._acknowledge,
            "undo": self._undo,
        }[route.name](route.of, request)
        return responses.json_response(
            200, value, responses.takes_gzip(request.headers)
        )

    def _page(self, request: Request) -> Response:
        file = self._ports.assets.page(pages.name_of(request.path))
        if file is None:
            raise RequestError(404, "expected /, /config.json, or a file of the page")
        return pages.respond(file, request.headers)

    def _config(self, _of: str, _request: Request) -> dict[str, Any]:
        settings = self._settings
        return {
            "stack": settings.stack,
            "region": settings.region,
            "auth": {
                "domain": settings.domain,
                "client_id": settings.client_id,
                "issuer": settings.issuer,
                "mode": "hosted",
            },
            "map": {"style": settings.style, "base": self._base_map()},
            "thresholds": {
                "high": settings.high,
                "severe": settings.severe,
                "clear": settings.clear,
            },
            "version": self._ports.assets.version(),
        }

    def _base_map(self) -> str:
        exists = self._ports.assets.page(pages.BASE_MAP) is not None
        return pages.BASE_MAP if exists else ""

    def _roads_page(self, _of: str, request: Request) -> dict[str, Any]:
        after = routes.after_of(request.query)
        now_ms = self._ports.clock()
        if changes.is_due(self._roads_ms, now_ms, changes.ROADS_TTL_MS):
            self._roads = views.roads(self._ports.reader.roads())
            self._roads_ms = now_ms
        return views.roads_page(self._roads, after)

    def _now(self, _of: str, request: Request) -> dict[str, Any]:
        view, name = self._fresh_look(), self._ports.environment
        since = changes.version_of(request.query.get("since"))
        rows, is_full = changes.changed_since(view.snapshot, name, since)
        return {
            "version": view.snapshot.version(name),
            "now": self._ports.clock(),
            "full": is_full,
            "columns": views.COLUMNS,
            "segments": rows,
            "city": view.city,
            "alerts": view.alerts,
        }

    def _fresh_look(self) -> CityView:
        """Return the city, read again if the last view is too old.

        If that fails, return the last view: its `updated_at` shows its age.
        """
        now_ms = self._ports.clock()
        if self._view is None or changes.is_due(
            self._viewed_ms, now_ms, changes.TTL_MS
        ):
            try:
                self._view = self._read(self._view, now_ms)
            except StoreError as fault:
                if self._view is None:
                    raise
                self._ports.log("look_failed", str(fault))
            self._viewed_ms = now_ms
        return self._view

    def _read(self, last: Optional[CityView], now_ms: int) -> CityView:
        reader = self._ports.reader
        items = reader.live()
        snapshot = changes.take_snapshot(
            last.snapshot if last else None,
            map(views.live_row, items),
            _AGE_OF,
            started_ms=now_ms,
            ended_ms=self._ports.clock(),
        )
        return CityView(
            snapshot=snapshot,
            city=city_summary(items, self._settings.high, now_ms),
            alerts=views.alerts(reader.open_alerts()),
        )

    def _segment(self, segment_id: str, _request: Request) -> dict[str, Any]:
        return views.segment(self._segment_item(segment_id))

    def _history(self, segment_id: str, request: Request) -> dict[str, Any]:
        """Return the hours before the segment's newest reading, in event time."""
        hours = routes.hours_of(request.query)
        item = self._segment_item(segment_id)
        last_ms = item.get("observed_at", self._ports.clock())
        first, last = (
            minute_text(ms // MINUTE_MS) for ms in (last_ms - hours * _HOUR_MS, last_ms)
        )
        minutes = self._ports.reader.minutes(segment_id, first, last)
        return views.history(item, minutes)

    def _segment_item(self, segment_id: str) -> Mapping[str, Any]:
        item: Optional[Mapping[str, Any]] = self._ports.reader.segment(segment_id)
        if item is None:
            raise RequestError(
                404, f"no segment {segment_id}: expected one of /api/roads"
            )
        return item

    def _acknowledge(self, alert_id: str, request: Request) -> dict[str, Any]:
        """Record who acknowledges the alert; later users get the first one's name."""
        reader, item = self._ports.reader, self._open_alert(alert_id)
        if "acknowledged_at" not in item:
            reader.acknowledge(alert_id, request.who or "", self._ports.clock())
            item = self._open_alert(alert_id)
            self._viewed_ms = None  # the next poll shows it
        return views.alert(item)

    def _undo(self, alert_id: str, _request: Request) -> dict[str, Any]:
        """Remove the acknowledgement, if there is one."""
        item = self._open_alert(alert_id)
        if "acknowledged_at" in item:
            self._ports.reader.undo(alert_id)
            item = self._open_alert(alert_id)
            self._viewed_ms = None  # the next poll shows it
        return views.alert(item)

    def _open_alert(self, alert_id: str) -> Mapping[str, Any]:
        item: Optional[Mapping[str, Any]] = self._ports.reader.alert(alert_id)
        if item is None:
            raise RequestError(404, f"no alert {alert_id}: expected one of /api/now")
        if item.get("alert_status") != "open":
            raise RequestError(
                409, f"alert {alert_id} is cleared: expected an open one"
            )
        return item
