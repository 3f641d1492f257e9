"""The quotas that a load needs. Pure arithmetic, each step with its reason.

Facts of AWS used here: a new on-demand table starts with 4,000 writes a second
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html);
a new on-demand stream with 4 MB a second, and its shards do not count against the quota
(docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html);
100 Lambda executions must stay unreserved (lambda/latest/dg/
configuration-concurrency.html).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from trafficctl.cost.city_load import CityLoad
from trafficctl.cost.minute_burst import minute_burst

HEADROOM = 1.25  # of a requested quota: another request takes days
FRESH_TABLE_WRITES_PER_S = 4000
FRESH_STREAM_SHARDS = 4  # the capacity of a new on-demand stream, in shards
UNRESERVED_FLOOR = 100
REGISTRATION_S = 8 * 3600  # devices are registered within a working day
STORM_S = 60  # in the worst minute the level of every segment changes once
TRANSACTION_FACTOR = 2  # DynamoDB charges a transaction's write twice
HELPERS = 4  # of the other functions, at the same time


def needs(load: CityLoad, settings: Mapping[str, str]) -> dict[str, int]:
    """What is needed of each quota, by the keys of data/quotas.json.

    `settings` are the template's parameters as deployed, with which `load` is
    designed. Publishes and rule evaluations: one per message, also with Basic Ingest.
    Connections: one per device. Events and messages: every segment changes level
    within one minute. Incidents send their events ten in a request, which is not
    counted.
    """
    a_second = math.ceil(load.peak_messages_s)
    turns_s = load.segments / STORM_S
    return {
        "publishes": a_second,
        "evaluations": a_second,
        "connections": load.devices,
        "registrations": math.ceil(load.devices / REGISTRATION_S),
        "shards": 0 if is_on_demand(settings) else load.shards,
        "executions": executions(load.shards, settings),
        "table_writes": table_writes(load),
        "put_events": math.ceil(turns_s),
        "publications": math.ceil(turns_s * load.messages_a_turn),
    }


def is_on_demand(settings: Mapping[str, str]) -> bool:
    """Whether AWS manages the stream's shards."""
    return settings["KinesisStreamMode"] == "ON_DEMAND"


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


def table_writes(load: CityLoad) -> int:
    """Write units a second of `road_segments`.

    A batch writes each of its segments once, below 1 KB: at most one write per message
    and per segment and batching window. In a minute's worst second many segments close
    it together, each in a transaction, which costs double.
    """
    return _writes(load, minute_burst(load).rows)


def average_writes(load: CityLoad) -> int:
    """The same over a whole minute."""
    return _writes(load, load.segments / 60)


def _writes(load: CityLoad, closing_s: float) -> int:
    updates = min(load.peak_messages_s, load.segments * load.rounds_s)
    return math.ceil(updates + TRANSACTION_FACTOR * closing_s)


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
