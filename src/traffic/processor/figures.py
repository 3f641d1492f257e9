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
# The promised 99th percentiles: of a reading to the map, and of an alert to the bus.
PROMISES_MS = {"FreshnessMs": 10_000, "AlertLatencyMs": 30_000}


@dataclass
class BatchFigures:
    """What happened in one batch; times in ms."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    freshness_ms: list[int] = field(default_factory=list)
    alert_latency_ms: list[int] = field(default_factory=list)


def lines(figures: BatchFigures, stack: str, now_ms: int) -> list[str]:
    """Return the lines to print, the batch first and then one for each reason."""
    values: dict[str, Any] = {name: figures.counts[name] for name in _COUNTS}
    for name, sample in (
        ("FreshnessMs", figures.freshness_ms),
        ("AlertLatencyMs", figures.alert_latency_ms),
    ):
        if sample:
            values[name] = spread(sample)
    printed = [line(values, {"Stack": stack}, now_ms)]
    for reason, count in sorted(figures.reasons.items()):
        where = {"Stack": stack, "Reason": reason}
        printed.append(line({"Rejected": count}, where, now_ms))
    return printed
