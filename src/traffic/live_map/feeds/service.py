"""Answers requests for feeds, from the reads that the live map makes anyway."""

from __future__ import annotations

from ...errors import RequestError
from ...policy import MINUTE_MS
from ...timestamps import minute_text
from .. import changes, incidents, responses, routes
from .. import page as pages
from ..city_view import CityView
from ..looks import CityLooks
from ..ports import LiveMapPorts
from ..responses import Response
from ..routes import Request
from ..settings import LiveMapSettings
from .catalog import CSV, HISTORY, LIVE, OPENAPI
from .csv_rows import history_csv
from .present import FeedCity, segments_of

# Lambda answers at most 6 MB, in which quotes count twice.
MOST_PLAIN = 3_000_000  # bytes


class FeedService:
    """Makes each document of the present state once per read of the city."""

    def __init__(
        self, ports: LiveMapPorts, city: CityLooks, settings: LiveMapSettings
    ) -> None:
        self._reader, self._assets = ports.reader, ports.assets
        self._clock, self._city = ports.clock, city
        self._settings = settings
        self._made: dict[str, tuple[CityView, int, bytes]] = {}

    def answer(self, name: str, request: Request) -> Response:
        """Return the feed of that name; raises RequestError."""
        if name == OPENAPI:
            file = self._assets.page(f"feeds/{name}")
            if file is None:
                raise RequestError(404, f"{name} is not in this package")
            return pages.respond(file, request.headers)
        if name == HISTORY:
            return _sent(self._history(request), CSV, request)
        return _sent(self._document(name), LIVE[name].media_type, request)

    def _history(self, request: Request) -> bytes:
        segment_id, first_ms, last_ms = routes.period_of(request.query)
        if self._reader.segment(segment_id) is None:
            raise RequestError(
                404,
                f"no segment {segment_id}: expected one of /feeds/segments.geojson",
            )
        first, last = (minute_text(ms // MINUTE_MS) for ms in (first_ms, last_ms))
        return history_csv(segment_id, self._reader.minutes(segment_id, first, last))

    def _document(self, name: str) -> bytes:
        view, now_ms = self._city.look(), self._clock()
        last_view, made_ms, body = self._made.get(name, (None, None, b""))
        if last_view is not view or changes.is_due(made_ms, now_ms, changes.TTL_MS):
            body = LIVE[name].make(self._present(view, now_ms))
            self._made[name] = (view, now_ms, body)
        return body

    def _present(self, view: CityView, now_ms: int) -> FeedCity:
        return FeedCity(
            segments=segments_of(self._city.roads(), view.items, now_ms),
            alerts=view.alerts,
            incidents=incidents.listed(view.incidents, now_ms),
            publisher=self._settings.stack,
            high=self._settings.high,
            now_ms=now_ms,
        )


def _sent(body: bytes, media_type: str, request: Request) -> Response:
    accepts_gzip = responses.takes_gzip(request.headers)
    if not accepts_gzip and len(body) > MOST_PLAIN:
        raise RequestError(
            406, f"expected Accept-Encoding: gzip for a document of {len(body)} bytes"
        )
    return responses.respond(200, body, media_type, accepts_gzip)
