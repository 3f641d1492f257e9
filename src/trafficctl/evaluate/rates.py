"""The same jams at several reporting intervals, with and without occupancy.

Hours of certain jam are taken from METR-LA's Monday to Wednesday and simulated vehicle
by vehicle (`trafficctl.simulate.vehicles`), with a sensor in each lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from statistics import fmean, median
from typing import NamedTuple

from traffic.model import Reading
from traffic.policy import Policy
from trafficctl.errors import UserError
from trafficctl.metr_la import (
    LANES,
    ROW_S,
    WEEK_BEGIN,
    Detector,
    Week,
    flow_per_lane,
    free_flow_kmh,
    speed_at,
)
from trafficctl.simulate.vehicles import LoopDetector, Traffic, TrafficAt

from .baseline import score
from .core import Segment
from .recorded import road_of

INTERVALS_S = (1, 2, 5, 10, 30, 60)
HOUR_S = 3_600
ROWS = HOUR_S // ROW_S
DAY_ROWS = 24 * ROWS
MONDAY, THURSDAY = 4, 7  # days after the start of the week, a Thursday
CERTAIN_SCORE = 55.0
GROUPS_KMH = ((0, 20), (20, 35), (35, 55))
EACH = 15  # jams of each group
LOOK_S = 10  # how often the live score is sampled


@dataclass(frozen=True)
class Jam:
    """An hour of jam at a detector; `score` is its true mean."""

    detector: Detector
    begin_s: int
    speed: float
    score: float


class JamOutcome(NamedTuple):
    """The core's result for a jam: alert delay, and whether it cleared too early."""

    delay_s: float | None
    cleared: bool
    score: float


@dataclass(frozen=True)
class JamRow:
    """The jams at one interval; delays in s from the jam's start, None if no alert.

    `score_error` is the mean absolute error of the mean live score.
    """

    interval_s: int
    occupancy: bool
    jams: int
    alerted: int
    delay_p50_s: float | None
    delay_max_s: float | None
    cleared_inside: int
    score_error: float


def certain_jams(week: Week) -> list[Jam]:
    """Each clock hour in which every five minutes are a jam."""
    jams = []
    for detector in week.detectors:
        speeds = week.speeds[detector.detector]
        free_flow = free_flow_kmh(speeds)
        for row in range(MONDAY * DAY_ROWS, THURSDAY * DAY_ROWS - ROWS, ROWS):
            hour = speeds[row : row + ROWS + 1]
            if score(max(hour), free_flow) < CERTAIN_SCORE:
                continue
            speed = fmean(  # interpolated as in the simulation
                (one + other) / 2 for one, other in pairwise(hour)
            )
            jams.append(Jam(detector, row * ROW_S, speed, score(speed, free_flow)))
    return jams


def sample_jams(jams: Sequence[Jam], each: int = EACH, seed: int = 1) -> list[Jam]:
    """`each` random jams of every speed group. UserError if there are none."""
    random = Random(seed)  # noqa: S311 - a choice of examples, no secret
    sample: list[Jam] = []
    for least, most in GROUPS_KMH:
        group = [jam for jam in jams if least <= jam.speed < most]
        sample += random.sample(group, min(each, len(group)))
    if not sample:
        raise UserError("no hour of certain jam found - is data/metr-la complete?")
    return sample


def lanes_of(detector: Detector, week: Week, begin_s: int) -> list[LoopDetector]:
    """The lanes of a detector from a second of the week on, seeded by its name."""
    speeds = week.speeds[detector.detector]
    state = state_of(speeds, begin_s)
    seeds = (f"{detector.detector} {begin_s} {lane}" for lane in range(LANES))
    return [LoopDetector(state, Random(seed)) for seed in seeds]  # noqa: S311 - a model, no secret


def state_of(speeds: Sequence[float], begin_s: int) -> TrafficAt:
    """The traffic of a detector, `begin_s` being second 0."""
    free_flow = free_flow_kmh(speeds)

    def at(second: float) -> Traffic:
        speed = speed_at(speeds, begin_s + second)
        return Traffic(speed, flow_per_lane(speed, free_flow))

    return at


