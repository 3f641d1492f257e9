"""The figure that the alarm of a blind city rings by."""

from __future__ import annotations

import pytest

from .street import SILENT_S, Street, Watch, segments

NEVER = float("inf")


def test_the_fleet_is_silent_while_its_fault_stands_though_some_are_heard() -> None:
    """Nine in ten raise it; a feed that was restarted by hand does not hide it."""
    devices = segments([f"n{n}" for n in range(10)], silences=[(600, 3_000)])
    devices[0].silences = []
    watch = Watch(Street(devices)).run(0, 600 + SILENT_S - 60)
    assert watch.figures("FleetSilent", "SensorsSilent") == (0, 0)

    watch.sweep(600 + SILENT_S)
    assert watch.open() == ["fleet:city/silent"]
    assert watch.figures("FleetSilent", "SensorsSilent") == (1, 19)
    for device in devices[1:4]:
        device.silences = [(600, 1_000)]
    watch.run(960, 1_500)
    assert watch.figures("FleetSilent", "SensorsSilent") == (1, 16)
    watch.run(1_560, 3_060)

    assert watch.open() == []
    assert watch.figures("FleetSilent", "SensorsSilent") == (0, 0)


def test_under_nine_in_ten_the_fleet_is_not_silent() -> None:
    devices = segments([f"n{n}" for n in range(10)], silences=[(600, NEVER)])
    devices[0].silences = devices[1].silences = devices[2].silences = []

    watch = Watch(Street(devices)).run(0, 1_200)

    assert watch.figures("FleetSilent", "SensorsSilent") == (0, 17)


def test_a_fleet_that_was_dismissed_to_the_last_sensor_but_silent_ones_is_silent() -> (
    None
):
    """All that is left are old faults, which say nothing of a network: still blind."""
    devices = segments(["n1", "n2"], silences=[(600, NEVER)])
    devices[2].silences = devices[3].silences = [(9_000, NEVER)]

    watch = Watch(Street(devices)).run(0, 9_900)

    assert watch.open() == ["segment:n1/silent", "segment:n2/silent"]
    assert watch.figures("FleetSilent") == (1,)


@pytest.mark.parametrize("survivors", [0, 1])
def test_an_outage_of_a_day_and_a_half_rings_throughout_and_floods_nobody(
    survivors: int,
) -> None:
    devices = segments([f"n{n}" for n in range(10)], silences=[(600, NEVER)])
    for device in devices[:survivors]:
        device.silences = []
    watch = Watch(Street(devices)).run(0, 1_200)

    for at_s in range(1_800, 36 * 3_600, 600):
        watch.sweep(at_s)
        assert watch.figures("FleetSilent") == (1,)

    assert watch.told() == ["opened fleet:city", "reminded fleet:city"]
