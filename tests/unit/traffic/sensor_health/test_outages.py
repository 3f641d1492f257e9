"""One network that fails is one fault; many sensors that fail are many."""

from __future__ import annotations

import pytest

from traffic.sensor_health.faults import explains

from .street import SILENT_S, Device, Street, Watch, segments

NEVER = float("inf")
WEST, EAST = ["w1", "w2", "w3", "w4", "w5"], ["e1", "e2", "e3", "e4", "e5"]
DISTRICTS = {name: "West" if name in WEST else "East" for name in WEST + EAST}


def city(**silences: tuple[float, float]) -> Street:
    """Ten segments of two districts, two sensors each; silences by segment."""
    devices = segments(WEST + EAST)
    for device in devices:
        span = silences.get(device.segment) or silences.get(device.name)
        device.silences = [span] if span else []
    return Street(devices, DISTRICTS)


def out(names: list[str], start: float = 600, end: float = NEVER) -> Street:
    return city(**dict.fromkeys(names, (start, end)))


@pytest.mark.parametrize(
    ("street", "expected"),
    [
        (out(WEST + EAST), ["fleet:city"]),
        (out(WEST), ["district:West"]),
        (out(["w1"]), ["segment:w1"]),
        (out(["w1", "e1"]), ["segment:w1", "segment:e1"]),
        (out(["w11"]), ["sensor:w1/w11"]),
        (out(["w11", "e12"]), ["sensor:w1/w11", "sensor:e1/e12"]),
    ],
    ids=["fleet", "district", "segment", "segments", "sensor", "sensors"],
)
def test_the_fault_is_at_the_highest_level_that_explains_it(
    street: Street, expected: list[str]
) -> None:
    watch = Watch(street).run(0, 3_600)

    assert watch.told() == [f"opened {name}" for name in expected]


def test_nine_in_ten_are_an_outage_and_the_tenth_is_a_survivor() -> None:
    watch = Watch(city(**dict.fromkeys(["w1", "w2", "w3", "w4", "w51"], (600, NEVER))))

    watch.run(0, 3_600)

    assert watch.told() == ["opened district:West"]


def test_eight_in_ten_are_many_faults() -> None:
    watch = Watch(out(WEST[:4])).run(0, 3_600)

    assert watch.told() == [f"opened segment:{name}" for name in WEST[:4]]


def test_a_single_segment_is_no_district_that_fails() -> None:
    street = Street(segments(["w1", "e1"]), {"w1": "West", "e1": "East"})
    street.devices[0].silences = street.devices[1].silences = [(600, NEVER)]

    assert Watch(street).run(0, 1_200).told() == ["opened segment:w1"]


def test_segments_without_a_district_are_of_the_city_alone() -> None:
    street = Street(segments(["a", "b"], silences=[(600, NEVER)]))

    assert Watch(street).run(0, 1_200).told() == ["opened fleet:city"]


def test_a_fault_tells_how_many_sensors_it_affects_and_since_when() -> None:
    watch = Watch(out(WEST)).run(0, 1_200)

    (fault,) = watch.rows.values()
    assert (fault.sensors, fault.duration_s) == (10, None)
    assert fault.detected_at - fault.since == SILENT_S * 1000


def test_when_all_are_back_the_outage_is_over_and_nothing_else_was_told() -> None:
    watch = Watch(out(WEST, 600, 3_000)).run(0, 6_000)

    assert watch.told() == ["opened district:West", "closed district:West"]


def test_stragglers_have_time_to_come_back_before_they_are_listed() -> None:
    street = out(WEST, 600, 3_000)
    late = [device for device in street.devices if device.segment in ("w1", "w2")]
    for device in late:
        device.silences = [(600, 3_000 + SILENT_S - 60)]

    watch = Watch(street).run(0, 6_000)

    assert watch.told() == ["opened district:West", "closed district:West"]


def test_what_stays_silent_after_an_outage_is_listed_by_itself() -> None:
    street = out(WEST, 600, 3_000)
    street.devices[0].silences = [(600, NEVER)]

    watch = Watch(street).run(0, 6_000)

    assert watch.told()[2:] == ["opened sensor:w1/w11"]
    opened = next(at for at, _, where in watch.log if where == "sensor:w1/w11")
    closed = next(at for at, what, _ in watch.log if what == "closed")
    assert opened - closed == SILENT_S


def test_what_was_broken_before_an_outage_stays_listed_through_it() -> None:
    street = out(WEST, 9_000, 12_000)
    street.devices[0].silences = [(600, NEVER)]

    watch = Watch(street).run(0, 15_000)

    assert watch.told() == [
        "opened sensor:w1/w11",
        "opened district:West",
        "closed district:West",
    ]
    assert watch.open() == ["sensor:w1/w11/silent"]


def test_what_has_long_been_broken_is_no_part_of_an_outage() -> None:
    """Two segments dead for days and a third one today are not a district's network."""
    street = Street(segments(WEST[:3]), dict.fromkeys(WEST, "West"))
    for device in street.devices:
        device.silences = [(9_000 if device.segment == "w3" else 600, NEVER)]
    street.devices += segments(["e1", "e2", "e3"])

    watch = Watch(street).run(0, 12_000)

    assert watch.told() == [f"opened segment:{n}" for n in ("w1", "w2", "w3")]


