"""CloudWatch's store in the local city, written to a few times a minute."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from localcity.cloudwatch.aggregation import Key, Metric, Sum, Tally
from localcity.cloudwatch.insights import MetricSelection
from localcity.patching import Patch

# MiniStack keeps two weeks and walks through all of it on each request.
KEEP_S = 3 * 3600.0
# Points come nearly in order: a function's may be as old as the function ran.
DISORDER_S = 900.0

Point = dict[str, Any]


def write(tallies: dict[Key, Tally], at: float, resolution_s: float) -> None:
    """Put what was added up into the store; `at` is when it began to be added up."""
    for (metric, own), tally in tallies.items():
        when = at if own is None else own
        stamp = math.floor(when / resolution_s) * resolution_s
        points = [_point(metric, stamp, where, total) for where, total in tally.items()]
        with request_scope(metric.account, metric.region):
            cloudwatch._metric_bucket(_key(metric)).extend(points)


def _key(metric: Metric) -> tuple[str, str, str]:
    dimensions = cloudwatch._dims_key(dict(metric.dimensions))
    return metric.namespace, metric.name, dimensions


def _point(metric: Metric, stamp: float, where: int, total: Sum) -> Point:
    mean = total.total / total.samples
    point: Point = {
        "Timestamp": stamp,
        "Unit": metric.unit,
        "Dimensions": dict(metric.dimensions),
        "Value": mean,
        "Count": total.samples,
    }
    if where == 0:
        point["_stat"] = {
            "SampleCount": total.samples,
            "Sum": total.total,
            "Minimum": total.low,
            "Maximum": total.high,
        }
    return point


def points(account: str, region: str, key: Any, since: float) -> Iterator[Point]:
    """The points of one metric that are not older than `since`, newest first."""
    series = cloudwatch._metrics.get_scoped(account, region, key) or []
    for point in reversed(series):
        if point["Timestamp"] >= since:
            yield point
        elif point["Timestamp"] < since - DISORDER_S:
            return


def keys(account: str, region: str, selection: MetricSelection) -> list[Key]:
    """The keys of the metrics that a query of Metrics Insights reads."""
    return [
        place[2]
        for place, series in list(cloudwatch._metrics._data.items())
        if place[:2] == (account, region)
        and place[2][:2] == (selection.namespace, selection.name)
        and series
        and selection.fits(series[-1]["Dimensions"])
    ]


def forget(now: float) -> None:
    """Drop what is older than is kept, from the front of each metric."""
    for place, series in list(cloudwatch._metrics._data.items()):
        old = 0
        while old < len(series) and series[old]["Timestamp"] < now - KEEP_S:
            old += 1
        del series[:old]
        if not series:
            cloudwatch._metrics._data.pop(place, None)


def _apply() -> None:
    cloudwatch._evict_old_metrics = lambda: None


PATCHES = (
    Patch(
        "metric store",
        "two weeks of points are copied on each request, and others' writes are lost",
        [
            (cloudwatch, "_metric_bucket"),
            (cloudwatch, "_dims_key"),
            (cloudwatch, "_metrics"),
        ],
        [
            (cloudwatch, "_evict_old_metrics", "cf47bc1522ad"),
            (cloudwatch, "_point_stats", "56fe58fc91f5"),
        ],
        _apply,
    ),
)
