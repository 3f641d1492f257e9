"""What a processor that is behind has not read yet is not lost, and never put twice."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.core.builders import ms
from traffic.health.limits import BEHIND_MS
from trafficctl.errors import CityError
from trafficctl.redriving.from_stream import look_whether_behind

NOW_MS = ms(3_600)
OUTPUTS = {"ReadingsStream": "readings", "ProcessorFunction": "processor"}


class CloudWatch:
    """Tells ages of batches, in ms, of the last minutes; or the *fault* it has."""

    def __init__(
        self, *ages_ms: float, status: str = "Complete", fault: str = ""
    ) -> None:
        self._ages_ms, self._status, self._fault = ages_ms, status, fault
        self.asked: list[dict[str, str]] = []

    def client(self, service: str, **_settings: Any) -> CloudWatch:
        assert service == "cloudwatch"
        return self

    def get_metric_data(self, **asked: Any) -> Any:
        told = [query["MetricStat"]["Metric"] for query in asked["MetricDataQueries"]]
        self.asked += [
            {one["MetricName"]: named["Value"]}
            for one in told
            for named in one["Dimensions"]
        ]
        if self._fault:
            error = {"Code": self._fault, "Message": "says the fake"}
            raise ClientError({"Error": error}, "GetMetricData")
        series = {"age_ms": self._ages_ms, "records": [100.0] * len(self._ages_ms)}
        return {
            "MetricDataResults": [
                {
                    "Id": name,
                    "StatusCode": self._status,
                    "Values": list(values),
                    "Timestamps": [_minute(n) for n in range(len(values))],
                }
                for name, values in series.items()
            ]
        }


def _minute(number: int) -> datetime:
    return datetime.fromtimestamp(NOW_MS / 1000 - 60 * (number + 1), timezone.utc)


def look(cloudwatch: CloudWatch, execute: bool) -> None:
    look_whether_behind(cloudwatch, OUTPUTS, NOW_MS, execute)


def test_nothing_is_put_while_the_processor_is_behind() -> None:
    with pytest.raises(CityError, match="the processor is behind") as refused:
        look(CloudWatch(500.0, BEHIND_MS + 1.0), execute=True)

    said = str(refused.value)
    assert "would be put in a second time" in said
    assert "kept up for 10 minutes (docs/runbooks/processor-behind.md)" in said


def test_a_look_while_it_is_behind_says_that_it_counts_too_much(
    capsys: pytest.CaptureFixture[str],
) -> None:
    look(CloudWatch(BEHIND_MS + 1.0), execute=False)

    assert "not read yet is counted as missing here" in capsys.readouterr().err


@pytest.mark.parametrize("execute", [False, True])
def test_a_processor_that_keeps_up_is_not_spoken_of(
    execute: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudwatch = CloudWatch(500.0, 800.0)

    look(cloudwatch, execute)

    assert capsys.readouterr() == ("", "")
    assert cloudwatch.asked == [
        {"IncomingRecords": "readings"},
        {"IteratorAge": "processor"},
    ]


@pytest.mark.parametrize("execute", [False, True])
def test_what_cloudwatch_does_not_tell_is_not_guessed(execute: bool) -> None:
    with pytest.raises(CityError, match=r"is not known .* wait until CloudWatch"):
        look(CloudWatch(500.0, status="InternalError"), execute)
    with pytest.raises(ClientError, match="AccessDenied"):
        look(CloudWatch(fault="AccessDenied"), execute)
