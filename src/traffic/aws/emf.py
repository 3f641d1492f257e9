"""CloudWatch embedded metric format: one line of JSON on stdout.

A sensor or a segment is never a dimension: each combination is billed as a metric.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

NAMESPACE = "CityTraffic"
_MOST_VALUES = 100  # of one metric in one line, the format's limit


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
    **properties: str,
) -> str:
    """Return *values* as one line of metrics; *properties* are plain fields."""
    metrics = [{"Name": name, "Unit": _unit(name)} for name in values]
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": metrics,
    }
    head = {"Timestamp": now_ms, "CloudWatchMetrics": [directive]}
    content = {"_aws": head, **dimensions, **values, **properties}
    return json.dumps(content, separators=(",", ":"))


def _unit(name: str) -> str:
    if name.endswith("Ms"):
        return "Milliseconds"
    return "Percent" if name.endswith("Percent") else "Count"