Message = tuple[int, list[Reading]]


def messages(
    lanes: Sequence[LoopDetector], begin_ms: int, interval_s: int, seconds: int
) -> Iterator[Message]:
    """Time and readings of each interval, all lanes in one message."""
    names = [f"lane-{number}" for number in range(1, len(lanes) + 1)]
    for end in range(interval_s, seconds + 1, interval_s):
        at_ms = begin_ms + end * 1000
        readings = []
        for name, lane in zip(names, lanes, strict=True):
            count, speed, share = lane.read(end)
            rounded = None if speed is None else round(speed, 1)
            readings.append(
                Reading(name, at_ms, count, rounded, None, round(share, 3), interval_s)
            )
        yield at_ms, readings


def without_occupancy(messages: Iterable[Message]) -> Iterator[Message]:
    """The same messages without occupancy."""
    for at_ms, readings in messages:
        yield (
            at_ms,
            [
                Reading(
                    one.sensor_id,
                    at_ms,
                    one.vehicle_count,
                    one.average_speed,
                    interval=one.interval,
                )
                for one in readings
            ],
        )


def outcome(
    jam: Jam,
    week: Week,
    jam_messages: Iterable[Message],
    interval_s: int,
    policy: Policy,
) -> JamOutcome:
    """The core's result for the messages of a jam."""
    segment = Segment(
        jam.detector.segment_id,
        road_of(week.speeds[jam.detector.detector]),
        policy,
        messages=max(1, LOOK_S // interval_s),
    )
    for at_ms, readings in jam_messages:
        segment.take(at_ms, readings)
    alerts = segment.alerts()
    opened = (alerts[0].opened_ms - begin_ms(jam.begin_s)) / 1000 if alerts else None
    cleared = any(one.cleared_ms is not None for one in alerts)
    return JamOutcome(opened, cleared, fmean(segment.scores) if segment.scores else 0.0)


def begin_ms(begin_s: int) -> int:
    """A second of the week in ms since the epoch."""
    return round(WEEK_BEGIN.timestamp() * 1000) + begin_s * 1000


def outcomes(
    jam: Jam, week: Week, interval_s: int, policy: Policy
) -> tuple[JamOutcome, JamOutcome]:
    """The core's results for a jam with occupancy and without."""
    lanes = lanes_of(jam.detector, week, jam.begin_s)
    jam_messages = list(messages(lanes, begin_ms(jam.begin_s), interval_s, HOUR_S))
    return (
        outcome(jam, week, jam_messages, interval_s, policy),
        outcome(jam, week, without_occupancy(jam_messages), interval_s, policy),
    )


def rows_of(
    interval_s: int,
    jams: Sequence[Jam],
    week: Week,
    policy: Policy,
    track: Callable[[Sequence[Jam]], Iterable[Jam]] = iter,
) -> list[JamRow]:
    """Two rows: with occupancy and without; `track` shows progress."""
    jam_outcomes = [outcomes(jam, week, interval_s, policy) for jam in track(jams)]
    return [
        row_of(interval_s, occupancy, jams, some)
        for occupancy, some in zip(
            (True, False), zip(*jam_outcomes, strict=True), strict=True
        )
    ]


def row_of(
    interval_s: int,
    occupancy: bool,
    jams: Sequence[Jam],
    jam_outcomes: Sequence[JamOutcome],
) -> JamRow:
    """One row of the table."""
    delays = [one.delay_s for one in jam_outcomes if one.delay_s is not None]
    return JamRow(
        interval_s=interval_s,
        occupancy=occupancy,
        jams=len(jams),
        alerted=len(delays),
        delay_p50_s=median(delays) if delays else None,
        delay_max_s=max(delays, default=None),
        cleared_inside=sum(one.cleared for one in jam_outcomes),
        score_error=fmean(
            abs(one.score - jam.score)
            for one, jam in zip(jam_outcomes, jams, strict=True)
        ),
    )
