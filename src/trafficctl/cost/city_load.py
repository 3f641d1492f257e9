"""A city and its design: what it sends, and how it is taken. Pure.

`capacity`, `cost` and `preflight` count with this one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from trafficctl.cost import sizing

# The template's defaults; a test holds them together.
LANES_PER_SHARD = 2
MEMORY_MB = 1_024
TABLES_USE = 0.70  # of their capacity, where that is provisioned
LEAST_CAPACITY = 100  # of each provisioned table and index, to read and to write

MOST_CAPACITY = 40_000  # that it takes, and the default quota of a table
SENSORS_PER_SEGMENT = 10
EVENT_BYTES = 6_000_000  # of one invocation, its records in base64 with 500 bytes each
POLLS_S = 1  # Lambda asks a shard about once a second
MAILS = 0.19  # messages about incidents, of all turns: `trafficctl evaluate patterns`
# What people get messages about, and how many, of all turns.
INCIDENTS, UNUSUAL, SEGMENTS = "incidents", "unusual", "segments"
MESSAGES_A_TURN = {INCIDENTS: MAILS, UNUSUAL: 0.047, SEGMENTS: 1.0}


@dataclass(frozen=True)
class CityLoad:
    """A city and its design; *history_days* is how long rows are kept.

    *shard_count* is that of the scaler if None. Sensors *in_step* all read at the same
    instant, else they are spread over their interval.
    """

    sensors: int = 50_000
    interval_s: float = 1.0
    readings_per_message: int = 25
    segments: int = 5_000
    viewers: int = 10
    history_days: int = 90
    stream_mode: str = "PROVISIONED"
    tables: str = "PAY_PER_REQUEST"
    batch_size: int = 1_000
    window_s: float = 2
    basic_ingest: bool = True
    by_segment: bool = True  # one write a segment and batch, not one a reading
    fewest_shards: int = sizing.FEWEST_SHARDS
    shard_count: int | None = None
    lanes_per_shard: int = LANES_PER_SHARD
    memory_mb: int = MEMORY_MB
    write_capacity: int = LEAST_CAPACITY
    in_step: bool = False
    notify_for: str = INCIDENTS

    @property
    def readings_s(self) -> float:
        """Readings a second."""
        return self.sensors / self.interval_s

    @property
    def messages_s(self) -> float:
        """Messages a second."""
        return self.readings_s / self.readings_per_message

    @property
    def peak_messages_s(self) -> float:
        """Messages in the worst second."""
        return max(self.messages_s, self.devices) if self.in_step else self.messages_s

    @property
    def devices(self) -> int:
        """Senders: a unit for each segment, or every sensor for itself."""
        if self.readings_per_message == 1:
            return self.sensors
        return min(self.sensors, self.segments)

    @property
    def period_s(self) -> float:
        """Seconds between two messages of a device."""
        return self.devices / self.messages_s

    @property
    def message_bytes(self) -> int:
        """Bytes of a message as sent."""
        return sizing.message_bytes(self.readings_per_message)

    @property
    def record_bytes(self) -> int:
        """Bytes of a message in the stream."""
        return sizing.record_bytes(self.readings_per_message)

    @property
    def shards(self) -> int:
        """Shards that keep the load below the scaler's doubling threshold."""
        if self.shard_count is not None:
            return self.shard_count
        return sizing.shards(
            self.peak_messages_s, self.readings_per_message, self.fewest_shards
        )

    @property
    def lanes(self) -> int:
        """Batches that may be processed at once."""
        return self.shards * self.lanes_per_shard

    @property
    def largest_batch(self) -> float:
        """Records in a full batch."""
        return min(self.batch_size, EVENT_BYTES / (self.record_bytes * 4 / 3 + 500))

    @property
    def rounds_s(self) -> float:
        """How often a second the incoming records are read."""
        return min(POLLS_S, 1 / self.window_s) if self.window_s else POLLS_S

    @property
    def runs_s(self) -> float:
        """Invocations a second: a batch is full, or its window ends."""
        gathered_s = self.lanes * self.rounds_s
        full_s = self.messages_s / self.largest_batch
        return min(self.messages_s, max(gathered_s, full_s))

    @property
    def updates_s(self) -> float:
        """Updates of items a second; a segment is in one batch at a time."""
        if not self.by_segment:
            return self.readings_s
        each = min(self.messages_s / self.segments, self.rounds_s)
        return self.segments * each

    @property
    def minutes_s(self) -> float:
        """Minutes that are closed a second."""
        return min(self.segments / 60, self.messages_s)

    @property
    def messages_a_turn(self) -> float:
        """Messages to people for each change of an alert's level."""
        return MESSAGES_A_TURN[self.notify_for]

    @property
    def writes_s(self) -> tuple[float, float, float]:
        """Units a second of `road_segments`, `segment_history` and its index.

        A closed minute is a transaction of the row and its segment, twice the units,
        and an index's entry; the segment's own write is counted among the updates.
        """
        updates_s, minutes_s = self.updates_s, self.minutes_s
        return updates_s + minutes_s, 2 * minutes_s, minutes_s


def city(
    sensors: int = CityLoad.sensors,
    interval_s: float = CityLoad.interval_s,
    readings_per_message: int = CityLoad.readings_per_message,
    segments: int | None = None,
) -> CityLoad:
    """A city with the template's defaults; ten sensors to a segment unless told."""
    if segments is None:
        segments = math.ceil(sensors / SENSORS_PER_SEGMENT)
    return CityLoad(sensors, interval_s, readings_per_message, segments)


def designed(load: CityLoad, settings: Mapping[str, str]) -> CityLoad:
    """The city with a stack's parameters."""
    return replace(
        load,
        history_days=int(settings["HistoryRetentionDays"]),
        stream_mode=settings["KinesisStreamMode"],
        tables=settings["DynamoDBBillingMode"],
        fewest_shards=int(settings["KinesisShardCount"]),
        batch_size=int(settings["EventBatchSize"]),
        window_s=int(settings["EventBatchWindowSeconds"]),
        lanes_per_shard=int(settings["EventParallelizationFactor"]),
        memory_mb=int(settings["LambdaMemorySize"]),
        write_capacity=int(settings["DynamoDBWriteCapacity"]),
        notify_for=settings["NotifyFor"],
    )
