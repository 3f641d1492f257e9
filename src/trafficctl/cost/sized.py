"""The parameters that a city of a size needs, of those that have no answer for all.

Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from trafficctl.cost.city_load import MOST_CAPACITY, TABLES_USE, CityLoad
from trafficctl.errors import UserError

OFFERED = re.compile(r"^  KinesisShardCount:\n.*?Values: \[(.*?)\]", re.M | re.S)
DOUBLED = 4  # the scaler may double the shards twice


def sized(
    load: CityLoad, counts: Sequence[int], defaults: Mapping[str, str]
) -> dict[str, str]:
    """The stream's bounds, and those of the tables' capacity where the default is less.

    *counts* are the shards that the template offers, *defaults* its parameters.
    UserError if no stream is large enough.
    """
    if load.shards > max(counts):
        raise UserError(
            f"{load.sensors:,} sensors need {load.shards:,} shards, and a stack has at "
            f"most {max(counts)} - divide the city between several stacks: "
            f"`trafficctl capacity --sensors {load.sensors}` says how many"
        )
    most = max(DOUBLED * load.shards, int(defaults["KinesisMaxShardCount"]))
    bounds = {
        "KinesisShardCount": smallest_sufficient(load.shards, counts),
        "KinesisMaxShardCount": smallest_sufficient(most, counts),
    }
    capacity = {
        "DynamoDBMaxWriteCapacity": math.ceil(max(load.writes_s) / TABLES_USE),
        "DynamoDBMaxReadCapacity": math.ceil(load.updates_s / TABLES_USE),
    }
    needed = {
        name: min(units, MOST_CAPACITY)
        for name, units in capacity.items()
        if units > int(defaults[name])
    }
    return {name: str(value) for name, value in (bounds | needed).items()}


def offered(template: str) -> list[int]:
    """The initial shard counts that the template allows."""
    (values,) = OFFERED.findall(template)
    return [int(one) for one in values.split(",")]


def smallest_sufficient(needed: int, counts: Iterable[int]) -> int:
    """The smallest offered shard count that is enough, else the largest."""
    ordered = sorted(counts)
    return next((one for one in ordered if one >= needed), ordered[-1])
