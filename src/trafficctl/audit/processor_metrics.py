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

from traffic.aws.cloudwatch import Metric, incomplete_metrics, query
from traffic.aws.emf import NAMESPACE
from trafficctl.errors import CityError

HOUR_S = 3600
PIECE_S = 60
PIECES_KEPT_S = 15 * 24 * HOUR_S  # figures so old are told in no such pieces any more
MOST_DAYS = 455  # CloudWatch keeps the sums of an hour for so long


@dataclass(frozen=True)
class Processed:
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
        kept = self.accepted + self.duplicate + self.stale
        return kept + self.redelivered + self.rejected

    @property
    def came_again(self) -> int:
        """Readings whose batch failed on them: it came again, or was given up."""
        return max(0, self.received - self.settled)


# Field of Processed to the metric of the processor.
_OWN = {
    "received": "Received",
    "accepted": "Accepted",
    "late": "Late",
    "duplicate": "Duplicate",
    "stale": "Stale",
    "redelivered": "Redelivered",
    "rejected": "Rejected",
}


class Asked(NamedTuple):
    """A metric, and the dimensions it is told by."""

    metric: Metric
    whose: dict[str, str]


def metrics(stack: str, outputs: Mapping[str, str]) -> dict[str, Asked]:
    """The metric behind each field of Processed."""
    rule = {"RuleName": outputs["IngestRule"], "ActionType": "S3"}
    function = {"FunctionName": outputs["ProcessorFunction"]}
    own = {
        field: Asked((NAMESPACE, name, "Sum"), {"Stack": stack})
        for field, name in _OWN.items()
    }
    return {
        **own,
        "lost_messages": Asked(("AWS/IoT", "ErrorActionFailure", "Sum"), rule),
        "lost_batches": Asked(
            ("AWS/Lambda", "DestinationDeliveryFailures", "Sum"), function
        ),
    }


class Part(NamedTuple):
    """A span of time in seconds, and the length of its figures."""

    begin_s: int
    end_s: int
    period_s: int


class Begin(NamedTuple):
    """From when on figures are added up, in s; *is_of_table* says that it is later
    than was asked for, since the table is younger."""

    at_s: int
    is_of_table: bool


def begin_of(days: int, made_s: float, now_s: float) -> Begin:
    """Where the last *days* begin, of a table that was made at *made_s*.

    CloudWatch keeps the figures of an earlier stack of the same name, of whose
    readings this table knows nothing. They end minutes before: no stack is purged and
    deployed again within one.
    """
    asked_s = _until_s(now_s) - days * 24 * HOUR_S
    of_table_s = _of_table_s(made_s, now_s)
    return Begin(max(asked_s, of_table_s), of_table_s > asked_s)


def _of_table_s(made_s: float, now_s: float) -> int:
    """The minute in which a table was made; of an old one, the full hour after it."""
    if now_s - made_s < PIECES_KEPT_S - HOUR_S:
        return int(made_s) // PIECE_S * PIECE_S
    return ceil(made_s / HOUR_S) * HOUR_S


def _until_s(now_s: float) -> int:
    return int(now_s) // HOUR_S * HOUR_S + HOUR_S


def parts(begin_s: int, now_s: float) -> list[Part]:
    """The time from *begin_s* on: hours, and before them the rest of one in pieces."""
    until_s = _until_s(now_s)
    hour_s = ceil(begin_s / HOUR_S) * HOUR_S
    both = Part(begin_s, hour_s, PIECE_S), Part(hour_s, until_s, HOUR_S)
    return [part for part in both if part.begin_s < part.end_s]


def read(
    cloudwatch: Any,
    stack: str,
    outputs: Mapping[str, str],
    begin_s: int,
    now_s: float,
) -> Processed:
    """The sums from *begin_s* up to *now_s*, seconds since the epoch.

    Raises CityError where CloudWatch does not tell all of them.
    """
    asked = metrics(stack, outputs)
    sums = dict.fromkeys(asked, 0.0)
    for part in parts(begin_s, now_s):
        for field, total in _sums(cloudwatch, asked, part).items():
            sums[field] += total
    return Processed(**{field: round(total) for field, total in sums.items()})


def _sums(cloudwatch: Any, asked: Mapping[str, Asked], part: Part) -> dict[str, float]:
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[
            query(field, metric, whose, part.period_s)
            for field, (metric, whose) in asked.items()
        ],
        StartTime=datetime.fromtimestamp(part.begin_s, timezone.utc),
        EndTime=datetime.fromtimestamp(part.end_s, timezone.utc),
    )
    results = [result for page in pages for result in page["MetricDataResults"]]
    _refuse_a_part(asked, incomplete_metrics(asked, results))
    sums = dict.fromkeys(asked, 0.0)
    for one in results:
        sums[one["Id"]] += sum(one["Values"])
    return sums


def _refuse_a_part(asked: Mapping[str, Asked], left: Mapping[str, str]) -> None:
    """Raise CityError where an answer is not whole."""
    if left:
        named = ", ".join(
            f"{'/'.join(asked[field].metric[:2])} is {said}"
            for field, said in left.items()
        )
        raise CityError(
            f"CloudWatch did not tell all figures ({named}, not Complete) - wait a "
            "minute, and repeat"
        )
