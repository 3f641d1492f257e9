"""Figures of a batch as CloudWatch embedded metric format: one line of JSON on stdout.

A sensor or a segment is never a dimension: each combination is billed as a metric.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAMESPACE = "CityTraffic"
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
_MOST_VALUES = 100  # of one metric in one line, the format's limit
# What the city is promised of the slowest in a hundred: on the map, and on its way.
PROMISES_MS = {"FreshnessMs": 10_000, "AlertLatencyMs": 30_000}


@dataclass
class Figures:
    """What happened in one batch; times in ms."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    freshness_ms: list[int] = field(default_factory=list)
    alert_latency_ms: list[int] = field(default_factory=list)


def lines(figures: Figures, stack: str, now_ms: int) -> list[str]:
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


def spread(sample: Sequence[int]) -> list[int]:
    """Return at most 100 of *sample*, evenly over its sorted values, ends included."""
    ordered = sorted(sample)
    if len(ordered) <= _MOST_VALUES:
        return ordered
    step = (len(ordered) - 1) / (_MOST_VALUES - 1)
    return [ordered[round(i * step)] for i in range(_MOST_VALUES)]


def line(
    values: Mapping[str, Any],
    dimensions: Mapping[str, str],
    now_ms: int,
    **told: str,
) -> str:
    """Return *values* as one line of metrics; *told* is only written beside them."""
    metrics = [{"Name": name, "Unit": _unit(name)} for name in values]
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": metrics,
    }
    head = {"Timestamp": now_ms, "CloudWatchMetrics": [directive]}
    content = {"_aws": head, **dimensions, **values, **told}
    return json.dumps(content, separators=(",", ":"))


def _unit(name: str) -> str:
    if name.endswith("Ms"):
        return "Milliseconds"
    return "Percent" if name.endswith("Percent") else "Count"
