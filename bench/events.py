"""Kinesis events as large as Lambda gets them, of made-up but plausible traffic."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

EVENT_BYTES = 6 * 1024 * 1024  # Lambda's limit of one invocation
START_MS = 1_795_372_200_000  # 18:30:00 on a Sunday
STEP_MS = 10_000
FIRST_SEQUENCE_NUMBER = 49590338271490256608559692538361571095921575989136588898

Event = dict[str, Any]


class Shape(NamedTuple):
    """How readings come: *sensors* of each of *segments*, *per_message* together."""

    per_message: int
    segments: int
    sensors: int


def event(shape: Shape, start_ms: int = START_MS, size: int = EVENT_BYTES) -> Event:
    """An event of about *size* bytes; 0.1 % of its readings are bad, 2 % repeated."""
    records: list[Event] = []
    room = size
    for message in messages(shape, start_ms):
        record = _record(message, len(records))
        room -= len(json.dumps(record, separators=(",", ":"))) + 1
        if room < 0:
            break
        records.append(record)
    return {"Records": records}


def messages(shape: Shape, start_ms: int) -> Iterator[Event]:
    """Messages without end: all segments in turn, every ten seconds."""
    number = 0
    at_ms = start_ms
    while True:
        for first in range(0, shape.sensors, shape.per_message):
            sensors = range(first, min(first + shape.per_message, shape.sensors))
            for segment in range(shape.segments):
                readings = []
                for sensor in sensors:
                    readings.append(_reading(segment, sensor, at_ms, number))
                    number += 1
                yield _message(shape, segment, readings, at_ms)
        at_ms += STEP_MS


def _reading(segment: int, sensor: int, at_ms: int, number: int) -> Event:
    is_bad, is_repeated = number % 1000 == 999, number % 50 == 49
    return {
        "sensor_id": f"{715_000 + segment}-{sensor}",
        "timestamp": at_ms - STEP_MS if is_repeated else at_ms,
        "vehicle_count": 5_000 if is_bad else number * 7 % 31,
        "average_speed": 40 + number * 13 % 700 / 10,
        "congestion_score": number * 11 % 45,
        "interval": STEP_MS // 1000,
    }


def _message(shape: Shape, segment: int, readings: list[Event], at_ms: int) -> Event:
    content = readings[0] if shape.per_message == 1 else {"readings": readings}
    return {
        **content,
        "segment_id": f"I-405-N.{segment}",
        "device_id": f"cabinet-{segment}",
        "received_at": at_ms + 250,
    }


def _record(message: Event, index: int) -> Event:
    """A record as the mapping hands it over, after the rule has passed it on."""
    data = json.dumps(message, separators=(",", ":")).encode()
    number = str(FIRST_SEQUENCE_NUMBER + index)
    stream = "arn:aws:kinesis:us-east-1:000000000000:stream/city-traffic-readings"
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": message["segment_id"],
            "sequenceNumber": number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": (message["received_at"] + 20) / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::000000000000:role/city-traffic-processor",
        "awsRegion": "us-east-1",
        "eventSourceARN": stream,
    }
