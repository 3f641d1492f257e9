"""Embedded metric format: the metrics in one line of a function's log, as values.

Source: CloudWatch user guide, "Specification: Embedded metric format". A line that
breaks it stays a line of the log and gives no metric, as on AWS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

MOST_METRICS = 100
MOST_VALUES = 100
MOST_DIMENSIONS = 30


class Measured(NamedTuple):
    """Values of one metric; `at` in seconds since the epoch, dimensions sorted."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    values: tuple[float, ...]
    at: float


def measured(line: str) -> list[Measured]:
    """What a line of a log measures; nothing if it is not in the format."""
    if not line.startswith("{") or '"_aws"' not in line:
        return []
    try:
        return list(_read(msgspec.json.decode(line)))
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError):
        return []


def _read(root: Mapping[str, Any]) -> Iterator[Measured]:
    head = root["_aws"]
    at = float(head["Timestamp"]) / 1000
    for directive in head["CloudWatchMetrics"]:
        metrics = directive["Metrics"]
        if len(metrics) > MOST_METRICS:
            raise ValueError("too many metrics")
        for keys in directive.get("Dimensions") or [[]]:
            dimensions = _dimensions(root, keys)
            for metric in metrics:
                if metric["Name"] in root:
                    yield Measured(
                        str(directive["Namespace"]),
                        str(metric["Name"]),
                        dimensions,
                        str(metric.get("Unit", "None")),
                        _values(root[metric["Name"]]),
                        at,
                    )


def _dimensions(
    root: Mapping[str, Any], keys: list[str]
) -> tuple[tuple[str, str], ...]:
    if len(keys) > MOST_DIMENSIONS:
        raise ValueError("too many dimensions")
    pairs = [(key, root[key]) for key in sorted(keys)]
    if not all(isinstance(value, str) for _key, value in pairs):
        raise ValueError("a dimension that is no text")
    return tuple(pairs)


def _values(value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(type(v) in (int, float) for v in values) or len(values) > MOST_VALUES:
        raise ValueError("no numbers, or too many")
    return tuple(map(float, values))
