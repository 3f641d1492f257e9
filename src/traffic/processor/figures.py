"""Figures of a batch, as lines of metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..aws.emf import line, spread

_COUNTS = (
    "Received",
    "Accepted",
    "Late",
    "Duplicate",
    "Stale",
    "Redelivered",
    "Rejected",
    "Conflicts",
    "UnknownSegments",
    "FailedSegments",
    "AlertsOpened",
    "AlertsEscalated",
    "AlertsEased",
    "AlertsCleared",
    "UnsentEvents",
)
# The promised 99th percentiles: of a reading to the map, and of an alert to its topic.
PROMISES_MS = {"FreshnessMs": 10_000, "AlertLatencyMs": 30_000}
# FreshnessMs ends with the write to the table: a map may read it one cache later (2 s),
# and show it one poll after that (2 s).
MAP_DELAY_MS = 4_000
LATEST_WRITE_MS = PROMISES_MS["FreshnessMs"] - MAP_DELAY_MS


@dataclass
class BatchFigures:
    """What happened in one batch; times in ms."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    freshness_ms: list[int] = field(default_factory=list)


def lines(figures: BatchFigures, stack: str, now_ms: int) -> list[str]:
    """Return the lines to print, the batch first and then one for each reason."""
    values: dict[str, Any] = {name: figures.counts[name] for name in _COUNTS}
    if figures.freshness_ms:
        values["FreshnessMs"] = spread(figures.freshness_ms)
    printed = [line(values, {"Stack": stack}, now_ms)]
    for reason, count in sorted(figures.reasons.items()):
        where = {"Stack": stack, "Reason": reason}
        printed.append(line({"Rejected": count}, where, now_ms))
    return printed
