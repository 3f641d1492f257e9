"""What the processor says it received, and what became of it, by its own figures.

One line of figures is printed for each batch, so that its sums agree whenever they are
read. They are counted by run: what came again is counted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from math import ceil
from typing import Any, NamedTuple

from traffic.aws.cloudwatch import Metric, not_whole, query
from traffic.aws.emf import NAMESPACE
from trafficctl.errors import CityError

HOUR_S = 3600
PIECE_S = 60
PIECES_KEPT_S = 15 * 24 * HOUR_S  # figures so old are told in no such pieces any more
MOST_DAYS = 455  # CloudWatch keeps the sums of an hour for so long


@dataclass(frozen=True)
class ProcessorCounts:
    """Readings by what became of them in some days; *late* is in *accepted*.

    *redelivered* ones had been counted before. Two are no readings: messages that
    IoT Core could neither deliver nor keep, and batches that Lambda could not keep.
    """

    received: int = 0
    accepted: int = 0
    late: int = 0
    duplicate: int = 0
    stale: int = 0
    redelivered: int = 0
    rejected: int = 0
    lost_messages: int = 0
    lost_batches: int = 0

    @property
    def settled(self) -> int:
        """Readings of which the processor says what became of them."""
        stored = self.accepted + self.duplicate + self.stale
        return stored + self.redelivered + self.rejected

    @property
    def retried(self) -> int:
        """Readings whose batch failed on them: it came again, or was given up."""
        return max(0, self.received - self.settled)


# Field of Processed to the metric of the processor.
_PROCESSOR_METRICS = {
    "received": "Received",
    "accepted": "Accepted",
    "late": "Late",
    "duplicate": "Duplicate",
    "stale": "Stale",
    "redelivered": "Redelivered",
    "rejected": "Rejected",
}


class MetricSource(NamedTuple):
    """A metric, and the dimensions it is told by."""

    metric: Metric
    dimensions: dict[str, str]


def metrics(stack: str, outputs: Mapping[str, str]) -> dict[str, MetricSource]:
    """The metric behind each field of Processed."""
    rule = {"RuleName": outputs["IngestRule"], "ActionType": "S3"}
    function = {"FunctionName": outputs["ProcessorFunction"]}
    own = {
        field: MetricSource((NAMESPACE, name, "Sum"), {"Stack": stack})
        for field, name in _PROCESSOR_METRICS.items()
    }
    return {
        **own,
        "lost_messages": MetricSource(("AWS/IoT", "ErrorActionFailure", "Sum"), rule),
        "lost_batches": MetricSource(
            ("AWS/Lambda", "DestinationDeliveryFailures", "Sum"), function
        ),
    }


class MetricPeriod(NamedTuple):
    """A span of time in seconds, and the length of its figures."""

    begin_s: int
    end_s: int
    period_s: int


class AuditStart(NamedTuple):
    """From when on figures are added up, in s; *is_of_table* says that it is later
    than was asked for, since the table is younger."""

    at_s: int
    is_of_table: bool


def audit_start(days: int, created_s: float, now_s: float) -> AuditStart:
    """Where the last *days* begin, of a table that was made at *made_s*.

    CloudWatch keeps the figures of an earlier stack of the same name, of whose
    readings this table knows nothing. They end minutes before: no stack is purged and
    deployed again within one.
    """
    requested_s = _until_s(now_s) - days * 24 * HOUR_S
    of_table_s = _of_table_s(created_s, now_s)
    return AuditStart(max(requested_s, of_table_s), of_table_s > requested_s)


def _of_table_s(created_s: float, now_s: float) -> int:
    """The minute in which a table was made; of an old one, the full hour after it."""
    if now_s - created_s < PIECES_KEPT_S - HOUR_S:
        return int(created_s) // PIECE_S * PIECE_S
    return ceil(created_s / HOUR_S) * HOUR_S


def _until_s(now_s: float) -> int:
    return int(now_s) // HOUR_S * HOUR_S + HOUR_S


def metric_periods(begin_s: int, now_s: float) -> list[MetricPeriod]:
    """The time from *begin_s* on: hours, and before them the rest of one in pieces."""
    until_s = _until_s(now_s)
    hour_s = ceil(begin_s / HOUR_S) * HOUR_S
    both = MetricPeriod(begin_s, hour_s, PIECE_S), MetricPeriod(hour_s, until_s, HOUR_S)
    return [part for part in both if part.begin_s < part.end_s]


def read_counts(
    cloudwatch: Any,
    stack: str,
    outputs: Mapping[str, str],
    begin_s: int,
    now_s: float,
) -> ProcessorCounts:
    """The sums from *begin_s* up to *now_s*, seconds since the epoch.

    Raises CityError where CloudWatch does not tell all of them.
    """
    sources = metrics(stack, outputs)
    sums = dict.fromkeys(sources, 0.0)
    for part in metric_periods(begin_s, now_s):
        for field, total in _sums(cloudwatch, sources, part).items():
            sums[field] += total
    return ProcessorCounts(**{field: round(total) for field, total in sums.items()})


def _sums(
    cloudwatch: Any, sources: Mapping[str, MetricSource], part: MetricPeriod
) -> dict[str, float]:
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[
            query(field, metric, dimensions, part.period_s)
            for field, (metric, dimensions) in sources.items()
        ],
        StartTime=datetime.fromtimestamp(part.begin_s, timezone.utc),
        EndTime=datetime.fromtimestamp(part.end_s, timezone.utc),
    )
    results = [result for page in pages for result in page["MetricDataResults"]]
    _check_complete(sources, not_whole(sources, results))
    sums = dict.fromkeys(sources, 0.0)
    for one in results:
        sums[one["Id"]] += sum(one["Values"])
    return sums


def _check_complete(
    sources: Mapping[str, MetricSource], incomplete: Mapping[str, str]
) -> None:
    """Raise CityError where an answer is not whole."""
    if incomplete:
        text = ", ".join(
            f"{'/'.join(sources[field].metric[:2])} is {status}"
            for field, status in incomplete.items()
        )
        raise CityError(
            f"CloudWatch did not tell all figures ({text}, not Complete) - wait a "
            "minute, and repeat"
        )
