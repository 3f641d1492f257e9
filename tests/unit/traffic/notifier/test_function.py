"""The notifier publishes to the topic of those the event is for, then measures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from traffic.errors import PublishError
from traffic.notifier.aws import Topics
from traffic.notifier.function import NotifierPorts, notify
from traffic.notifier.notification import CONTROLLERS, ENGINEERS

from .events import RECEIVED_MS, jam, silence

ARNS = {CONTROLLERS: "arn:alerts", ENGINEERS: "arn:operations"}


class FakeSns:
    """Keeps what is published, and takes *took_ms* for it; or refuses it."""

    def __init__(self, refuses: bool = False, took_ms: int = 0) -> None:
        self.published: list[dict[str, str]] = []
        self.now_ms, self._refuses, self._took_ms = RECEIVED_MS, refuses, took_ms

    def publish(self, **request: str) -> dict[str, str]:
        if self._refuses:
            fault = {"Error": {"Code": "KMSAccessDenied", "Message": "no key"}}
            raise ClientError(fault, "Publish")  # type: ignore[arg-type] # as botocore makes it
        self.published.append(request)
        self.now_ms += self._took_ms
        return {"MessageId": str(len(self.published))}

    def ports(self) -> NotifierPorts:
        return NotifierPorts(Topics(self, ARNS), lambda: self.now_ms, "city")


@pytest.mark.parametrize(
    ("event", "topic", "subject"),
    [
        (jam(), "arn:alerts", "Congestion opened (severe): I-405 N, Los Angeles"),
        (silence(), "arn:operations", "Sensors silent (opened): West"),
    ],
)
def test_each_event_goes_to_its_own_topic_with_a_subject(
    event: dict[str, Any], topic: str, subject: str
) -> None:
    sns = FakeSns()
    notify(event, sns.ports())

    (request,) = sns.published
    assert (request["TopicArn"], request["Subject"]) == (topic, subject)
    assert request["Message"].startswith(subject.split(maxsplit=1)[0])
    assert set(request) == {"TopicArn", "Subject", "Message"}


def test_an_alert_is_late_by_the_time_from_its_reading_until_sns_took_it() -> None:
    printed = json.loads(notify(jam(), FakeSns(took_ms=1_700).ports()) or "")

    assert printed["AlertLatencyMs"] == 1_700
    (metrics,) = printed["_aws"]["CloudWatchMetrics"]
    assert metrics["Metrics"] == [{"Name": "AlertLatencyMs", "Unit": "Milliseconds"}]
    assert metrics["Dimensions"] == [["Stack"]]
    assert (printed["Stack"], printed["_aws"]["Timestamp"]) == (
        "city",
        RECEIVED_MS + 1_700,
    )


def test_sensor_health_is_held_to_no_latency() -> None:
    assert notify(silence(), FakeSns().ports()) is None


def test_what_sns_refuses_is_an_error_so_that_lambda_tries_again() -> None:
    with pytest.raises(PublishError, match=r"topic arn:alerts: .*KMSAccessDenied"):
        notify(jam(), FakeSns(refuses=True).ports())


def test_an_event_that_comes_twice_is_published_twice() -> None:
    sns = FakeSns()
    for _ in range(2):
        notify(jam(), sns.ports())

    assert len(sns.published) == 2
    assert sns.published[0] == sns.published[1]


def test_people_read_speeds_in_the_unit_of_the_city() -> None:
    sns = FakeSns()
    notify(jam(), sns.ports()._replace(unit="mph"))

    assert ", 13 of 31 mph (level" in sns.published[0]["Message"]
