"""What a load asks of an account. Pure arithmetic, each step with its reason.

Facts of AWS used here: a new on-demand table begins with 4,000 writes a second
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html);
a new on-demand stream with 4 MB a second, and its shards count for no quota
(docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html);
100 Lambda executions must stay unreserved (lambda/latest/dg/
configuration-concurrency.html). Shards are sized in `trafficctl.cost.sizing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trafficctl.cost import sizing

HEADROOM = 1.25  # of a quota that is asked for: the next request takes days again
FRESH_TABLE_WRITES_PER_S = 4000
FRESH_STREAM_SHARDS = 4  # what a new on-demand stream takes, in shards
UNRESERVED_FLOOR = 100
SENSORS_PER_SEGMENT = 10
REGISTRATION_S = 8 * 3600  # devices are registered within a working day
STORM_S = 60  # in the worst minute the level of every segment changes once
TRANSACTION_FACTOR = 2  # DynamoDB charges a transaction's write twice
HELPERS = 3  # health, scaling and provisioning run beside the data's way


@dataclass(frozen=True)
class PlannedLoad:
    """What the city sends: `interval` in seconds between two readings of a sensor."""

    sensors: int = 50_000
    interval: float = 1.0
    readings_per_message: int = 25
    segments: int | None = None

    @property
    def segment_count(self) -> int:
        """Road segments; ten sensors each, where it is not said."""
        if self.segments is not None:
            return self.segments
        return math.ceil(self.sensors / SENSORS_PER_SEGMENT)

    @property
    def messages_per_s(self) -> float:
        """A message carries the readings of several sensors of one roadside unit."""
        return self.sensors / self.interval / self.readings_per_message

    @property
    def devices(self) -> int:
        """One roadside unit for as many sensors as it puts into one message."""
        return math.ceil(self.sensors / self.readings_per_message)


def needs(load: PlannedLoad, settings: Mapping[str, str]) -> dict[str, int]:
    """What is needed of each quota, by the keys of data/quotas.json.

    `settings` are the template's parameters as they will be deployed. Publishes and
    rule evaluations: one a message, also by Basic Ingest. Connections: one a device.
    Events and notifications: every segment changes level in one minute.
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
    """Whether AWS itself sees to the stream's shards."""
    return settings["KinesisStreamMode"] == "ON_DEMAND"


def shards(load: PlannedLoad) -> int:
    """Shards that its messages leave under the share at which the scaler doubles."""
    return sizing.shards(load.messages_per_s, load.readings_per_message)


def executions(shard_count: int, settings: Mapping[str, str]) -> int:
    """Lambda runs at once: batches of all shards, the live map, the helpers.

    What is reserved comes on top of the 100 that must stay unreserved.
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
    """Executions that the parameters set apart; -1 sets none apart."""
    names = ("LambdaReservedConcurrency", "LiveApiReservedConcurrency")
    return sum(max(0, int(settings.get(name, -1))) for name in names)


def table_writes(load: PlannedLoad, settings: Mapping[str, str]) -> int:
    """Write units a second of `road_segments`.

    A batch writes each of its segments once, under 1 KB: at most one write a message,
    and at most one a segment and batching window. Once a minute a segment is written
    with its closed minute in a transaction, which costs twice.
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
    """A quota worth asking for: a quarter more than needed, in two digits."""
    target = need * HEADROOM
    step = int(10 ** max(0, math.floor(math.log10(max(target, 1))) - 1))
    return math.ceil(target / step) * step


def smallest_sufficient(needed: int, offered: Iterable[int]) -> int:
    """The smallest of the shard counts offered that is enough, else the largest."""
    counts = sorted(offered)
    return next((one for one in counts if one >= needed), counts[-1])
