"""A processor that stops is not a city of broken sensors, and closes no alert."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.sensor_health.processor_lag import is_behind, span_s
from traffic.sensor_health.sweep import log_lines
from traffic.sensor_health.thresholds import BEHIND_MS, FIGURES_MS

from ..processor.city import Line
from ..segment.builders import message, ms, reading, records
from ..segment.test_laws import by_law
from .processor import ORDINARY_MS, Stopping
from .street import SILENT_S, Device, Watch, same, segments
from .world import World

NEVER = float("inf")
CITY = [f"s{n}" for n in range(400)]
DISTRICTS = {name: f"District {n // 20}" for n, name in enumerate(CITY)}
QUARTER = frozenset(CITY[::4])


def watched(street: Stopping, silent_s: float = SILENT_S) -> Watch:
    watch = Watch(street, silent_s)
    watch.is_held = street.is_held
    return watch


# The decision


NOW_S = 1_774_000_020
MINUTES = [span_s(NOW_S)[1] - 60 * n for n in range(1, 11)]  # the newest first


def test_ten_minutes_are_looked_at_and_the_running_one_is_among_them() -> None:
    start, end = span_s(NOW_S)

    assert (end - start, start % 60) == (FIGURES_MS // 1000, 0)
    assert end - 60 <= NOW_S < end


@pytest.mark.parametrize(
    ("age_ms", "expected"), [(BEHIND_MS, False), (BEHIND_MS + 1, True)]
)
@pytest.mark.parametrize("minute", MINUTES)
def test_a_batch_that_waited_for_long_says_so_for_ten_minutes(
    minute: int, age_ms: float, expected: bool
) -> None:
    ages = {**dict.fromkeys(MINUTES, ORDINARY_MS), minute: age_ms}

    assert is_behind(dict.fromkeys(MINUTES, 100), ages, NOW_S) is expected


@pytest.mark.parametrize(("unread", "expected"), [(3, False), (4, True), (10, True)])
def test_who_reads_nothing_of_what_came_three_minutes_ago_is_behind(
    unread: int, expected: bool
) -> None:
    """The running minute, and the two of which there may be no figures yet."""
    ages = dict.fromkeys(MINUTES[unread:], ORDINARY_MS)

    assert is_behind(dict.fromkeys(MINUTES, 100), ages, NOW_S) is expected


def test_a_stream_that_nothing_comes_into_is_not_waited_for() -> None:
    old = dict.fromkeys(MINUTES[5:], 100.0)

    assert not is_behind({}, {}, NOW_S)
    assert not is_behind(dict.fromkeys(MINUTES, 0), {}, NOW_S)
    assert not is_behind(old, old, NOW_S)


# A city of 400 segments


def test_a_blocked_shard_of_a_city_is_no_fault_of_a_sensor() -> None:
    street = Stopping(segments(CITY), DISTRICTS, 600, 1_300, QUARTER)
    blind = Watch(street).run(0, 3_000)

    watch = watched(street).run(0, 3_000)

    assert watch.told() == []
    assert len(blind.told("opened")) == len(QUARTER)


def test_a_processor_that_is_off_is_one_fleet_that_is_silent_and_no_fault() -> None:
    street = Stopping(segments(CITY), DISTRICTS, 600, 2_000, is_off=True)

    watch = watched(street).run(0, 600 + SILENT_S)
    assert watch.figures("FleetSilent", "SegmentsSilent") == (1, 400)
    watch.run(660 + SILENT_S, 4_000)

    assert watch.told() == []
    assert watch.figures("FleetSilent", "SegmentsSilent") == (0, 0)


def test_a_fleet_that_is_silent_indeed_is_found_in_its_time() -> None:
    street = Stopping(segments(CITY, silences=[(600, NEVER)]), DISTRICTS)

    watch = watched(street).run(0, 600 + SILENT_S)

    assert watch.told() == ["opened fleet:city"]
    assert watch.figures("FleetSilent") == (1,)


def test_what_fell_silent_while_the_processor_was_behind_is_found_after_it() -> None:
    street = Stopping(segments(CITY), DISTRICTS, 600, 1_300, QUARTER)
    dead = next(one for one in street.devices if one.segment in QUARTER)
    dead.silences = [(900, NEVER)]

    watch = watched(street).run(0, 3_600)

    ((at, what, where),) = watch.log
    assert (what, where) == ("opened", f"sensor:{dead.segment}/{dead.name}")
    assert abs(at - (1_300 + FIGURES_MS / 1000)) <= 60


def test_open_faults_stay_while_it_is_behind_and_end_by_a_reading() -> None:
    devices = segments(CITY[:4])
    devices[0].silences = [(300, NEVER)]
    devices[2].silences = [(300, 1_100)]
    street = Stopping(devices, {}, 900, 3_000, frozenset(CITY[2:4]))

    watch = watched(street).run(0, 1_080)
    assert watch.open() == ["sensor:s0/s01/silent", "sensor:s1/s11/silent"]
    watch.run(1_140, 2_940)

    assert watch.open() == ["sensor:s0/s01/silent"]
    assert watch.told("closed") == ["closed sensor:s1/s11"]


def test_what_sensors_say_is_judged_all_the_same() -> None:
    stuck = Device("a", says=same(vehicle_count=9, speed=5.0, occupancy=0.3))
    watch = Watch(Stopping([stuck, Device("b")]))
    watch.is_held = lambda _: True

    watch.run(0, 4_200)

    assert watch.open() == ["sensor:s/a/stuck"]


@by_law
@given(
    st.sampled_from([1, 20, 60, 80, 100, 300, 900]),
    st.sampled_from([120, 180, 300, 600]),
    st.integers(0, 119),
    st.integers(0, 59),
    st.integers(10, 4_000),
    st.booleans(),
)
def test_no_sensor_that_speaks_is_ever_told_silent_however_the_processor_stops(
    interval: int, silent: int, after: int, phase: int, lasts: int, is_off: bool
) -> None:
    start = 3 * interval + 600 + after
    street = Stopping(
        [
            Device("a", "s", interval_s=interval, phase_s=phase / 60 * interval),
            Device("b", "t", interval_s=20),
        ],
        {},
        start,
        start + lasts,
        frozenset("s"),
        is_off,
    )

    watch = watched(street, silent).run(3 * interval, start + lasts + 1_200)

    assert watch.told() == []


# A whole sweep


JAM = [message(reading("a", s, speed=5)) for s in (0, 1)]


def jammed() -> World:
    world = World("jam")
    assert not world.process(records(*JAM, segment="jam"))["batchItemFailures"]
    return world


def blocked(world: World, until_s: int = 700) -> World:
    """Its readings come in, a batch of them is tried again and again."""
    for minute in range(0, until_s, 60):
        world.cloudwatch.minutes["records"][minute] = 4.0
        world.cloudwatch.minutes["age_ms"][minute] = (minute + 60) * 1000.0
    return world


def off(world: World) -> World:
    """Its readings come in, and no batch is tried."""
    blocked(world)
    world.cloudwatch.minutes["age_ms"] = {0: ORDINARY_MS}
    return world


@pytest.mark.parametrize("how", [blocked, off])
def test_a_jam_whose_readings_wait_keeps_its_one_alert(how: Any) -> None:
    world = how(jammed())
    before = world.whole()

    sweep = world.sweep(700)

    assert sweep.failed == {}
    assert world.whole() == before
    assert sweep.figures["ProcessorBehind"] == 1
    assert sweep.figures["AlertsClosedBySilence"] == 0
    assert sweep.figures["FleetSilent"] == 1

    backlog = [message(reading("a", s, speed=5)) for s in range(60, 701, 20)]
    world.process(records(*backlog, segment="jam", first=90))
    world.cloudwatch.minutes["age_ms"] = dict.fromkeys(range(0, 1_400, 60), ORDINARY_MS)
    world.sweep(760)

    assert [row["alert_status"] for row in world.rows("alerts")] == ["open"]
    assert [event["transition"] for event in world.bus.events] == ["opened"]


def test_a_fleet_of_which_nothing_comes_in_rings_and_is_put_to_rest() -> None:
    world = jammed()
    world.cloudwatch.minutes = {"records": {0: 2.0}, "age_ms": {0: ORDINARY_MS}}

    sweep = world.sweep(700)

    assert (sweep.figures["FleetSilent"], sweep.figures["ProcessorBehind"]) == (1, 0)
    assert sweep.figures["AlertsClosedBySilence"] == 1


@pytest.mark.parametrize("how", ["throttle", "no answer", "InternalError"])
def test_figures_that_cannot_be_read_put_nothing_to_rest_and_fail_the_sweep(
    how: str,
) -> None:
    world, line = jammed(), Line()
    if how == "InternalError":
        world.cloudwatch.status = how
    else:
        line = Line(fail_at=2, how=how)
    before = world.whole()

    sweep = world.sweep(700, line)

    assert line.calls[1] == "get_metric_data"
    assert world.whole() == before
    ((fault, times),) = sweep.failed.items()
    assert fault.startswith("cloudwatch: ")
    assert times == 1
    lines = [json.loads(one) for one in log_lines(sweep, "city", ms(700))]
    assert "ProcessorBehind" not in lines[0]
    assert lines[0]["SensorsKnown"] == 1
    assert lines[1]["event"] == "health.refused"
