"""The pace of a publishing run, on a clock of the test's own."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.publisher import (
    RunTiming,
    SentReading,
    TimedMessage,
    payload,
    publish_when_due,
    unit_of,
    units_for,
    with_polling,
)
from trafficctl.publishing.tally import Run


class FakeMqtt:
    """Time passes only while it is polled; it can be full for a while."""

    def __init__(self, full_until: float = 0.0, slowness: float = 0.0) -> None:
        self.now = 100.0
        self.sent: list[tuple[float, str]] = []
        self.polls = 0
        self._full_until, self._slowness = 100.0 + full_until, slowness

    @property
    def full(self) -> bool:
        return self.now < self._full_until

    def publish(self, device_id: str, _message: MqttMessage) -> None:
        self.sent.append((round(self.now - 100.0, 6), device_id))
        self.now += self._slowness

    def poll(self, timeout_s: float) -> None:
        self.polls += 1
        self.now += timeout_s

    def clock(self) -> float:
        return self.now


def about(*seconds: float) -> Any:
    """Within the shortest wait, a millisecond."""
    return pytest.approx(list(seconds), abs=0.0021)


def timed(*due: float) -> list[TimedMessage]:
    return [
        TimedMessage(at, f"d{n}", MqttMessage(b"{}", 1)) for n, at in enumerate(due)
    ]


def test_each_message_leaves_when_it_is_due() -> None:
    mqtt = FakeMqtt()
    pace = publish_when_due(mqtt, timed(0.0, 0.5, 0.5, 2.0), mqtt.clock)
    assert [at for at, _ in mqtt.sent] == about(0.0, 0.5, 0.5, 2.0)
    assert [pace.seconds, pace.worst_lag_s] == about(2.0, 0.0)


def test_a_delay_is_made_up_for_and_not_added_up() -> None:
    mqtt = FakeMqtt(slowness=0.3)
    pace = publish_when_due(mqtt, timed(0.0, 0.1, 0.2, 3.0), mqtt.clock)
    assert [at for at, _ in mqtt.sent] == about(0.0, 0.3, 0.6, 3.0)
    assert [pace.worst_lag_s] == about(0.4)


def test_nothing_is_published_while_too_much_waits() -> None:
    mqtt = FakeMqtt(full_until=5.0)
    publish_when_due(mqtt, timed(0.0), mqtt.clock)
    assert mqtt.sent[0][0] >= 5.0


def test_the_display_is_refreshed_while_waiting() -> None:
    mqtt, seen = FakeMqtt(), []
    publish_when_due(mqtt, timed(1.0), mqtt.clock, seen.append)
    assert len(seen) >= 3
    assert all(later - sooner >= 0.25 for sooner, later in pairwise(seen))


def test_an_empty_run_ends_at_once() -> None:
    mqtt = FakeMqtt()
    assert publish_when_due(mqtt, [], mqtt.clock) == RunTiming(0.0, 0.0)


def test_connections_are_served_between_many_messages() -> None:
    mqtt = FakeMqtt()
    assert len(list(with_polling(mqtt, timed(*[0.0] * 100), every=10))) == 100
    assert mqtt.polls == 10


def test_an_absent_value_is_left_out_of_the_message() -> None:
    assert payload([SentReading("a", 5, 0)]) == (
        b'{"readings":[{"sensor_id":"a","timestamp":5,"vehicle_count":0}]}'
    )


def test_a_single_reading_may_travel_bare() -> None:
    assert payload([SentReading("a", 5, 1, 0.0)], bare=True) == (
        b'{"sensor_id":"a","timestamp":5,"vehicle_count":1,"average_speed":0.0}'
    )


def test_a_sensor_always_speaks_through_the_same_unit() -> None:
    assert {unit_of(f"s{n}", 4) for n in range(100)} == {1, 2, 3, 4}
    assert unit_of("s7", 4) == unit_of("s7", 4)
    assert unit_of("anything", 1) == 1


@pytest.mark.parametrize(
    ("connections", "units"), [(None, 1), (10, 1), (25, 2), (30, 3)]
)
def test_connections_are_shared_evenly(connections: int | None, units: int) -> None:
    assert units_for(connections, 10) == units


def test_fewer_connections_than_segments_are_refused() -> None:
    with pytest.raises(UserError, match="one for each segment"):
        units_for(9, 10)


def test_a_run_is_summed_up_as_plain_values() -> None:
    from trafficctl.publishing.publisher import Summary  # noqa: PLC0415 - only here

    summary = Summary(Run("r", 1, 2, 4, 100, 100, 0), RunTiming(2.0, 0.1), 0, 0)
    assert summary.as_json()["readings_per_second"] == 50.0
