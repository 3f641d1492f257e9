"""Marks that nothing else contains, in every field of what a stranger can send."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.unit.traffic.segment.builders import START

MARK = "CANARY"
_GOOD = {
    "sensor_id": "a-sensor",
    "timestamp": START,
    "vehicle_count": 9,
    "average_speed": 31.5,
    "congestion_score": 84.0,
    "occupancy": 0.2,
    "interval": 60,
}


def marked(where: str) -> str:
    """A mark that tells where it stood."""
    return f"{MARK}-{where}"


def messages() -> Iterator[tuple[str, str, bytes]]:
    """A name, the partition key and the bytes of each message."""
    for name in _GOOD:
        for shape, value in shapes(name).items():
            spoilt = {**_GOOD, name: value}
            yield f"{name} {shape}", "seg", _json({"readings": [_GOOD, spoilt]})
            yield f"bare {name} {shape}", "seg", _json(spoilt)
    extra = {**_GOOD, marked("field"): marked("value")}
    yield "unknown field", "seg", _json({"readings": [extra], marked("k"): marked("v")})
    yield "device", "seg", _json({**_GOOD, "device_id": marked("device") * 99})
    yield "segment", marked("segment") + " !" * 99, _json(_GOOD)
    for name, raw in _unreadable().items():
        yield name, "seg", raw


def shapes(name: str) -> dict[str, Any]:
    """A mark that could be an id, one that can't, a long one, a list, an object."""
    mark = marked(name)
    return {
        "word": mark,
        "text": f"{mark} !",
        "long": mark * 2_000,
        "list": [mark],
        "object": {mark: {mark: mark}},
        "surrogate": f"\ud800{mark}",
    }


def _unreadable() -> dict[str, bytes]:
    mark = marked("raw").encode()
    return {
        "no json": mark,
        "cut off": b'{"readings": [{"sensor_id": "' + mark,
        "no text": b'{"sensor_id": "' + mark + b'\xff\xfe"}',
        "no list": b'{"readings": "' + mark + b'"}',
        "no reading": b'["' + mark + b'"]',
        "not a number": b'{"sensor_id": "' + mark + b'", "vehicle_count": NaN}',
        "deep": b'{"readings": ' + b"[" * 5_000 + b'"' + mark + b'"' + b"]" * 5_000,
        "many digits": b'{"sensor_id": "' + mark + b'", "interval": 1' + b"0" * 5_000,
    }


def records() -> list[dict[str, Any]]:
    """All of it as Kinesis hands it on."""
    return [
        {
            "eventID": f"shardId-000000000000:{number}",
            "kinesis": {
                "partitionKey": segment_id,
                "sequenceNumber": str(number),
                "data": base64.b64encode(raw).decode(),
                "approximateArrivalTimestamp": START / 1000,
            },
        }
        for number, (_, segment_id, raw) in enumerate(messages(), start=1)
    ]


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
