"""On a day of 207 real detectors, only those are faulty that repeat themselves."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from traffic.model import Road
from traffic.sensor_health.suspects import Track, first_track, with_sample
from traffic.sensor_health.verdicts import fault_shown
from trafficctl.metr_la import WEEK_BEGIN, Week, free_flow_kmh, load_week, replay_rows

from .street import newest

STEP_S, HOURS = 300, 24


def repeating(week: Week) -> set[str]:
    """Detectors whose source has one speed for over an hour of that day."""
    steps = HOURS * 3_600 // STEP_S
    return {
        name
        for name, speeds in week.speeds.items()
        if max(len(list(run)) for _, run in groupby(speeds[:steps])) > 12
    }


def suspects(week: Week) -> dict[str, str]:
    """Kind of the first fault of each detector that shows one."""
    found: dict[str, str] = {}
    tracks: dict[str, Track] = {}
    roads = {
        name: Road(free_flow_speed=free_flow_kmh(speeds), lanes=4, known=True)
        for name, speeds in week.speeds.items()
    }
    for row in replay_rows(week, WEEK_BEGIN, HOURS, STEP_S):
        text, _, name, count, speed, _, share, interval = row
        at = int(datetime.fromisoformat(str(text)).timestamp() * 1000)
        slot = newest(at, count, speed, share, int(interval) * 1000)  # type: ignore[arg-type, call-overload]
        before = tracks.get(str(name))
        made = (
            first_track(slot, at, at)
            if before is None
            else with_sample(before, slot, roads[str(name)], at)
        )
        tracks[str(name)] = made
        shown = fault_shown(made)
        if shown is not None:
            found.setdefault(str(name), shown[0])
    return found


def test_only_detectors_that_repeat_one_speed_for_over_an_hour_are_suspect() -> None:
    week = load_week()

    found = suspects(week)

    assert set(found.values()) == {"stuck_speed"}
    assert set(found) == {"716960", "718072", "718076", "759602"}
    assert set(found) <= repeating(week)
