"""Answers to polls: what changed is encoded and compressed once for all viewers."""

from __future__ import annotations

from typing import Optional

import msgspec

from . import changes, incidents, views
from .changes import Version
from .city_view import CityView
from .responses import Prepared, Response, prepare, with_prepared

MOST_KEPT = 8  # answers to one view: most viewers hold the one before it


class News:
    """What changed in the city since viewers last looked.

    Only the time differs between the answers to viewers who hold the same scan.
    """

    def __init__(self) -> None:
        self._view: Optional[CityView] = None
        self._made: dict[Optional[int], Prepared] = {}

    def answer(
        self, view: CityView, since: Optional[Version], now_ms: int, accepts_gzip: bool
    ) -> Response:
        """Return the answer to a poll by a viewer who holds the version *since*."""
        held = changes.held_by(view.snapshot, view.lineage, since)
        if view is not self._view or len(self._made) > MOST_KEPT:
            self._view, self._made = view, {}
        if held not in self._made:
            self._made[held] = prepare(_text(view, since, now_ms))
        begin = b'{"now":%d,' % now_ms
        return with_prepared(begin, self._made[held], accepts_gzip)


def _text(view: CityView, since: Optional[Version], now_ms: int) -> bytes:
    """Return the JSON of an answer, without its beginning."""
    rows, is_full = changes.changed_since(view.snapshot, view.lineage, since)
    answer = {
        "version": view.version,
        "full": is_full,
        "columns": views.COLUMNS,
        "segments": rows,
        "city": view.city,
        "alerts": view.alerts,
        "incidents": incidents.listed(view.incidents, now_ms),
    }
    return msgspec.json.encode(answer)[1:]
