"""A clock that is hours behind is reported; readings that were held back are not."""

from __future__ import annotations

import pytest

from traffic.sensor_health.clocks import describe_lag

from .bounds import latest_detection_ms
from .street import SILENT_S, Device, Street, Watch


def beside(**more: float) -> Watch:
    return Watch(Street([Device("a", **more), Device("b")]))  # type: ignore[arg-type]


@pytest.mark.parametrize("interval", [20, 60, 300])
def test_local_time_sent_as_utc_is_found_within_its_bound(interval: int) -> None:
    watch = beside(clock_s=-5 * 3_600, interval_s=interval)
    bound = latest_detection_ms("clock", interval * 1000, SILENT_S * 1000) / 1000

    watch.run(0, bound)

    assert watch.open() == ["sensor:s/a/clock"]
    (fault,) = watch.rows.values()
    assert fault.detail == "5 h 00 min behind: local time of UTC-05:00 sent as UTC?"
    assert watch.figures("SensorsSuspect", "SensorsSilent") == (1, 0)


def test_a_clock_that_was_set_is_no_fault_any_more() -> None:
    watch = beside(clock_s=-5 * 3_600).run(0, 6_000)
    watch.street.devices[0].clock_s = 0

    watch.run(6_060, 6_300)

    assert watch.told() == ["opened sensor:s/a", "closed sensor:s/a"]


def test_what_a_device_held_back_is_no_wrong_clock() -> None:
    """It was cut off for five hours, and sends a little faster than time goes by."""
    watch = beside(clock_s=-5 * 3_600)
    device = watch.street.devices[0]
    for at in range(0, 8 * 3_600, 60):
        device.clock_s = min(0.0, -5 * 3_600 + at * 0.1)
        watch.sweep(at)

    assert watch.told() == []


@pytest.mark.parametrize("late_s", [60, 900, 1_500])
def test_readings_that_come_a_while_late_are_no_wrong_clock(late_s: int) -> None:
    assert beside(clock_s=-late_s).run(0, 4 * 3_600).told() == []


def test_an_interval_named_by_its_beginning_is_no_wrong_clock() -> None:
    watch = beside(clock_s=-3_600, interval_s=3_600)

    assert watch.run(0, 24 * 3_600).told() == []


@pytest.mark.parametrize(
    ("lag_s", "words"),
    [
        (
            3 * 3_600 + 30 * 60,
            "3 h 30 min behind: local time of UTC-03:30 sent as UTC?",
        ),
        (2 * 3_600 + 7 * 60, "2 h 07 min behind"),
        (5 * 3_600 + 90, "5 h 02 min behind: local time of UTC-05:00 sent as UTC?"),
    ],
)
def test_the_offset_is_told_with_the_zone_it_suggests(lag_s: int, words: str) -> None:
    assert describe_lag(lag_s) == words
