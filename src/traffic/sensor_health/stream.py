"""How far the processor is with the stream of readings, as CloudWatch has it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..aws import cloudwatch
from ..errors import MetricsError
from .processor_lag import is_behind, span_s

METRICS = {
    "records": cloudwatch.INCOMING_RECORDS,
    "age_ms": cloudwatch.ITERATOR_AGE,
}


class CloudWatchStream:
    """The figures of a stream and its processor, by one call a look."""

    def __init__(self, client: Any, stream: str, processor: str) -> None:
        self._client = client
        self._names = stream, processor

    def is_behind(self, now_ms: int) -> bool:
        """Return whether the processor is behind; raises MetricsError."""
        now_s = now_ms // 1000
        asked = cloudwatch.asked(METRICS, *self._names, *span_s(now_s))
        try:
            answer = self._client.get_metric_data(**asked)
        except (BotoCoreError, ClientError) as error:
            raise MetricsError(f"cloudwatch: {error}") from error
        left = cloudwatch.not_whole(METRICS, answer["MetricDataResults"])
        if left:
            said = ", ".join(f"{name} is {status}" for name, status in left.items())
            raise MetricsError(f"cloudwatch: {said}")
        found = cloudwatch.minutes(answer)
        return is_behind(found["records"], found["age_ms"], now_s)
