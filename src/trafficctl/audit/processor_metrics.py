"""What the processor received and did with it, by its own metrics.

The processor prints one metrics line per batch, so the sums agree at any time. They
count runs: a retried reading is counted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from math import ceil
from typing import Any, NamedTuple

from traffic.aws.cloudwatch import Metric, incomplete_metrics, query
from traffic.aws.emf import NAMESPACE
from trafficctl.errors import CityError

HOUR_S = 3600
PIECE_S = 60
PIECES_KEPT_S = 15 * 24 * HOUR_S  # CloudWatch drops one-minute sums after that
MOST_DAYS = 455  # CloudWatch keeps hourly sums for so long


@dataclass(frozen=True)
class ProcessorCounts:
    """Readings by outcome over some days; *late* is in *accepted*.

    *redelivered* readings were already counted. The last two are no readings: messages
    that IoT Core could not dead-letter, and batches that Lambda could not.
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
        """Readings with a known outcome."""
        stored = self.accepted + self.duplicate + self.stale
        return stored + self.redelivered + self.rejected

    @property
    def retried(self) -> int:
        """Readings whose batch failed: it was retried or dead-lettered."""
        return max(0, self.received - self.settled)


# Field of ProcessorCounts to the processor's metric.
_PROCESSOR_METRICS = {
    "received": "Received",
    "accepted": "Accepted",
    "late": "Late",
    "duplicate": "Duplicate",
    "stale": "Stale",
    "redelivered": "Redelivered",
    "rejected": "Rejected",
}


# AWS does not list the values of ActionType: one of the first two is that of the queue,
# the last that of earlier versions of the stack.
_LOSING_ACTIONS = ("Sqs", "SQS", "S3")


class MetricSource(NamedTuple):
    """A metric and its dimensions, and the field of ProcessorCounts that it is of."""

    field: str
    metric: Metric
    dimensions: dict[str, str]


def metrics(stack: str, outputs: Mapping[str, str]) -> dict[str, MetricSource]:
    """The metrics behind the fields of ProcessorCounts, by the id of their query."""
    rule = {"RuleName": outputs["IngestRule"]}
    function = {"FunctionName": outputs["ProcessorFunction"]}
    own = {
        field: MetricSource(field, (NAMESPACE, name, "Sum"), {"Stack": stack})
        for field, name in _PROCESSOR_METRICS.items()
    }
    failed: Metric = ("AWS/IoT", "ErrorActionFailure", "Sum")
    messages = {
        f"lost_messages_{action}": MetricSource(
            "lost_messages", failed, {**rule, "ActionType": action}
        )
        for action in _LOSING_ACTIONS
    }
    dropped: Metric = ("AWS/Lambda", "DestinationDeliveryFailures", "Sum")
    batches = {"lost_batches": MetricSource("lost_batches", dropped, function)}
    return {**own, **messages, **batches}


class MetricPeriod(NamedTuple):
    """A time range and its metric period, in seconds."""

    begin_s: int
    end_s: int
    period_s: int


class AuditStart(NamedTuple):
    """The start of the sums, seconds since the epoch; *is_of_table* if the table is
    younger than the days requested."""

    at_s: int
    is_of_table: bool


def audit_start(days: int, created_s: float, now_s: float) -> AuditStart:
    """The start of the last *days* for a table created at *created_s*.

    CloudWatch keeps the metrics of an earlier stack of the same name, whose readings
    this table does not have. They end minutes earlier, since purging and deploying
    again takes longer than one.
    """
    requested_s = _until_s(now_s) - days * 24 * HOUR_S
    of_table_s = _of_table_s(created_s, now_s)
    return AuditStart(max(requested_s, of_table_s), of_table_s > requested_s)


def _of_table_s(created_s: float, now_s: float) -> int:
    """The minute in which a table was created; for an old one, the next hour."""
    if now_s - created_s < PIECES_KEPT_S - HOUR_S:
        return int(created_s) // PIECE_S * PIECE_S
    return ceil(created_s / HOUR_S) * HOUR_S


def _until_s(now_s: float) -> int:
    return int(now_s) // HOUR_S * HOUR_S + HOUR_S


def metric_periods(begin_s: int, now_s: float) -> list[MetricPeriod]:
    """The time from *begin_s*: minutes up to the full hour, then hours."""
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

    Raises CityError if CloudWatch returns only part of them.
    """
    sources = metrics(stack, outputs)
    sums = dict.fromkeys((source.field for source in sources.values()), 0.0)
    for part in metric_periods(begin_s, now_s):
        for query_id, total in _sums(cloudwatch, sources, part).items():
            sums[sources[query_id].field] += total
    return ProcessorCounts(**{field: round(total) for field, total in sums.items()})


def _sums(
    cloudwatch: Any, sources: Mapping[str, MetricSource], part: MetricPeriod
) -> dict[str, float]:
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[
            query(query_id, one.metric, one.dimensions, part.period_s)
            for query_id, one in sources.items()
        ],
        StartTime=datetime.fromtimestamp(part.begin_s, timezone.utc),
        EndTime=datetime.fromtimestamp(part.end_s, timezone.utc),
    )
    results = [result for page in pages for result in page["MetricDataResults"]]
    _check_complete(sources, incomplete_metrics(sources, results))
    sums = dict.fromkeys(sources, 0.0)
    for one in results:
        sums[one["Id"]] += sum(one["Values"])
    return sums


def _check_complete(
    sources: Mapping[str, MetricSource], incomplete: Mapping[str, str]
) -> None:
    """Raise CityError if a result is incomplete."""
    if incomplete:
        text = ", ".join(
            f"{'/'.join(sources[field].metric[:2])} is {status}"
            for field, status in incomplete.items()
        )
        raise CityError(
            f"CloudWatch returned incomplete metrics ({text}, not Complete) - wait a "
            "minute and repeat the command"
        )
