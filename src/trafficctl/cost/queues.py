"""How long a reading takes to the wall and to an alert: some minutes, event by event.

Simulated are one lane of average load and one of the fullest shard, whatever the number
of lanes. Pure: all chance comes from the caller's generator.
"""

from __future__ import annotations

import bisect
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from traffic.live_map.changes import TTL_MS
from traffic.processor.figures import LATEST_WRITE_MS, PROMISES_MS
from traffic.timestamps import MINUTE_S
from trafficctl.cost.city_load import POLLS_S, SEGMENTS, CityLoad
from trafficctl.cost.model import POLL_S
from trafficctl.cost.service_time import SWEEP_S, batch_s

MINUTES = 4
MOST_MESSAGES = 100_000  # of a lane: bounds the run, not the city
MOST_DRAWN = 200_000  # segments that get a shard by chance; more hardly differ
INGEST_S = 0.1  # from IoT Core into the stream, a guess
BUS_S = 0.5  # from EventBridge to a subscriber of SNS, a guess
# A message about an incident waits for a queue, its window and a sweep before that.
QUEUE_S = 0.5  # from EventBridge to a free poller of the queue, a guess
GATHERED_S = 2.0  # the window of the template's mapping
INCIDENT_S = QUEUE_S + GATHERED_S + SWEEP_S


class MapViewer(NamedTuple):
    """How old the city is that a viewer gets, at most, and how often one looks."""

    cached_s: float = TTL_MS / 1_000
    looks_s: float = POLL_S


class ClosingWait(NamedTuple):
    """What minutes wait for their tables: *longest_s*, after closing for *closes_s*."""

    longest_s: float
    closes_s: float

    def at(self, since_turn_s: float) -> float:
        """The wait so long after the turn of the minute: it grows, then drains."""
        if since_turn_s < self.closes_s:
            return self.longest_s * since_turn_s / self.closes_s
        return max(0.0, self.longest_s - (since_turn_s - self.closes_s))


NO_WAIT = ClosingWait(0.0, 1.0)


class Delays(NamedTuple):
    """Percentiles in seconds."""

    p50: float
    p99: float


@dataclass(frozen=True)
class SimulatedCity:
    """The median of an average lane, the 99th percentile of one in the fullest shard.

    *written* is what the metric `FreshnessMs` measures, from IoT Core to the table.
    *skew* is the load of that shard, of the mean; *busy* the share of its lane's time.
    """

    written: Delays
    freshness: Delays
    alerts: Delays
    skew: float
    busy: float

    def keeps_promises(self, margin_s: float = 0.0) -> bool:
        """Whether 99 of 100 readings, and alerts, are in time, and no alarm rings."""
        late = {
            LATEST_WRITE_MS: self.written,
            PROMISES_MS["FreshnessMs"]: self.freshness,
            PROMISES_MS["AlertLatencyMs"]: self.alerts,
        }
        return all((one.p99 + margin_s) * 1_000 < most for most, one in late.items())


@dataclass(frozen=True)
class _Lane:
    """What came of a lane: seconds from message to table, and its busy share."""

    written_s: Sequence[float]
    busy: float


def simulate(
    load: CityLoad,
    chance: random.Random,
    viewer: MapViewer | None = None,
    wait: ClosingWait = NO_WAIT,
) -> SimulatedCity:
    """The delays of a city; a batch that closes minutes waits for its tables."""
    skew = _skew(load, chance)
    mean, fullest = (_lane(load, one, chance, wait) for one in (1.0, skew))
    seen = viewer or MapViewer()
    rounds = max(1, math.ceil(load.period_s / load.interval_s))
    waits_s = [load.interval_s * gathered for gathered in range(rounds)]
    notify_s = BUS_S + (0.0 if load.notify_for == SEGMENTS else INCIDENT_S)

    def read(written_s: float) -> float:
        """A reading has waited in its unit for those that fill the message."""
        return written_s + chance.choice(waits_s)

    def viewed(written_s: float) -> float:
        cached_s = chance.uniform(0, seen.cached_s)
        looked_s = chance.uniform(0, seen.looks_s)
        return read(written_s) + cached_s + looked_s

    def notified(written_s: float) -> float:
        return read(written_s) + notify_s

    written, fresh, alerts = (
        Delays(
            _percentile([*map(way, mean.written_s)], 50),
            _percentile([*map(way, fullest.written_s)], 99),
        )
        for way in (float, viewed, notified)
    )
    return SimulatedCity(written, fresh, alerts, skew, fullest.busy)


