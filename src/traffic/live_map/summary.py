"""City-wide figures: sums over the segments with current readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from ..aws.segment_items import is_size
from ..policy import MAX_INTERVAL_S, SLOWEST_PACE_KMH, UNKNOWN_LENGTH_M

Item = Mapping[str, Any]

# A segment silent for longer than any reporting interval is not current.
PRESENT_MS = MAX_INTERVAL_S * 1000


def city_summary(
    items: Sequence[Item], high_score: float, now_ms: int
) -> dict[str, Any]:
    """Return the city's figures at *now_ms*, from items of `road_segments`.

    *vehicles_per_hour* is the sum of the segments' flows; *share_congested* the share
    of the segments with a score whose score is at least *high_score*; *segments* and
    *sensors* count the silent ones too; times are the newest (ms). A figure that no
    sensor reports on is None.
    """
    present = [item for item in items if is_present(item, now_ms)]
    flows = [item["flow"] for item in present if "flow" in item]
    scores = [i["congestion_score"] for i in present if "congestion_score" in i]
    known = [item["sensors"] for item in items if "sensors" in item]
    congested = sum(score >= high_score for score in scores)
    return {
        "vehicles_per_hour": sum(flows) if flows else None,
        "mean_speed": mean_speed(present),
        "share_congested": round(congested / len(scores), 4) if scores else None,
        "sensors": sum(known) if known else None,
        "sensors_reporting": sum(map(_reporting, present)) if known else None,
        "segments": len(items),
        "observed_at": _newest(items, "observed_at"),
        "updated_at": _newest(items, "updated_at"),
    }


def mean_speed(items: Iterable[Item]) -> Optional[float]:
    """Return vehicle-km over vehicle-h (km/h), None where nothing is known to move.

    Each segment counts by what it carries: sum(q L) / sum(q L / u), with flow q,
    length L and speed u. A queue that stands has no flow, so it has no part in it.
    """
    km = hours = 0.0
    for item in items:
        flow, speed = item.get("flow"), item.get("speed")
        if flow and speed is not None:
            done = flow * _length_m(item) / 1000
            km += done
            hours += done / max(speed, SLOWEST_PACE_KMH)
    return round(km / hours, 1) if hours else None


def _length_m(item: Item) -> float:
    """Return the length of a segment; one that is no length must not stop the map."""
    length_m: Any = item.get("length_m")
    return float(length_m) if is_size(length_m) else UNKNOWN_LENGTH_M


def is_present(item: Item, now_ms: int) -> bool:
    """Whether a sensor speaks for the segment's present state."""
    is_recent = bool(now_ms - item.get("updated_at", 0) < PRESENT_MS)
    return is_recent and item.get("sensors_reporting") != 0


def _reporting(item: Item) -> int:
    return int(0.5 + item.get("sensors", 0) * item.get("sensors_reporting", 0))


def _newest(items: Iterable[Item], name: str) -> Optional[int]:
    return max((item[name] for item in items if name in item), default=None)
