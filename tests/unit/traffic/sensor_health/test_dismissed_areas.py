"""A district or fleet that was taken off the street goes with what is silent of it."""

from __future__ import annotations

from trafficctl.sensors import health

from ..segment.builders import message, ms, reading, records
from .street import Street, Watch, segments
from .world import World

NEVER = float("inf")
HOUR = 3_600
TRIAL = [f"t{n}" for n in range(20)]
REAL = ["r0", "r1", "r2", "r3"]


def after_a_trial(**silences: tuple[float, float]) -> Watch:
    """A trial that stopped at 600 s, and a fifth as many real segments from 1 h on.

    They have been watched for two hours; *silences* are those of real segments.
    """
    trial = segments(TRIAL, silences=[(600, NEVER)])
    real = segments(REAL, phase_s=HOUR)
    for device in real:
        if device.segment in silences:
            device.silences = [silences[device.segment]]
    return Watch(Street(trial + real)).run(0, 2 * HOUR)


def dismiss(watch: Watch, at_s: float, subject: str = "fleet:city") -> None:
    """Dismiss the fault of *subject* that stands open."""
    (fault_id,) = [
        fault_id
        for fault_id, fault in watch.rows.items()
        if fault.standing == "open" and fault_id.startswith(f"{subject}/")
    ]
    watch.dismiss(fault_id, at_s)


def test_a_trial_that_stopped_silences_a_city_until_it_is_dismissed() -> None:
    watch = after_a_trial()
    assert watch.figures("FleetSilent", "SensorsKnown") == (1, 48)

    dismiss(watch, 2 * HOUR + 30)
    watch.run(2 * HOUR + 60, 4 * HOUR)

    assert watch.figures("FleetSilent", "SensorsKnown", "SensorsSilent") == (0, 8, 0)
    assert watch.open() == []
    assert watch.told() == ["opened fleet:city"]


def test_what_falls_silent_after_it_is_listed() -> None:
    watch = after_a_trial(r0=(3 * HOUR, NEVER))

    dismiss(watch, 2 * HOUR + 30)
    watch.run(2 * HOUR + 60, 4 * HOUR)

    assert watch.open() == ["segment:r0/silent"]


def test_what_died_while_the_trial_hid_it_is_listed_too() -> None:
    watch = after_a_trial(r0=(5_400, NEVER))
    assert watch.open() == ["fleet:city/silent"]

    dismiss(watch, 2 * HOUR + 30)
    watch.run(2 * HOUR + 60, 3 * HOUR)

    assert watch.open() == ["segment:r0/silent"]
    assert watch.figures("FleetSilent", "SensorsKnown", "SensorsSilent") == (0, 8, 2)


def test_a_lost_memory_does_not_bring_it_back() -> None:
    watch = after_a_trial()
    dismiss(watch, 2 * HOUR + 30)

    watch.forget()
    watch.run(2 * HOUR + 60, 4 * HOUR)

    assert watch.told() == ["opened fleet:city"]
    assert watch.figures("FleetSilent", "SensorsKnown") == (0, 8)


def test_a_fleet_that_fails_after_it_is_an_outage_of_its_own() -> None:
    watch = after_a_trial(**dict.fromkeys(REAL, (3 * HOUR, NEVER)))

    dismiss(watch, 2 * HOUR + 30)
    watch.run(2 * HOUR + 60, 4 * HOUR)

    assert watch.open() == ["fleet:city/silent"]
    assert watch.figures("FleetSilent", "SensorsKnown") == (1, 8)

    dismiss(watch, 4 * HOUR + 30)
    watch.run(4 * HOUR + 60, 5 * HOUR)

    assert watch.figures("FleetSilent", "SensorsKnown") == (0, 0)
    standing = [fault.standing for fault in watch.rows.values()]
    assert standing == [None, "dismissed"]


def test_a_sensor_that_reports_again_counts_again() -> None:
    watch = after_a_trial()
    dismiss(watch, 2 * HOUR + 30)
    for device in watch.street.devices:
        if device.segment == "t0":
            device.silences = [(600, 3 * HOUR), (5 * HOUR, NEVER)]

    watch.run(2 * HOUR + 60, 4 * HOUR)
    assert watch.figures("SensorsKnown", "SensorsSilent") == (10, 0)

    watch.run(4 * HOUR + 60, 6 * HOUR)
    assert watch.open() == ["segment:t0/silent"]


def test_when_all_of_it_speaks_it_is_over() -> None:
    watch = after_a_trial()
    dismiss(watch, 2 * HOUR + 30)
    for device in watch.street.devices:
        if device.segment in TRIAL:
            device.silences = [(600, 3 * HOUR)]

    watch.run(2 * HOUR + 60, 4 * HOUR)

    assert [fault.standing for fault in watch.rows.values()] == [None]
    assert watch.figures("FleetSilent", "SensorsKnown") == (0, 48)


def test_what_was_listed_for_itself_stays_listed() -> None:
    early = segments(["w0"], silences=[(600, NEVER)])
    rest = segments(["w1", "w2", "w3"], silences=[(2 * HOUR, NEVER)])
    east = segments(["e0", "e1", "e2", "e3"])
    names = {one.segment: "West" for one in early + rest}
    watch = Watch(Street(early + rest + east, names)).run(0, 3 * HOUR)
    assert watch.open() == ["district:West/silent", "segment:w0/silent"]

    dismiss(watch, 3 * HOUR + 30, "district:West")
    watch.run(3 * HOUR + 60, 5 * HOUR)

    assert watch.open() == ["segment:w0/silent"]
    assert watch.figures("SensorsKnown", "DistrictsSilent") == (10, 0)


def test_in_the_table_it_is_told_once_and_forgotten_when_all_have_spoken() -> None:
    names = ("a", "b")
    world = World(*names)
    for name in names:
        world.process(records(message(reading(name, speed=50)), segment=name))
    assert world.sweep(700).figures["FleetSilent"] == 1
    (row,) = world.faults()

    health.dismiss(world.dynamodb, "faults", row["fault_id"], ms(720))
    after = world.sweep(760)
    assert (after.figures["FleetSilent"], after.figures["SensorsKnown"]) == (0, 0)
    assert world.faults()[0]["open_flag"] == "dismissed"
    for first, name in enumerate(names, 70):
        back = message(reading(name, 860, speed=50))
        world.process(records(back, segment=name, first=first))
    assert world.sweep(880).figures["SensorsKnown"] == 2

    (row,) = world.faults()
    assert "open_flag" not in row
    told = [event["transition"] for event in world.bus.events if "kind" in event]
    assert told == ["opened", "closed"]
