"""A sensor that says nothing is found in time, whatever its clock says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.sensor_health.last_heard import ScannedSegment
from traffic.sensor_health.thresholds import SWEEP_MS, patience_ms

from ..segment.builders import ms
from ..segment.test_laws import by_law
from .bounds import latest_detection_ms
from .street import SILENT_S, Device, Street, Watch

NEVER = float("inf")
CLOCKS = st.sampled_from([0, 0.4, 59, -30, -1_700])  # later ones are faults themselves
INTERVALS = st.sampled_from([1, 20, 60, 300, 900])


def lone(stops_s: float = NEVER, **more: Any) -> Device:
    return Device("a", silences=[(stops_s, NEVER)], **more)


def neighbour(**more: Any) -> Device:
    return Device("b", **more)


def test_a_sensor_is_silent_after_the_setting() -> None:
    watch = Watch(Street([lone(600), neighbour()])).run(0, 600 + SILENT_S - 60)
    assert watch.open() == []

    watch.sweep(600 + SILENT_S)

    assert watch.open() == ["sensor:s/a/silent"]
    (fault,) = watch.rows.values()
    assert fault.since == ms(600)
    assert fault.fault_id == f"sensor:s/a/silent@{ms(600)}"
    assert (fault.sensor_id, fault.segment_id) == ("a", "s")


def test_a_sensor_that_counts_for_long_is_given_three_of_its_intervals() -> None:
    street = Street([lone(600, interval_s=300), neighbour()])
    watch = Watch(street).run(0, 600 + 840)
    assert watch.open() == []

    assert watch.sweep(600 + 900).opened[0].key == ("sensor", "s/a", "silent")


def test_a_segment_whose_sensors_are_all_silent_is_one_fault() -> None:
    street = Street([lone(600), neighbour(silences=[(660, NEVER)])])
    watch = Watch(street).run(0, 600 + SILENT_S)
    assert watch.open() == ["sensor:s/a/silent"]

    watch.sweep(660 + SILENT_S)

    assert watch.open() == ["segment:s/silent", "sensor:s/a/silent"]
    assert watch.told() == ["opened sensor:s/a", "opened segment:s"]


def test_a_lone_sensor_is_its_segment() -> None:
    watch = Watch(Street([lone(600)])).run(0, 1_200)

    assert watch.open() == ["segment:s/silent"]
    assert watch.figures("SensorsKnown", "SensorsSilent") == (1, 1)
    assert watch.figures("SegmentsSilent", "FleetSilent") == (1, 1)


def test_a_sensor_that_returns_is_well_with_the_next_sweep() -> None:
    street = Street([Device("a", silences=[(600, 1_500)]), neighbour()])
    watch = Watch(street).run(0, 1_500)
    assert watch.open() == ["sensor:s/a/silent"]

    watch.sweep(1_560)

    assert watch.open() == []
    (fault,) = watch.rows.values()
    assert (fault.closed_at, fault.duration_s) == (ms(1_560), 960)


def test_a_sensor_that_returns_in_the_instant_of_the_sweep_leaves_no_fault() -> None:
    """The fault is raised on what the scan saw; the next one sees the return."""
    street = Street([Device("a", phase_s=0.001, silences=[(600, 900)]), neighbour()])
    watch = Watch(street).run(0, 900)
    assert watch.open() == ["sensor:s/a/silent"]

    watch.run(960, 1_800)

    assert watch.told() == ["opened sensor:s/a", "closed sensor:s/a"]
    assert watch.open() == []


def test_a_fault_of_its_next_silence_the_next_day_is_another_one() -> None:
    day = 86_400
    silences = [(600, 1_500), (day, day + 1_000)]
    street = Street([Device("a", silences=silences), neighbour()])

    watch = Watch(street).run(0, 2_000).run(day - 600, day + 4_000)

    assert watch.told() == ["opened sensor:s/a", "closed sensor:s/a"] * 2
    assert len(watch.rows) == 2


def test_a_device_that_repeats_an_old_reading_is_silent() -> None:
    """What it sends is a duplicate: the segment's receipt moves on, its reading not."""
    street = Repeating([lone(600)])

    watch = Watch(street).run(0, 1_200)

    assert watch.open() == ["segment:s/silent"]


