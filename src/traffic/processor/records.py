"""Decode the records of the stream into messages, one segment at a time.

Grouping reads only the partition keys. A segment's records are decoded when its turn
comes, so a decoded batch is never in memory as a whole.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Optional

import msgspec

from ..model import DecodedMessage, QuarantineEntry, Rejection, WireMessage
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
_MOST = MAX_READINGS_PER_MESSAGE
# A record's `kinesis` object: partition key, sequence number, data, arrival time.
RecordBody = Mapping[str, Any]


@dataclass
class DecodedRecords:
    """The records of one segment, decoded: messages in their order, and rejections.

    *readings* counts all readings of the records, rejected ones included.
    """

    messages: list[DecodedMessage] = field(default_factory=list)
    rejected: list[QuarantineEntry] = field(default_factory=list)
    readings: int = 0


def group_by_segment(
    records: Sequence[Mapping[str, Any]],
) -> dict[str, list[RecordBody]]:
    """Group the *records* of a Lambda event from Kinesis by segment, in their order.

    The partition key names the segment: the IoT rule takes it from the topic, which the
    device's certificate allows. A segment named in the payload is ignored.
    """
    groups: dict[str, list[RecordBody]] = defaultdict(list)
    for record in records:
        body = record["kinesis"]
        groups[body["partitionKey"]].append(body)
    return groups


def decode_records(
    segment_id: str, bodies: Sequence[RecordBody], now_ms: int
) -> DecodedRecords:
    """Decode records of one segment; *now_ms* stands in for a missing arrival time."""
    result, is_valid = DecodedRecords(), is_id(segment_id)
    for body, wire in zip(bodies, _decode_all(bodies)):
        readings: Optional[Sequence[Any]] = None if wire is None else wire.readings
        if wire is not None and readings is None:
            is_whole = wire.sensor_id and wire.timestamp != -1
            readings = (wire,) if is_whole else None
        if wire is None or not readings or not is_valid or len(readings) > _MOST:
            _salvage_record(result, segment_id, body, now_ms)
            continue
        received = _received_ms(wire.received_at, body.get(_ARRIVAL), now_ms)
        message = DecodedMessage(
            body["sequenceNumber"], received, readings, wire.device_id
        )
        result.messages.append(message)
        result.readings += len(readings)
    return result


def _decode_all(bodies: Sequence[RecordBody]) -> list[Optional[WireMessage]]:
    """Decode the data of all *bodies*; None for each that is not a valid message.

    The loop runs in C: `map` continues after the record that failed.
    """
    messages: list[Optional[WireMessage]] = []
    decoding = map(decode_message, _contents(list(map(_DATA, bodies))))
    while len(messages) < len(bodies):
        try:
            messages.extend(decoding)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            messages.append(None)
    return messages


def _contents(texts: list[str]) -> Iterable[bytes]:
    """Return what base64 *texts* stand for, by msgspec's reader: it is the fastest."""
    try:
        return msgspec.convert(texts, list[bytes])
    except msgspec.ValidationError:  # never from Kinesis: fail at the text in question
        return map(a2b_base64, texts)


def decode_batch(
    records: Sequence[Mapping[str, Any]], now_ms: int
) -> dict[str, DecodedRecords]:
    """Group and decode *records* all at once."""
    return {
        s: decode_records(s, bodies, now_ms)
        for s, bodies in group_by_segment(records).items()
    }


def _bytes_of(data: str) -> bytes:
    try:
        return a2b_base64(data)
    except ValueError:  # never from Kinesis: let the decoder reject it
        return data.encode()


def _received_ms(
    received_at: Optional[int], arrival_s: Optional[float], now_ms: int
) -> int:
    """Return the receipt time (ms): the stream's where the message's is implausible."""
    arrived = now_ms if arrival_s is None else int(arrival_s * 1000)
    if received_at is None:
        return arrived
    delay = arrived - received_at
    return received_at if -MAX_CLOCK_LEAD_MS <= delay <= LONGEST_DELAY_MS else arrived


def _salvage_record(
    result: DecodedRecords, segment_id: str, body: RecordBody, now_ms: int
) -> None:
    raw = _bytes_of(body["data"])
    decoded = salvage(raw)
    message = DecodedMessage(
        body["sequenceNumber"],
        _received_ms(decoded.received_at, body.get(_ARRIVAL), now_ms),
        decoded.readings,
        decoded.device_id,
        decoded.positions,
    )
    rejected = decoded.rejected
    if not is_id(segment_id):
        rejected = [_bad_segment(segment_id, decoded, raw)]
    elif decoded.readings:
        result.messages.append(message)
        result.readings += len(decoded.readings)
    for fault in rejected:
        result.rejected.append((segment_id, message, fault))
        result.readings += fault.readings


def _bad_segment(segment_id: str, decoded: Any, raw: bytes) -> Rejection:
    return Rejection(
        "bad_segment_id",
        "segment_id",
        f"1-{MAX_ID_LENGTH} of letters, digits, _ : . -",
        repr(segment_id[: 2 * MAX_ID_LENGTH]),
        readings=len(decoded.readings) + sum(r.readings for r in decoded.rejected),
        raw=raw,
    )
