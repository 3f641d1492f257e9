"""The quotas that a load needs. Pure arithmetic, each step with its reason.

Facts of AWS used here: a new on-demand table starts with 4,000 writes a second
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html);
a new on-demand stream with 4 MB a second, and its shards do not count against the quota
(docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html);
100 Lambda executions must stay unreserved (lambda/latest/dg/
configuration-concurrency.html). Shards are sized in `trafficctl.cost.sizing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trafficctl.cost import sizing

HEADROOM = 1.25  # of a requested quota: another request takes days
FRESH_TABLE_WRITES_PER_S = 4000
FRESH_STREAM_SHARDS = 4  # the capacity of a new on-demand stream, in shards
UNRESERVED_FLOOR = 100
SENSORS_PER_SEGMENT = 10
REGISTRATION_S = 8 * 3600  # devices are registered within a working day
STORM_S = 60  # in the worst minute the level of every segment changes once
TRANSACTION_FACTOR = 2  # DynamoDB charges a transaction's write twice
HELPERS = 3  # sensor health, shard scaler and provisioning


@dataclass(frozen=True)
class PlannedLoad:
    """What the city sends; `interval` is the seconds between readings of a sensor."""

    sensors: int = 50_000
    interval: float = 1.0
    readings_per_message: int = 25
    segments: int | None = None

    @property
    def segment_count(self) -> int:
        """Road segments; by default one for ten sensors."""
        if self.segments is not None:
            return self.segments
        return math.ceil(self.sensors / SENSORS_PER_SEGMENT)

    @property
    def messages_per_s(self) -> float:
        """Messages a second; each has the readings of several sensors of one unit."""
        return self.sensors / self.interval / self.readings_per_message

    @property
    def devices(self) -> int:
        """Roadside units: one per message of readings."""
        return math.ceil(self.sensors / self.readings_per_message)


def needs(load: PlannedLoad, settings: Mapping[str, str]) -> dict[str, int]:
    """What is needed of each quota, by the keys of data/quotas.json.

    `settings` are the template's parameters as deployed. Publishes and rule
    evaluations: one per message, also with Basic Ingest. Connections: one per device.
    Events and notifications: every segment changes level within one minute.
    """
    a_second = math.ceil(load.messages_per_s)
    storm = math.ceil(load.segment_count / STORM_S)
    return {
        "publishes": a_second,
        "evaluations": a_second,
        "connections": load.devices,
        "registrations": math.ceil(load.devices / REGISTRATION_S),
        "shards": 0 if is_on_demand(settings) else shards(load),
        "executions": executions(shards(load), settings),
        "table_writes": table_writes(load, settings),
        "put_events": storm,
        "publications": storm,
    }


def is_on_demand(settings: Mapping[str, str]) -> bool:
    """Whether AWS manages the stream's shards."""
    return settings["KinesisStreamMode"] == "ON_DEMAND"


def shards(load: PlannedLoad) -> int:
    """Shards that keep the load below the scaler's doubling threshold."""
    return sizing.shards(load.messages_per_s, load.readings_per_message)


def executions(shard_count: int, settings: Mapping[str, str]) -> int:
    """Concurrent Lambda executions: batches of all shards, live map, helpers.

    Reserved ones come on top of the 100 that must stay unreserved.
    """
    processor = max(
        shard_count * int(settings["EventParallelizationFactor"]),
        int(settings["LambdaReservedConcurrency"]),
    )
    live = max(1, int(settings["LiveApiReservedConcurrency"]))
    running = processor + live + HELPERS
    reserved_now = reserved(settings)
    return max(running, reserved_now + UNRESERVED_FLOOR) if reserved_now else running


def reserved(settings: Mapping[str, str]) -> int:
    """Executions that the parameters reserve; -1 reserves none."""
    names = ("LambdaReservedConcurrency", "LiveApiReservedConcurrency")
    return sum(max(0, int(settings.get(name, -1))) for name in names)


def table_writes(load: PlannedLoad, settings: Mapping[str, str]) -> int:
    """Write units a second of `road_segments`.

    A batch writes each of its segments once, below 1 KB: at most one write per message
    and per segment and batching window. Once a minute the segment and its closed minute
    are written in a transaction, which costs double.
    """
    window_s = max(1, int(settings["EventBatchWindowSeconds"]))
    updates = min(load.messages_per_s, load.segment_count / window_s)
    return math.ceil(updates + TRANSACTION_FACTOR * load.segment_count / 60)


def judge(have: float | None, need: float) -> str:
    """ok, raise or unknown."""
    if have is None:
        return "unknown"
    return "ok" if have >= need else "raise"


def quota_to_request(need: float) -> int:
    """The quota to request: a quarter more than needed, to two digits."""
    target = need * HEADROOM
    step = int(10 ** max(0, math.floor(math.log10(max(target, 1))) - 1))
    return math.ceil(target / step) * step


def smallest_sufficient(needed: int, offered: Iterable[int]) -> int:
    """The smallest offered shard count that is enough, else the largest."""
    counts = sorted(offered)
    return next((one for one in counts if one >= needed), counts[-1])
