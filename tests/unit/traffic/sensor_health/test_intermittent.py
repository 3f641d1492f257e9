"""What comes and goes is one fault, however often it goes."""

from __future__ import annotations

import math

from .street import Device, Street, Watch

HOUR = 3_600
GAPS = [(HOUR * n, HOUR * n + 1_200) for n in range(1, 11)]


def flapping(*others: Device, gaps: list[tuple[float, float]] = GAPS) -> Watch:
    return Watch(Street([Device("a", silences=list(gaps)), *others]))


def test_a_sensor_that_goes_ten_times_in_ten_hours_is_one_fault() -> None:
    watch = flapping(Device("b")).run(0, 12 * HOUR)

    assert watch.open() == ["sensor:s/a/intermittent"]
    assert watch.told() == [
        "opened sensor:s/a",  # the first time it is only silent
        "closed sensor:s/a",
        "opened sensor:s/a",
    ]


def test_it_is_over_when_it_was_heard_for_six_hours_without_a_gap() -> None:
    watch = flapping(Device("b")).run(0, 16 * HOUR)
    assert watch.open() == ["sensor:s/a/intermittent"]

    watch.run(16 * HOUR + 60, 17 * HOUR)

    assert watch.open() == []
    assert len(watch.told("opened")) == 2


def test_what_goes_for_good_is_silent_in_the_end() -> None:
    gone = [*GAPS[:2], (4 * HOUR, math.inf)]
    watch = flapping(Device("b"), gaps=gone).run(0, 9 * HOUR)
    assert watch.open() == ["sensor:s/a/intermittent"]

    watch.run(9 * HOUR + 60, 11 * HOUR)

    assert watch.open() == ["sensor:s/a/silent"]


def test_a_segment_that_comes_and_goes_is_one_fault_without_its_sensors() -> None:
    watch = flapping(Device("b", silences=list(GAPS))).run(0, 12 * HOUR)

    assert watch.open() == ["segment:s/intermittent"]
    assert watch.told("opened") == ["opened segment:s"] * 2


def test_a_lost_memory_does_not_end_it_too_soon() -> None:
    watch = flapping(Device("b")).run(0, 4 * HOUR)

    watch.forget()
    watch.run(4 * HOUR + 60, 9 * HOUR)

    assert watch.open() == ["sensor:s/a/intermittent"]
    assert len(watch.told("opened")) == 2


def test_it_is_dismissed_until_it_speaks() -> None:
    gone = [*GAPS[:2], (4 * HOUR, 8 * HOUR)]
    watch = flapping(Device("b"), gaps=gone).run(0, 4 * HOUR + 1_200)
    (fault_id,) = [one for one in watch.rows if "intermittent" in one]

    watch.dismiss(fault_id, 4 * HOUR + 1_200)
    watch.run(4 * HOUR + 1_260, 7 * HOUR)

    assert watch.open() == []
    assert watch.figures("SensorsKnown") == (1,)
