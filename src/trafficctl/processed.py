"""What the processor says it received, and what became of it, by its own figures.

One line of figures is printed for each batch, so that its sums agree whenever they are
read. They are counted by run: what came again is counted again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from traffic.metrics import NAMESPACE

HOUR_S = 3600
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
    redelivered: int = 0
    rejected: int = 0
    lost_messages: int = 0
    lost_batches: int = 0

    @property
    def settled(self) -> int:
        """Readings of which the processor says what became of them."""
        return self.accepted + self.duplicate + self.redelivered + self.rejected

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
    "redelivered": "Redelivered",
    "rejected": "Rejected",
}


def metrics(stack: str, outputs: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The metric behind each field of Processed."""
    own = {field: _metric(NAMESPACE, name, Stack=stack) for field, name in _OWN.items()}
    rule = {"RuleName": outputs["IngestRule"], "ActionType": "S3"}
    function = {"FunctionName": outputs["ProcessorFunction"]}
    return {
        **own,
        "lost_messages": _metric("AWS/IoT", "ErrorActionFailure", **rule),
        "lost_batches": _metric(
            "AWS/Lambda", "DestinationDeliveryFailures", **function
        ),
    }


def _metric(namespace: str, name: str, **of: str) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in of.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}


def read(
    cloudwatch: Any, stack: str, outputs: Mapping[str, str], days: int, now_s: float
) -> Processed:
    """The sums of the last *days* up to *now_s*, seconds since the epoch."""
    asked = metrics(stack, outputs)
    queries = [
        {"Id": field, "MetricStat": {"Metric": metric, "Period": HOUR_S, "Stat": "Sum"}}
        for field, metric in asked.items()
    ]
    hour = int(now_s) - int(now_s) % HOUR_S
    until = datetime.fromtimestamp(hour + HOUR_S, timezone.utc)
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries,
        StartTime=until - timedelta(days=days),
        EndTime=until,
    )
    sums = dict.fromkeys(asked, 0.0)
    for field, values in _results(pages):
        sums[field] += sum(values)
    return Processed(**{field: round(total) for field, total in sums.items()})


def _results(pages: Any) -> Iterator[tuple[str, list[float]]]:
    for page in pages:
        for one in page["MetricDataResults"]:
            yield one["Id"], one["Values"]
