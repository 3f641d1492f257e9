"""The cheapest way to run a city that keeps the promises, by trying all. Pure."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from trafficctl.cost import sizing
from trafficctl.cost.city_load import (
    LEAST_CAPACITY,
    MOST_CAPACITY,
    TABLES_USE,
    CityLoad,
)
from trafficctl.cost.minute_burst import minute_burst
from trafficctl.cost.model import total
from trafficctl.cost.prices import Price
from trafficctl.cost.queues import NO_WAIT, ClosingWait, SimulatedCity, simulate

SEED = 1
WINDOWS_S = (0, 1, 2, 3, 4, 5)
LANES = (1, 2)
MEMORY_MB = (512, 1_024, 1_769)
LONGEST_WAIT_S = 3.5  # then the processor gives a transaction up, and its batch repeats
WAITS_S = (1.0, 2.0, LONGEST_WAIT_S)  # of a closing minute, bought with capacity
MARGIN_S = 0.5  # of the promises, for what the model leaves out: 0.3 s of the map's


@dataclass(frozen=True)
class FoundCity:
    """A design with its bill and its delays."""

    load: CityLoad
    dollars: float
    simulated: SimulatedCity


def simulated(load: CityLoad, counts_on_burst: bool = True) -> SimulatedCity:
    """The delays of *load*; the same load gives the same."""
    wait = NO_WAIT if counts_on_burst else wait_without_burst(load)
    return _simulated(replace(load, tables="", write_capacity=0), wait)


@lru_cache(maxsize=1_024)
def _simulated(load: CityLoad, wait: ClosingWait) -> SimulatedCity:
    chance = random.Random(SEED)  # noqa: S311 - a model, no secret
    return simulate(load, chance, wait=wait)


def wait_without_burst(load: CityLoad) -> ClosingWait:
    """What closing minutes wait for a table with its capacity alone.

    On demand a table grows to its worst second. A provisioned one follows its average:
    DynamoDB lends it what it did not use in five minutes, and guarantees nothing.
    """
    if load.tables == "PAY_PER_REQUEST":
        return NO_WAIT
    closes_s, worst_s = _closing(load)
    waits_s = []
    for average, worst in zip(load.writes_s, worst_s, strict=True):
        held = max(load.write_capacity, average / TABLES_USE)
        waits_s.append(max(0.0, worst - held) * closes_s / held)
    return ClosingWait(round(max(waits_s), 1), closes_s)


def _capacity_for(load: CityLoad, wait_s: float) -> int:
    """The least capacity with which the last minute to close waits so long.

    A table that holds as much for its average needs no more.
    """
    closes_s, worst_s = _closing(load)
    needed = [
        worst * closes_s / (closes_s + wait_s)
        for average, worst in zip(load.writes_s, worst_s, strict=True)
        if worst * closes_s / (closes_s + wait_s) > average / TABLES_USE
    ]
    return math.ceil(max([LEAST_CAPACITY, *needed]))


def _closing(load: CityLoad) -> tuple[float, tuple[float, float, float]]:
    """Seconds in which all segments close a minute; each table's units in the worst."""
    rows = minute_burst(load).rows
    return load.segments / rows, (load.updates_s + 2 * rows, 2 * rows, rows)


def cheapest(
    load: CityLoad, prices: Mapping[str, Price], counts_on_burst: bool = True
) -> FoundCity | None:
    """The first, by price, that keeps the promises; None if none does."""
    priced = sorted(
        ((total(one, prices), number, one) for number, one in enumerate(designs(load)))
    )
    for dollars, _, one in priced:
        if not counts_on_burst and wait_without_burst(one).longest_s > LONGEST_WAIT_S:
            continue
        delays = simulated(one, counts_on_burst)
        if delays.keeps_promises(MARGIN_S):
            return FoundCity(one, dollars, delays)
    return None


def fronts(load: CityLoad, prices: Mapping[str, Price]) -> dict[str, list[FoundCity]]:
    """The cheapest design of each window, by how the tables are paid."""
    ways = {
        "on demand": ("PAY_PER_REQUEST", True),
        "provisioned, counting on burst capacity": ("PROVISIONED", True),
        "provisioned, without burst capacity": ("PROVISIONED", False),
    }
    return {
        name: [_cheapest_of(load, prices, window_s, *way) for window_s in WINDOWS_S]
        for name, way in ways.items()
    }


def _cheapest_of(
    load: CityLoad,
    prices: Mapping[str, Price],
    window_s: float,
    tables: str,
    counts_on_burst: bool,
) -> FoundCity:
    candidates = [
        one
        for one in designs(load)
        if (one.tables, one.window_s) == (tables, window_s)
        and (counts_on_burst or wait_without_burst(one).longest_s <= LONGEST_WAIT_S)
    ]
    best = min(candidates, key=lambda one: total(one, prices))
    return FoundCity(best, total(best, prices), simulated(best, counts_on_burst))


def designs(load: CityLoad) -> Iterator[CityLoad]:
    """Every design of a city: what its operator may set.

    Batches end with their window long before they are full, and more shards than the
    load needs only cost more: neither is varied.
    """
    messages = {load.readings_per_message, sizing.fullest_message()}
    if load.readings_per_message == 1:
        messages = {1}  # each sensor sends its own
    for readings, window_s, lanes, memory_mb in itertools.product(
        sorted(messages), WINDOWS_S, LANES, MEMORY_MB
    ):
        one = replace(
            load,
            readings_per_message=readings,
            window_s=window_s,
            lanes_per_shard=lanes,
            memory_mb=memory_mb,
            tables="PROVISIONED",
        )
        yield replace(one, tables="PAY_PER_REQUEST")
        for capacity in (LEAST_CAPACITY, *(_capacity_for(one, s) for s in WAITS_S)):
            if capacity <= MOST_CAPACITY:
                yield replace(one, write_capacity=capacity)
