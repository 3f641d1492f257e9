"""The state of the city in numbers, for the demo's status lines; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from trafficctl.aws.city_tables import Item
from trafficctl.watch.render import level_of

FIELDS = ("segment_id", "observed_at", "alert_level")

Clock = Callable[[int], datetime]


def levels(segments: Sequence[Item]) -> Counter[str]:
    """How many reporting segments are at each alert level."""
    return Counter(level_of(item) for item in segments if "observed_at" in item)
