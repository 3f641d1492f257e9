"""Items of the tables as the page reads them: pure, and the only place of its names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from ..policy import MINUTE_MS
from ..segment.left_out import reasons_of
from ..segment.state_codec import unpack
from ..timestamps import minute_text
from .changes import Row

Item = Mapping[str, Any]

# Name on the page and attribute of the tables, in the order of a row.
PAST = (
    ("id", "segment_id"),
    ("score", "congestion_score"),
    ("speed", "speed"),
    ("flow", "flow"),
    ("ratio", "speed_ratio"),
    ("tti", "travel_time_index"),
    ("los", "level_of_service"),
)
LIVE = (
    *PAST,
    ("reporting", "sensors_reporting"),
    ("sensors", "sensors"),
    ("observed_at", "observed_at"),
    ("updated_at", "updated_at"),
    ("alert", "alert_level"),
)
ROAD = (
    ("id", "segment_id"),
    ("name", "name"),
    ("district", "district"),
    ("line", "line"),
    ("lat", "latitude"),
    ("lon", "longitude"),
    ("lanes", "lanes"),
    ("length_m", "length_m"),
    ("free_flow_speed", "free_flow_speed"),
)
# In addition to the live ones, for the panel of one segment.
MORE = (
    ("flow_per_lane", "flow_per_lane"),
    ("density", "density"),
    ("occupancy", "occupancy"),
    ("received_at", "received_at"),
    ("alert_id", "alert_id"),
    ("alert_since", "alert_since"),
    ("accepted", "accepted"),
    ("late", "late"),
    ("duplicate", "duplicate"),
    ("free_flow_learned", "learned_free_flow_speed"),
)
ALERT = (
    ("alert_id", "alert_id"),
    ("segment_id", "segment_id"),
    ("name", "name"),
    ("district", "district"),
    ("lat", "latitude"),
    ("lon", "longitude"),
    ("level", "level"),
    ("peak_level", "peak_level"),
    ("opened_at", "opened_at"),
    ("level_since", "level_since"),
    ("peak_congestion", "peak_congestion"),
    ("acknowledged_by", "acknowledged_by"),
    ("acknowledged_at", "acknowledged_at"),
    ("note", "acknowledged_note"),
    ("closed_level", "closed_level"),
)
MINUTE = (
    ("minute", "minute"),
    ("speed", "speed"),
    ("flow", "flow"),
    ("score", "congestion_score"),
    ("occupancy", "occupancy"),
    ("readings", "readings"),
)
COLUMNS = tuple(name for name, _ in LIVE)
PAST_COLUMNS = tuple(name for name, _ in PAST)
HISTORY_COLUMNS = tuple(name for name, _ in MINUTE)
ROADS_PER_PAGE = 2_500

_Names = Sequence[tuple[str, str]]


def attributes(*groups: _Names) -> tuple[str, ...]:
    """Return the attributes that these groups of names are read from."""
    return tuple(dict.fromkeys(attribute for group in groups for _, attribute in group))


def named(item: Item, names: _Names) -> dict[str, Any]:
    """Return the item under the page's names, None for what it does not have."""
    return {name: item.get(attribute) for name, attribute in names}


def live_row(item: Item) -> Row:
    """Return a segment's row, in the order of COLUMNS."""
    return tuple(item.get(attribute) for _, attribute in LIVE)


def past_rows(items: Iterable[Item]) -> list[Row]:
    """Return segments of a minute of history, by id, in the order of PAST_COLUMNS."""
    rows = (tuple(item.get(attribute) for _, attribute in PAST) for item in items)
    return sorted(rows, key=lambda row: row[0])


def alert(item: Item) -> dict[str, Any]:
    """Return an alert as the page lists it."""
    return named(item, ALERT)


def alerts(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Return the alerts, severe ones first, the newest of each level first."""
    ranked = sorted(items, key=lambda i: (i.get("level") != "severe", -i["opened_at"]))
    return [alert(item) for item in ranked]


def roads_page(roads: Sequence[Item], after: Optional[str]) -> dict[str, Any]:
    """Return the segments that follow *after* in *roads*, which are sorted by id."""
    remaining = [road for road in roads if after is None or road["id"] > after]
    page = remaining[:ROADS_PER_PAGE]
    is_last = len(remaining) <= ROADS_PER_PAGE
    return {"segments": page, "after": None if is_last else page[-1]["id"]}


def roads(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Return what does not change of the segments, sorted by id."""
    return sorted((named(item, ROAD) for item in items), key=lambda road: road["id"])


def segment(item: Item) -> dict[str, Any]:
    """Return all of one segment, with the latest reading of each of its sensors."""
    known = {**named(item, ROAD), **named(item, LIVE), **named(item, MORE)}
    return {**known, "sensors": sensors(item.get("state"), item.get("left_out"))}


def sensors(
    packed: Optional[bytes], left_out: Optional[str] = None
) -> list[dict[str, Any]]:
    """Return the sensors of a segment's packed state, sorted by id.

    *reporting* says whether the reading still speaks for the present; *suspect* is the
    kind of its fault and since when (ms), if its readings are left out of the figures.
    """
    suspects = reasons_of(left_out)
    return [
        {
            "id": name,
            "timestamp": sensor.timestamp,
            "speed": sensor.speed,
            "vehicle_count": sensor.vehicle_count,
            "occupancy": sensor.occupancy,
            "reporting": sensor.is_fresh,
            "suspect": suspects.get(name),
        }
        for name, sensor in sorted(unpack(packed).sensors.items())
    ]


def history(item: Item, minutes: Iterable[Item]) -> dict[str, Any]:
    """Return the rows of *minutes*, oldest first, and after them the present one.

    The present minute is still open, so that it has no row in the table yet.
    """
    rows = [[minute.get(name) for _, name in MINUTE] for minute in minutes]
    observed = item.get("observed_at")
    if observed is not None:
        live = {**item, "minute": minute_text(observed // MINUTE_MS), "readings": None}
        if not rows or rows[-1][0] < live["minute"]:
            rows.append([live.get(name) for _, name in MINUTE])
    return {
        "free_flow_speed": item.get("free_flow_speed"),
        "columns": HISTORY_COLUMNS,
        "rows": rows,
    }