def test_an_outage_outlasts_the_hour_that_makes_a_fault_an_old_one() -> None:
    watch = Watch(out(WEST)).run(0, 4 * 3_600)

    assert watch.told() == ["opened district:West"]


def test_sensors_to_and_fro_do_not_open_and_close_an_outage() -> None:
    street = out(WEST)
    street.devices[0].silences = [(600 + n * 800, 1_300 + n * 800) for n in range(9)]

    watch = Watch(street).run(0, 7_000)

    assert [what for what in watch.told() if "district" in what] == [
        "opened district:West"
    ]


def test_a_district_that_fails_while_the_fleet_is_out_is_part_of_it() -> None:
    watch = Watch(out(WEST + EAST)).run(0, 1_200)

    assert watch.open() == ["fleet:city/silent"]
    assert watch.figures("SegmentsSilent", "DistrictsSilent", "FleetSilent") == (
        10,
        2,
        1,
    )


def test_a_fleet_that_is_out_for_days_is_told_of_once_a_day() -> None:
    watch = Watch(out(WEST + EAST)).run(0, 2 * 86_400 + 3_600, step_s=600)

    assert watch.told() == ["opened fleet:city", *["reminded fleet:city"] * 2]


def test_a_district_that_no_road_names_any_more_is_over() -> None:
    street = out(WEST)
    watch = Watch(street).run(0, 1_200)
    street.districts = dict.fromkeys(DISTRICTS, "East")

    watch.run(1_260, 1_260)

    assert watch.told("closed") == ["closed district:West"]
    assert watch.open() == [f"segment:{name}/silent" for name in WEST]


def test_a_lost_memory_during_an_outage_changes_nothing() -> None:
    watch = Watch(out(WEST)).run(0, 1_200)

    watch.forget()
    watch.run(1_260, 3_600)

    assert watch.told() == ["opened district:West"]


# Two sweeps at once


def test_a_sweep_that_began_earlier_does_not_end_what_a_later_one_found() -> None:
    watch = Watch(out(["w1"])).run(0, 600 + SILENT_S)
    watch.street.devices[0].silences = []

    watch.sweep(600 + SILENT_S - 30)

    assert watch.open() == ["segment:w1/silent"]


def test_a_fault_that_two_sweeps_raised_is_one_again_with_the_next() -> None:
    watch = Watch(out(["w1"])).run(0, 1_200)
    ((key, fault),) = watch.rows.items()
    twin = type(fault)(
        **{**fault.__dict__, "since": fault.since + 7, "detected_at": fault.detected_at}
    )
    watch.rows[twin.fault_id] = twin

    watch.sweep(1_260)

    assert [one.fault_id for one in watch.rows.values() if one.standing] == [key]


# Dismissed


def test_a_sensor_that_was_dismissed_is_not_raised_again() -> None:
    watch = Watch(out(["w11"])).run(0, 1_200)
    watch.dismiss(next(iter(watch.rows)), 1_230)

    watch.run(1_260, 86_400, step_s=600)
    watch.forget()
    watch.run(86_460, 90_000)

    assert watch.told() == ["opened sensor:w1/w11"]
    assert watch.figures("SensorsKnown", "SensorsSilent") == (19, 0)


def test_a_dismissed_sensor_that_speaks_again_counts_again() -> None:
    street = city(w11=(600, 3_000))
    watch = Watch(street).run(0, 1_200)
    watch.dismiss(next(iter(watch.rows)), 1_230)
    watch.run(1_260, 3_600)
    assert watch.open() == []

    street.devices[0].silences.append((6_000, NEVER))
    watch.run(3_660, 9_000)

    assert watch.told() == ["opened sensor:w1/w11"] * 2
    assert watch.open() == ["sensor:w1/w11/silent"]


def test_a_dismissed_segment_takes_its_sensors_with_it() -> None:
    watch = Watch(out(["w1"])).run(0, 1_200)
    watch.dismiss(next(iter(watch.rows)), 1_230)

    watch.run(1_260, 3_600)

    assert watch.told() == ["opened segment:w1"]
    assert watch.figures("SensorsKnown", "SegmentsSilent") == (18, 0)


def test_what_is_left_of_a_segment_fails_as_the_segment() -> None:
    street = city(w11=(600, NEVER), w12=(6_000, NEVER))
    watch = Watch(street).run(0, 1_200)
    watch.dismiss(next(iter(watch.rows)), 1_230)

    watch.run(1_260, 9_000)

    assert watch.open() == ["segment:w1/silent"]


def test_a_broader_fault_explains_the_narrower_ones_of_its_own_place() -> None:
    watch = Watch(out(["w1"])).run(0, 1_200)
    (segment,) = watch.rows.values()
    street = out(["w1", "w21", "e11"])
    street.devices[0].silences = [(300, NEVER)]
    others = Watch(street).run(0, 1_200).rows.values()

    part = [one.subject for one in others if explains(segment, one)]

    assert part == ["w1/w11"]


def test_a_sweep_takes_only_so_much_upon_itself() -> None:
    devices = [Device(f"n{i}", f"s{i // 2}") for i in range(3_000)]
    for device in devices[::2]:
        device.silences = [(600, NEVER)]

    watch = Watch(Street(devices)).run(0, 600 + SILENT_S + 120)

    opened = [at for at, what, _ in watch.log if what == "opened"]
    first = 600 + SILENT_S
    assert [opened.count(first + 60 * n) for n in range(3)] == [1_000, 500, 0]