class Repeating(Street):
    """Its devices send their last reading again and again."""

    def seen(self, at_s: float) -> list[ScannedSegment]:
        return [replace(one, received_at=ms(at_s)) for one in super().seen(at_s)]


def test_a_made_up_past_is_not_silence() -> None:
    """A replay sends yesterday's readings today."""
    street = Street([lone(clock_s=-80_000), neighbour(clock_s=-80_000)])

    watch = Watch(street).run(0, 3_600)

    assert watch.told() == []


def test_a_sensor_that_left_the_state_keeps_its_fault() -> None:
    street = Street([lone(600), neighbour()])
    watch = Watch(street).run(0, 1_200)
    street.devices.pop(0)

    watch.run(1_260, 1_800)

    assert watch.open() == ["sensor:s/a/silent"]


def test_a_segment_that_left_the_table_keeps_its_fault() -> None:
    street = Street([lone(600), Device("c", "t")])
    watch = Watch(street).run(0, 1_200)
    street.devices.pop(0)

    watch.run(1_260, 1_800)

    assert watch.open() == ["segment:s/silent"]


def test_a_lost_memory_raises_nothing_twice_and_ends_nothing() -> None:
    watch = Watch(Street([lone(600), neighbour()])).run(0, 1_200)

    watch.forget()
    watch.run(1_260, 1_800)

    assert watch.told() == ["opened sensor:s/a"]


def test_a_clock_that_is_hours_behind_is_no_silence_when_the_memory_is_lost() -> None:
    watch = Watch(Street([lone(clock_s=-3_600), neighbour()])).run(0, 600)

    watch.forget()
    watch.run(660, 1_800)

    assert watch.told() == []


def test_silence_that_began_with_a_lost_memory_is_found_after_a_whole_patience() -> (
    None
):
    watch = Watch(Street([lone(600), neighbour()])).run(0, 660)

    watch.forget()
    watch.run(720, 720 + SILENT_S)

    assert [(at, what) for at, what, _ in watch.log] == [(720 + SILENT_S, "opened")]


def test_sweeps_that_stood_still_do_not_make_a_city_silent() -> None:
    watch = Watch(Street([lone(), neighbour()])).run(0, 600)

    watch.run(9_000, 9_600)

    assert watch.told() == []


def test_a_silence_between_two_sweeps_far_apart_is_found_by_the_second() -> None:
    watch = Watch(Street([lone(700), neighbour()])).run(0, 600)

    watch.sweep(9_000)

    (fault,) = watch.rows.values()
    assert (fault.kind, fault.since) == ("silent", ms(660))


@by_law
@given(INTERVALS, INTERVALS, CLOCKS, CLOCKS, st.integers(0, 59), st.integers(2, 20))
def test_silence_is_found_within_its_bound_and_never_before_its_time(
    interval: int, other: int, clock: float, others: float, phase: int, after: int
) -> None:
    street = Street(
        [
            lone(interval_s=interval, clock_s=clock, phase_s=phase / 60 * interval),
            neighbour(interval_s=other, clock_s=others, phase_s=7),
        ]
    )
    watch = Watch(street)
    begin = 3 * max(interval, other) + phase
    stop = begin + after * interval
    watch.run(begin, stop)
    assert watch.told() == []

    street.devices[0].silences = [(stop, NEVER)]
    spoke = street.devices[0].speaks(stop)
    bound = latest_detection_ms("silent", interval * 1000, SILENT_S * 1000) / 1000
    watch.run(stop + SWEEP_MS / 1000, stop + bound + 60)

    assert spoke is not None
    (opened,) = [at for at, what, where in watch.log if where == "sensor:s/a"]
    patience = patience_ms(interval * 1000, SILENT_S * 1000) / 1000
    assert patience - SWEEP_MS / 1000 <= opened - spoke <= bound


@pytest.mark.parametrize("interval", [1, 60, 300])
def test_the_bound_is_the_patience_and_two_sweeps(interval: int) -> None:
    found = latest_detection_ms("silent", interval * 1000, SILENT_S * 1000)

    assert found == (max(SILENT_S, 3 * interval) + 2 * 60) * 1000
