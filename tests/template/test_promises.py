"""The city is told when a promise is broken, where it is broken."""

from __future__ import annotations

import re

import pytest

from traffic.live_map.changes import TTL_MS
from traffic.processor.figures import LATEST_WRITE_MS, MAP_DELAY_MS, PROMISES_MS
from traffic.shard_scaler.decide import LATE_MS

from .alarms import ALARMS, given, kebab
from .printed import PRINTERS, printed_by
from .template import PATH

NAMES = {kebab(name): name for name in ALARMS}


@pytest.mark.parametrize(
    ("alarm", "metric", "limit_ms"),
    [
        ("freshness", "FreshnessMs", LATEST_WRITE_MS),
        ("alert-latency", "AlertLatencyMs", PROMISES_MS["AlertLatencyMs"]),
    ],
)
def test_a_promise_is_held_to_its_own_number(
    alarm: str, metric: str, limit_ms: int
) -> None:
    told = given(NAMES[alarm])

    assert (told["MetricName"], told["ExtendedStatistic"]) == (metric, "p99")
    assert told["ComparisonOperator"] == "GreaterThanThreshold"
    assert told["Threshold"] == limit_ms


def test_an_alarm_about_freshness_leaves_the_map_the_time_that_it_takes() -> None:
    poller = (PATH.parent / "src/traffic/live_map/web/app/poller.js").read_text()
    poll_ms = int(re.findall(r"POLL_MS = ([\d_]+)", poller)[0])

    assert TTL_MS + poll_ms <= MAP_DELAY_MS
    assert LATEST_WRITE_MS + MAP_DELAY_MS == PROMISES_MS["FreshnessMs"] == 10_000


def test_the_processor_is_behind_when_freshness_cannot_be_kept() -> None:
    assert given(NAMES["processor-behind"])["Threshold"] == PROMISES_MS["FreshnessMs"]
    assert PROMISES_MS["FreshnessMs"] == LATE_MS


def test_the_promises_are_those_that_the_city_was_given() -> None:
    assert PROMISES_MS == {"FreshnessMs": 10_000, "AlertLatencyMs": 30_000}


def test_alerts_are_held_to_their_promise_where_people_get_them_and_nowhere_else() -> (
    None
):
    senders = [name for name in PRINTERS if "AlertLatencyMs" in printed_by(name)]

    assert senders == ["Notifier"]
