"""Requests for CloudWatch metrics of the stream and the processor: pure."""

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


def metric_data_request(
    metrics: Mapping[str, Metric], stream: str, processor: str, start_s: int, end_s: int
) -> dict[str, Any]:
    """Return a GetMetricData request for the minutes of *metrics* by name."""
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
    dimensions = (
        {"StreamName": stream}
        if namespace == "AWS/Kinesis"
        else {"FunctionName": processor}
    )
    return query(name, metric, dimensions, MINUTE_S)


def query(
    name: str, metric: Metric, dimensions: Mapping[str, str], period_s: int
) -> dict[str, Any]:
    """Return the query of a metric with *dimensions*, whose result has id *name*."""
    namespace, metric_name, statistic = metric
    metric_spec = {
        "Namespace": namespace,
        "MetricName": metric_name,
        "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
    }
    return {
        "Id": name,
        "MetricStat": {"Metric": metric_spec, "Period": period_s, "Stat": statistic},
    }


def minutes(answer: Mapping[str, Any]) -> dict[str, dict[int, float]]:
    """Return the values of each metric by the start of the minute (s)."""
    return {one["Id"]: _values(one) for one in answer["MetricDataResults"]}


def incomplete_metrics(names: Iterable[str], results: Iterable[Any]) -> dict[str, str]:
    """Return the status of each of *names* whose result is not complete.

    Of *results*, over all pages, the last of each name counts; a missing `StatusCode`
    means complete. A missing value is not zero.
    """
    statuses = dict.fromkeys(names, "absent")
    for one in results:
        statuses[one["Id"]] = one.get("StatusCode", COMPLETE)
    return {name: status for name, status in statuses.items() if status != COMPLETE}


def _values(result: Mapping[str, Any]) -> dict[int, float]:
    pairs = zip(result["Timestamps"], result["Values"])
    return {int(at.timestamp()): value for at, value in pairs}
