"""How large a message is, and how many shards a stream of them needs. Pure.

Used by `preflight`, `cost` and the pages. The capacity of a shard and the threshold for
scaling up are constants of the shard scaler.
"""

from __future__ import annotations

import json
import math

from traffic.shard_scaler.decide import SHARD_BYTES_S, SHARD_RECORDS_S, UP_SHARE

FEWEST_SHARDS = 2  # the template's default, with headroom for a first burst

# A message with every field set and the spaces that many JSON libraries write.
READING = {
    "sensor_id": "sensor-00000-0",
    "timestamp": 1700000000000,
    "vehicle_count": 100,
    "average_speed": 100.5,
    "congestion_score": 50.5,
    "occupancy": 0.125,
    "interval": 60,
}
SEGMENT = "segment-00000"
# What the rule adds.
ENVELOPE = {
    "segment_id": SEGMENT,
    "device_id": "device-00000",
    "received_at": 1700000000000,
}
READING_BYTES = len(json.dumps(READING))
SEPARATOR_BYTES = len(", ")
LIST_BYTES = len(json.dumps({"readings": []}))
ENVELOPE_BYTES = len(json.dumps(ENVELOPE)) - len("{}") + SEPARATOR_BYTES
MOST_READINGS = 128 * 1024 // (READING_BYTES + SEPARATOR_BYTES)  # IoT Core's message
METERED_BYTES = 5 * 1024  # IoT Core counts in steps of it
KEY_BYTES = len(SEGMENT)  # Kinesis counts the partition key too


def message_bytes(readings: int) -> int:
    """Bytes of a message of so many readings; a single one is sent bare."""
    if readings == 1:
        return READING_BYTES
    return LIST_BYTES + readings * (READING_BYTES + SEPARATOR_BYTES) - SEPARATOR_BYTES


def record_bytes(readings: int) -> int:
    """Bytes of such a message as the stream counts them."""
    return message_bytes(readings) + ENVELOPE_BYTES + KEY_BYTES


def shard_demand(messages_s: float, readings: int) -> float:
    """How many shards so many messages fill."""
    each = max(1 / SHARD_RECORDS_S, record_bytes(readings) / SHARD_BYTES_S)
    return messages_s * each


def shards(messages_s: float, readings: int, fewest: int = FEWEST_SHARDS) -> int:
    """The fewest shards that the scaler keeps: less than 70 % used."""
    demand = shard_demand(messages_s, readings)
    return max(fewest, math.floor(demand / UP_SHARE) + 1)


def fullest_message() -> int:
    """The most readings that IoT Core meters as one message."""
    bare = LIST_BYTES - SEPARATOR_BYTES
    return (METERED_BYTES - bare) // (READING_BYTES + SEPARATOR_BYTES)
