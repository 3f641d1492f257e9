"""Records of the stream into messages grouped by segment."""

from __future__ import annotations

import binascii
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

import msgspec

from .decode import decode_message, is_whole, salvage
from .model import Message, Parcel, Rejection, is_id
from .policy import LONGEST_REDRIVE_MS, MAX_CLOCK_LEAD_MS, MAX_ID_LENGTH

# How long a record may have waited in the stream before its receipt time is no longer
# believed: a week, the longest that a mapping may retry.
_LONGEST_DELAY_MS = 7 * 24 * 3_600_000


_UNREADABLE = Message()  # no whole message: it gets a second look


@dataclass
class Intake:
    """The messages of a batch by segment, in their order, and what could not be read.

    *records* counts the records, *readings* the readings in them, read or not;
    *redriven* names the segments to which something was put back.
    """

    groups: dict[str, list[Parcel]] = field(default_factory=lambda: defaultdict(list))
    rejected: list[tuple[str, Parcel, Rejection]] = field(default_factory=list)
    records: int = 0
    readings: int = 0
    redriven: set[str] = field(default_factory=set)


def intake(records: Sequence[Mapping[str, Any]], now_ms: int) -> Intake:
    """Decode the *records* of a Lambda event from Kinesis.

    The partition key names the segment: the rule takes it from the topic, which the
    device's certificate allows, so what a payload claims never wins. *now_ms* stands
    in for an arrival time that is absent.
    """
    taken = Intake(records=len(records))
    groups = taken.groups
    for record in records:
        body = record["kinesis"]
        raw, segment_id = _bytes_of(body["data"]), body["partitionKey"]
        try:
            message = decode_message(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            message = _UNREADABLE
        readings: Sequence[Any] = message.readings or (message,)
        is_known = segment_id in groups or is_id(segment_id)
        if not (is_known and is_whole(message)):
            _second_look(taken, segment_id, body, raw, now_ms)
            continue
        received = _received(message.received_at, body, now_ms)
        parcel = Parcel(body["sequenceNumber"], received, readings, message.device_id)
        groups[segment_id].append(parcel)
        taken.readings += len(readings)
    return taken


def _bytes_of(data: str) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except ValueError:  # as the stream never has it: let the decoder refuse it
        return data.encode()


def _received(
    received_at: Optional[int],
    body: Mapping[str, Any],
    now_ms: int,
    longest_ms: int = _LONGEST_DELAY_MS,
) -> int:
    """Return when the message was received, in ms; the stream's word against lies."""
    arrival = body.get("approximateArrivalTimestamp")
    arrived = now_ms if arrival is None else int(arrival * 1000)
    if received_at is None:
        return arrived
    delay = arrived - received_at
    return received_at if -MAX_CLOCK_LEAD_MS <= delay <= longest_ms else arrived


def _second_look(
    taken: Intake, segment_id: str, body: Mapping[str, Any], raw: bytes, now_ms: int
) -> None:
    decoded = salvage(raw)
    longest_ms = LONGEST_REDRIVE_MS if decoded.redriven else _LONGEST_DELAY_MS
    parcel = Parcel(
        body["sequenceNumber"],
        _received(decoded.received_at, body, now_ms, longest_ms),
        decoded.readings,
        decoded.device_id,
        decoded.positions,
        decoded.redriven,
    )
    rejected = decoded.rejected
    if not is_id(segment_id):
        rejected = [_bad_segment(segment_id, decoded, raw)]
    elif decoded.readings:
        taken.groups[segment_id].append(parcel)
        taken.readings += len(decoded.readings)
        if decoded.redriven:
            taken.redriven.add(segment_id)
    for fault in rejected:
        taken.rejected.append((segment_id, parcel, fault))
        taken.readings += fault.readings


def _bad_segment(segment_id: str, decoded: Any, raw: bytes) -> Rejection:
    return Rejection(
        "bad_segment_id",
        "segment_id",
        f"1-{MAX_ID_LENGTH} of letters, digits, _ : . -",
        repr(segment_id[: 2 * MAX_ID_LENGTH]),
        readings=len(decoded.readings) + sum(r.readings for r in decoded.rejected),
        raw=raw,
    )
