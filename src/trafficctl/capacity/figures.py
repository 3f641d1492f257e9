"""What a city of a size comes to: load, concurrency, units, delays, cost. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from trafficctl.capacity.limits import STREAMS, Limit, limits
from trafficctl.cost.city_load import CityLoad
from trafficctl.cost.minute_burst import minute_burst
from trafficctl.cost.model import total
from trafficctl.cost.needs import TRANSACTION_FACTOR, table_writes
from trafficctl.cost.prices import Price
from trafficctl.cost.queues import Delays
from trafficctl.cost.search import simulated, wait_without_burst


@dataclass(frozen=True)
class CityFigures:
    """A city in numbers; units are of all three tables, delays in seconds.

    *fullest_shard* is its load, of the mean; *lane_busy* the share of its time that its
    lane works; *wait_without_burst_s* what the last minute to close waits if DynamoDB
    lends a provisioned table nothing.
    """

    messages_s: float
    shards: int
    concurrent_batches: int
    batches_s: float
    write_units_s: float
    worst_second_write_units: float
    read_units_s: float
    fullest_shard: float
    lane_busy: float
    written_s: Delays
    freshness_s: Delays
    alert_s: Delays
    wait_without_burst_s: float
    dollars_a_month: float
    limits: tuple[Limit, ...]

    @property
    def stacks(self) -> int:
        """How many stacks stay below the limits that no quota raises."""
        shares = [one.share for one in self.limits if one.way == STREAMS]
        return max(1, math.ceil(max(shares)))


def figures(
    load: CityLoad,
    settings: Mapping[str, str],
    most_shards: int,
    prices: Mapping[str, Price],
) -> CityFigures:
    """The figures of a city with a stack's parameters."""
    run = simulated(load)
    worst = table_writes(load) + (TRANSACTION_FACTOR + 1) * minute_burst(load).rows
    return CityFigures(
        messages_s=load.messages_s,
        shards=load.shards,
        concurrent_batches=load.lanes,
        batches_s=load.runs_s,
        write_units_s=sum(load.writes_s),
        worst_second_write_units=worst,
        read_units_s=load.updates_s,
        fullest_shard=run.skew,
        lane_busy=run.busy,
        written_s=run.written,
        freshness_s=run.freshness,
        alert_s=run.alerts,
        wait_without_burst_s=wait_without_burst(load).longest_s,
        dollars_a_month=total(load, prices),
        limits=tuple(limits(load, settings, most_shards, run.skew)),
    )
