"""`python -m bench.scaling`: what the shard scaler does with days of traffic.

The real function looks at a model of a stream (bench/shards.py) every minute. Demand
is given in shards: 1 is 1,000 records a second.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import json
import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from traffic.shard_scaler.aws import TAG, Clients
from traffic.shard_scaler.decide import UP_SHARE, Bounds
from traffic.shard_scaler.function import run_once
from traffic.shard_scaler.history import ShardCount, text
from traffic.shard_scaler.settings import ShardScalerSettings
from trafficctl.cli.output import Column, show, table

from .shards import DAY_S, Stream

BEGIN_S = 1_800_000_000 // DAY_S * DAY_S  # a midnight
STEP_S = 10
LOOK_S = 60
HOUR_S = 3_600
HEADERS = (
    "up",
    "down",
    "held back, min",
    "longest shortfall, s",
    "refused, %",
    "shards at the end",
    "shard-hours",
    "fixed peak",
    "saved, %",
)
Demand = Callable[[int], float]  # seconds since the beginning: shards that it fills


@dataclass(frozen=True)
class Scenario:
    """Demand on a stream, and what the stream is when it begins."""

    name: str
    demand: Demand
    hours: float
    shards: int
    bounds: Bounds
    stream: Mapping[str, Any] = field(default_factory=dict)  # of the model


@dataclass
class Outcome:
    """What became of a scenario; `lines` are those the scaler printed."""

    stream: Stream
    lines: list[dict[str, Any]] = field(default_factory=list)
    failed_looks: int = 0
    shortfall_s: int = 0  # the longest time in which records were refused
    peak: float = 0
    offered: float = 0
    refused: float = 0
    shard_s: int = 0
    seconds: int = 0

    @property
    def steps(self) -> list[tuple[int, int]]:
        """Each change of the count, as before and after."""
        counts = [count for _, count in self.stream.counts]
        return [(a, b) for a, b in itertools.pairwise(counts) if a != b]

    @property
    def ups(self) -> int:
        """Changes to more shards."""
        return sum(after > before for before, after in self.steps)

    @property
    def downs(self) -> int:
        """Changes to fewer shards."""
        return sum(after < before for before, after in self.steps)

    def total(self, metric: str) -> int:
        """The sum of a metric that the scaler printed."""
        return int(sum(line[metric] for line in self.lines))

    @property
    def fixed_peak(self) -> int:
        """Shards that a person would have to set for the peak with the same reserve."""
        return math.ceil(self.peak / UP_SHARE)


def run(
    scenario: Scenario, by_hand: Mapping[int, Callable[[Stream], object]] | None = None
) -> Outcome:
    """Play a scenario; `by_hand` is what a person does to the stream, by second."""
    stream = Stream(scenario.shards, BEGIN_S, **scenario.stream)
    stream.counts.append((BEGIN_S, scenario.shards))
    stream.tags.setdefault(
        TAG, text((ShardCount(BEGIN_S - 2 * DAY_S, scenario.shards),))
    )
    chosen = ShardScalerSettings(
        stream="readings",
        processor="processor",
        stack="city",
        min_shards=scenario.bounds.least,
        max_shards=scenario.bounds.most,
    )
    outcome, short_s = Outcome(stream), 0
    for second in range(0, round(scenario.hours * HOUR_S), STEP_S):
        if by_hand and second in by_hand:
            by_hand[second](stream)
        if second % LOOK_S == 0:
            _look(stream, chosen, outcome)
        demand = scenario.demand(second)
        refused = stream.take(demand, STEP_S)
        short_s = short_s + STEP_S if refused else 0
        _count(outcome, demand, refused, short_s)
    return outcome


def _look(stream: Stream, chosen: ShardScalerSettings, outcome: Outcome) -> None:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            run_once(Clients(stream, stream), chosen, stream.now_s * 1_000)
    except (BotoCoreError, ClientError):
        outcome.failed_looks += 1
    outcome.lines += map(json.loads, printed.getvalue().splitlines())


def _count(outcome: Outcome, demand: float, refused: float, short_s: int) -> None:
    outcome.shortfall_s = max(outcome.shortfall_s, short_s)
    outcome.peak = max(outcome.peak, demand)
    outcome.offered += demand
    outcome.refused += demand * refused
    outcome.shard_s += STEP_S * outcome.stream.open
    outcome.seconds += STEP_S


# Traffic


def ramp(start_s: int, seconds: int, low: float, high: float) -> Demand:
    """From *low* to *high*, by the same factor each minute."""

    def demand(second: int) -> float:
        done = min(1.0, max(0.0, (second - start_s) / seconds))
        return low * math.pow(high / low, done)

    return demand


def noisy(demand: Demand, spread: float, seed: int) -> Demand:
    """*demand*, off by up to *spread* of it, another amount in each ten seconds."""

    def shaken(second: int) -> float:
        chance = random.Random(seed * 1_000_003 + second // STEP_S)  # noqa: S311 - no secret
        return demand(second) * (1 + chance.uniform(-spread, spread))

    return shaken


def sawtooth(period_s: int, high_s: int, low: float, high: float) -> Demand:
    """*high* at the beginning of each period, then *low*."""
    return lambda second: high if second % period_s < high_s else low


def commuters(low: float, high: float) -> Demand:
    """A day with two peaks, at 8:00 and at 17:30, and a night."""

    def demand(second: int) -> float:
        hour = second % DAY_S / HOUR_S
        morning = math.exp(-(((hour - 8) / 1.5) ** 2))
        evening = math.exp(-(((hour - 17.5) / 2) ** 2))
        noon = 0.45 * math.exp(-(((hour - 13) / 4) ** 4))
        return low + (high - low) * max(morning, evening, noon)

    return demand


def scenarios() -> Iterator[Scenario]:
    """What docs/guides/capacity.md shows."""
    surge = ramp(HOUR_S, HOUR_S, 0.8, 6.4)
    yield Scenario("morning surge, x8 in an hour", surge, 5, 2, Bounds(2, 16))
    burst = ramp(HOUR_S, 60, 2.0, 6.0)
    yield Scenario("burst, x3 in a minute", burst, 4, 4, Bounds(2, 32))
    night = noisy(ramp(HOUR_S, 3 * HOUR_S, 10.0, 0.5), 0.1, 1)
    yield Scenario("slow night", night, 12, 16, Bounds(2, 32))
    plateau = noisy(lambda _second: 2.8, 0.3, 2)
    yield Scenario("noisy plateau at 70 %", plateau, 12, 4, Bounds(2, 32))
    week = noisy(commuters(0.6, 6.4), 0.1, 3)
    yield Scenario("a week of commuters", week, 7 * 24, 2, Bounds(2, 16))
    teeth = sawtooth(3 * HOUR_S, 2_400, 0.5, 12.0)
    yield Scenario("sawtooth every 3 h, 3 days", teeth, 72, 2, Bounds(2, 32))
    storm = ramp(HOUR_S, 600, 2.0, 20.0)
    yield Scenario("storm beyond the upper bound", storm, 4, 4, Bounds(2, 16))
    hot = {"hot_share": 0.5}
    one_key = ramp(HOUR_S, 600, 1.0, 3.0)
    yield Scenario("one key too hot", one_key, 12, 4, Bounds(2, 32), hot)


@functools.lru_cache(maxsize=1)
def played() -> dict[str, Outcome]:
    """What became of each scenario, by its name."""
    return {one.name: run(one) for one in scenarios()}


def figures(found: Outcome) -> list[str]:
    """The cells of a scenario, by HEADERS."""
    fixed = found.fixed_peak * found.seconds / HOUR_S
    used = found.shard_s / HOUR_S
    return [
        str(found.ups),
        str(found.downs),
        str(found.total("ScalerHeldBack")),
        str(found.shortfall_s),
        f"{100 * found.refused / found.offered:.2f}",
        str(found.stream.shards),
        f"{used:,.0f}",
        f"{fixed:,.0f}",
        f"{100 * (1 - used / fixed):.0f}",
    ]


def main() -> int:
    """Print the table."""
    columns = [Column("scenario"), *(Column(name, number=True) for name in HEADERS)]
    rows = [(name, *figures(steps)) for name, steps in played().items()]
    show(table(columns, rows, title="The shard scaler, on a model of AWS's limits"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