def _skew(load: CityLoad, chance: random.Random) -> float:
    """The load of the fullest shard: segments are hashed, so some get more."""
    parts = max(1.0, load.segments / MOST_DRAWN)
    shards, segments = math.ceil(load.shards / parts), round(load.segments / parts)
    drawn = Counter(chance.choices(range(shards), k=segments))
    return max(drawn.values()) * shards / segments


def _lane(
    load: CityLoad, skew: float, chance: random.Random, wait: ClosingWait
) -> _Lane:
    """A lane with so much of the mean load, from one batch to the next."""
    sent = _sent(load, skew, chance)
    arrivals = [at + INGEST_S for at, _ in sent]
    phase = chance.uniform(0, POLLS_S)
    free_s = busy_s = 0.0
    minute_of: dict[int, int] = {}
    written: list[float] = []
    first = 0
    while first < len(sent):
        start_s, end = _gathered(load, arrivals, first, free_s, phase)
        batch = sent[first:end]
        closed = _closed(batch, minute_of)
        segments = len({segment for _, segment in batch})
        taken_s = batch_s(
            len(batch) * load.readings_per_message, segments, closed, load.memory_mb
        )
        taken_s += wait.at(start_s % MINUTE_S) if closed else 0.0
        free_s = start_s + taken_s
        busy_s += taken_s
        written += [free_s - at for at, _ in batch]
        first = end
    return _Lane(written, busy_s / max(free_s, 1.0))


def _sent(
    load: CityLoad, skew: float, chance: random.Random
) -> list[tuple[float, int]]:
    """When each message of a lane is sent, and by which segment, in order of time.

    A device sends once a period, all in the same instant if they are in step.
    """
    period_s = load.period_s
    devices = max(1, round(skew * load.devices / load.lanes))
    a_segment = max(1, round(load.devices / load.segments))
    lasts_s = max(MINUTES * MINUTE_S, 2 * period_s)
    lasts_s = min(lasts_s, MOST_MESSAGES * period_s / devices)
    sent = []
    for device in range(devices):
        at_s = 0.0 if load.in_step else chance.uniform(0, period_s)
        while at_s < lasts_s:
            sent.append((at_s, device // a_segment))
            at_s += period_s
    return sorted(sent)


def _gathered(
    load: CityLoad, arrivals: Sequence[float], first: int, free_s: float, phase: float
) -> tuple[float, int]:
    """When the next batch starts, and the index after its last message.

    The window opens with the poll that brings the first message; a full batch waits for
    no window. What came while the lane was busy has been read when it is free.
    """
    largest = max(1, int(load.largest_batch))
    full = first + largest
    if full <= len(arrivals) and arrivals[full - 1] <= free_s - POLLS_S:
        return free_s, full
    opens_s = _next_poll(max(free_s, arrivals[first]), phase)
    closes_s = opens_s + load.window_s
    end = bisect.bisect_right(arrivals, closes_s, first)
    if end < full:
        return closes_s, max(end, first + 1)
    return max(opens_s, _next_poll(arrivals[full - 1], phase)), full


def _next_poll(at_s: float, phase: float) -> float:
    return phase + math.ceil((at_s - phase) / POLLS_S) * POLLS_S


def _closed(batch: Sequence[tuple[float, int]], minute_of: dict[int, int]) -> int:
    """How many segments begin another minute with this batch."""
    closed = 0
    for at_s, segment in batch:
        minute = int(at_s // MINUTE_S)
        closed += minute_of.get(segment, minute) < minute
        minute_of[segment] = minute
    return closed


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest rank; a lane has had at least one message."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]
