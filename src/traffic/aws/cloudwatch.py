"""What CloudWatch is asked about the stream of readings and its processor: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ..timestamps import MINUTE_S

# Namespace, metric, statistic.
Metric = tuple[str, str, str]
INCOMING_RECORDS: Metric = ("AWS/Kinesis", "IncomingRecords", "Sum")
INCOMING_BYTES: Metric = ("AWS/Kinesis", "IncomingBytes", "Sum")
THROTTLED: Metric = ("AWS/Kinesis", "WriteProvisionedThroughputExceeded", "Sum")
ITERATOR_AGE: Metric = ("AWS/Lambda", "IteratorAge", "Maximum")

COMPLETE = "Complete"


def asked(
    metrics: Mapping[str, Metric], stream: str, processor: str, start_s: int, end_s: int
) -> dict[str, Any]:
    """Return what GetMetricData takes, to tell the minutes of *metrics* by name."""
    return {
        "MetricDataQueries": [
            _query(name, metric, stream, processor) for name, metric in metrics.items()
        ],
        "StartTime": datetime.fromtimestamp(start_s, timezone.utc),
        "EndTime": datetime.fromtimestamp(end_s, timezone.utc),
        "ScanBy": "TimestampAscending",
    }


def _query(name: str, metric: Metric, stream: str, processor: str) -> dict[str, Any]:
    namespace = metric[0]
    whose = (
        {"StreamName": stream}
        if namespace == "AWS/Kinesis"
        else {"FunctionName": processor}
    )
    return query(name, metric, whose, MINUTE_S)


def query(
    name: str, metric: Metric, whose: Mapping[str, str], period_s: int
) -> dict[str, Any]:
    """Return the query of a metric with the dimensions *whose*, answered by *name*."""
    namespace, of, statistic = metric
    dimensions = [{"Name": key, "Value": value} for key, value in whose.items()]
    told = {"Namespace": namespace, "MetricName": of, "Dimensions": dimensions}
    return {
        "Id": name,
        "MetricStat": {"Metric": told, "Period": period_s, "Stat": statistic},
    }


def minutes(answer: Mapping[str, Any]) -> dict[str, dict[int, float]]:
    """Return the values of each metric by the second in which its minute begins."""
    return {one["Id"]: _values(one) for one in answer["MetricDataResults"]}


def not_whole(names: Iterable[str], results: Iterable[Any]) -> dict[str, str]:
    """Return what is said of each of *names* that is not told wholly.

    Of *results*, page after page, the last of a name counts; a lone answer may leave
    out that it is complete. What is not told is no zero.
    """
    said = dict.fromkeys(names, "absent")
    for one in results:
        said[one["Id"]] = one.get("StatusCode", COMPLETE)
    return {name: status for name, status in said.items() if status != COMPLETE}


def _values(result: Mapping[str, Any]) -> dict[int, float]:
    pairs = zip(result["Timestamps"], result["Values"])
    return {int(at.timestamp()): value for at, value in pairs}
