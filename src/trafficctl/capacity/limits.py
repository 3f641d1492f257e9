"""What limits a city: each default quota, and each limit of the design. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trafficctl.cost import sizing
from trafficctl.cost.city_load import CityLoad
from trafficctl.cost.minute_burst import KEY_WRITES_S, minute_burst
from trafficctl.cost.needs import is_on_demand, needs
from trafficctl.preflight.result import data

QUOTA = "raise the quota"
CONNECTED = "raise the quota, or several accounts"
HOT = "more shards, more readings in a message, or split the segment"
STREAMS = "several streams: a stack for each part of the city"
# The way past a quota that has others than a request.
WAYS = {"publishes": CONNECTED, "evaluations": CONNECTED, "connections": CONNECTED}


class Limit(NamedTuple):
    """A limit in its unit, what the city needs of it, and the way past it."""

    what: str
    need: float
    most: float
    way: str

    @property
    def share(self) -> float:
        """The part of the limit that the city uses."""
        return self.need / self.most


def limits(
    load: CityLoad, settings: Mapping[str, str], most_shards: int, skew: float = 1.0
) -> list[Limit]:
    """All limits, the one that a growing city meets first at the head.

    Quotas are the defaults of large Regions; `trafficctl preflight` reads an account's
    own, and says what a new table needs in its first half hour. *most_shards* is the
    most that the template offers, *skew* the load of the fullest, of the mean.
    """
    needed = needs(load, settings)
    candidates = [
        Limit(
            quota["what"],
            needed[quota["key"]],
            quota["default"],
            WAYS.get(quota["key"], QUOTA),
        )
        for quota in data("quotas")["quotas"]
    ]
    of_a_key = minute_burst(load).worst_of_a_key
    what = "writes/s of a key of by_hour"
    candidates.append(Limit(what, of_a_key, KEY_WRITES_S, STREAMS))
    if not is_on_demand(settings):
        candidates.append(
            Limit("shards of a stream", load.shards, most_shards, STREAMS)
        )
    demand = sizing.shard_demand(load.peak_messages_s, load.readings_per_message)
    if demand * skew > load.shards:  # else it has room, whatever the city's size
        use = 100 * demand * skew / load.shards
        candidates.append(Limit("use of the fullest shard, %", use, 100, HOT))
    return sorted(candidates, key=lambda one: -one.share)
