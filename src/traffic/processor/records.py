"""Records of the stream into messages, a segment at a time.

Grouping looks at the partition keys alone. What a record says is read only when its
segment's turn comes, so that a batch never lies in memory as a whole, decoded.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Optional

import msgspec

from ..model import Message, Parcel, Rejection, SetAside
from ..policy import (
    LONGEST_DELAY_MS,
    MAX_CLOCK_LEAD_MS,
    MAX_ID_LENGTH,
    MAX_READINGS_PER_MESSAGE,
    is_id,
)
from .decode import decode_message, salvage

_ARRIVAL = "approximateArrivalTimestamp"  # in the stream, in s
_DATA = itemgetter("data")
Body = Mapping[str, Any]  # a record's `kinesis`: key, sequence number, data, arrival


@dataclass
class Opened:
    """What records of one segment say: messages in their order, and what is unreadable.

    *readings* counts those in the records, read or not.
    """

    parcels: list[Parcel] = field(default_factory=list)
    rejected: list[SetAside] = field(default_factory=list)
    readings: int = 0


def grouped(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Body]]:
    """Group the *records* of a Lambda event from Kinesis by segment, in their order.

    The partition key names the segment: the rule takes it from the topic, which the
    device's certificate allows, so what a payload claims never wins.
    """
    groups: dict[str, list[Body]] = defaultdict(list)
    for record in records:
        body = record["kinesis"]
        groups[body["partitionKey"]].append(body)
    return groups


def opened(segment_id: str, bodies: Sequence[Body], now_ms: int) -> Opened:
    """Decode records of one segment; *now_ms* is when one without arrival time came."""
    found, is_known = Opened(), is_id(segment_id)
    for body, message in zip(bodies, _decoded(bodies)):
        readings = _readings(message) if is_known else None
        if message is None or readings is None:
            _second_look(found, segment_id, body, now_ms)
            continue
        received = _received(message.received_at, body.get(_ARRIVAL), now_ms)
        number = body["sequenceNumber"]
        found.parcels.append(Parcel(number, received, readings, message.device_id))
        found.readings += len(readings)
    return found


def _readings(message: Optional[Message]) -> Optional[Sequence[Any]]:
    """Return the readings of a message, None if they need a second look."""
    if message is None:
        return None
    readings = message.readings
    if readings is None:
        return (message,) if message.sensor_id and message.timestamp != -1 else None
    return readings if 0 < len(readings) <= MAX_READINGS_PER_MESSAGE else None


def _decoded(bodies: Sequence[Body]) -> list[Optional[Message]]:
    """Decode the data of all *bodies*; None for each that is no message.

    The loop runs in C: `map` goes on after the one that could not be decoded.
    """
    messages: list[Optional[Message]] = []
    decoding = map(decode_message, map(a2b_base64, map(_DATA, bodies)))
    while len(messages) < len(bodies):
        try:
            messages.extend(decoding)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            messages.append(None)
    return messages


def intake(records: Sequence[Mapping[str, Any]], now_ms: int) -> dict[str, Opened]:
    """Group and decode *records* all at once."""
    return {s: opened(s, bodies, now_ms) for s, bodies in grouped(records).items()}


def _bytes_of(data: str) -> bytes:
    try:
        return a2b_base64(data)
    except ValueError:  # as the stream never has it: let the decoder refuse it
        return data.encode()


def _received(
    received_at: Optional[int], arrival_s: Optional[float], now_ms: int
) -> int:
    """Return when the message was received, in ms; the stream's word against lies."""
    arrived = now_ms if arrival_s is None else int(arrival_s * 1000)
    if received_at is None:
        return arrived
    delay = arrived - received_at
    return received_at if -MAX_CLOCK_LEAD_MS <= delay <= LONGEST_DELAY_MS else arrived


def _second_look(found: Opened, segment_id: str, body: Body, now_ms: int) -> None:
    raw = _bytes_of(body["data"])
    decoded = salvage(raw)
    parcel = Parcel(
        body["sequenceNumber"],
        _received(decoded.received_at, body.get(_ARRIVAL), now_ms),
        decoded.readings,
        decoded.device_id,
        decoded.positions,
    )
    rejected = decoded.rejected
    if not is_id(segment_id):
        rejected = [_bad_segment(segment_id, decoded, raw)]
    elif decoded.readings:
        found.parcels.append(parcel)
        found.readings += len(decoded.readings)
    for fault in rejected:
        found.rejected.append((segment_id, parcel, fault))
        found.readings += fault.readings


def _bad_segment(segment_id: str, decoded: Any, raw: bytes) -> Rejection:
    return Rejection(
        "bad_segment_id",
        "segment_id",
        f"1-{MAX_ID_LENGTH} of letters, digits, _ : . -",
        repr(segment_id[: 2 * MAX_ID_LENGTH]),
        readings=len(decoded.readings) + sum(r.readings for r in decoded.rejected),
        raw=raw,
    )
