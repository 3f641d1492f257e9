"""Readings, messages, records and roads, made in one place; times in seconds.

Second 0 of every test is `START`, the first of a minute.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from traffic.model import DecodedMessage, QuarantineEntry, Road, StoredSegment
from traffic.policy import MINUTE_MS, Policy
from traffic.processor.records import DecodedRecords, decode_batch
from traffic.segment.decide import Decision, decide
from traffic.segment.fold_result import AlertChange
from traffic.segment.rows import minutes_of
from traffic.segment.windows import Window, merge_windows

START = 1_800_000_000_000  # 2027-01-15T08:00:00Z
MINUTE = START // MINUTE_MS

POLICY = Policy(
    high_score=50,
    severe_score=80,
    clear_score=40,
    hold_s=60,
    clear_hold_s=120,
    retention_days=30,
    default_interval_s=60,
    link_format="https://traffic.example/#segment={segment_id}",
    zone="Europe/Berlin",
)
ROAD = Road(
    name="I-405 N",
    district="Los Angeles",
    latitude=34.05214,
    longitude=-118.44782,
    lanes=4,
    length_m=800.0,
    free_flow_speed=100.0,
    known=True,
)


def ms(seconds: float) -> int:
    """The instant *seconds* after START."""
    return START + round(seconds * 1000)


def reading(
    sensor: str = "a",
    seconds: float = 0,
    count: Any = 10,
    speed: Any = 100.0,
    **more: Any,
) -> dict[str, Any]:
    """A reading as a device says it; *speed* None leaves it out."""
    said = {"sensor_id": sensor, "timestamp": ms(seconds), "vehicle_count": count}
    if speed is not None:
        said["average_speed"] = speed
    return {**said, **more}


def message(*readings: Any, received: float | None = None, **more: Any) -> bytes:
    """A message as the rule forwards it, received when its newest reading was made."""
    content = {"readings": readings, "received_at": _newest(readings), "device_id": "u"}
    if received is not None:
        content["received_at"] = ms(received)
    return json.dumps({**content, **more}).encode()


def _newest(readings: Sequence[Any]) -> int:
    said = [one.get("timestamp") for one in readings if isinstance(one, dict)]
    return max((at for at in said if isinstance(at, int)), default=START)


def record(
    sequence: int, data: bytes, segment: str = "s", arrived: float | None = None
) -> dict[str, Any]:
    """A record of a Lambda event from Kinesis; it arrived when it was received."""
    receipt = _receipt(data) if arrived is None else ms(arrived)
    return {
        "eventID": f"shardId-000000000001:{sequence}",
        "kinesis": {
            "partitionKey": segment,
            "sequenceNumber": str(sequence),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": receipt / 1000,
        },
    }


def _receipt(data: bytes) -> int:
    try:
        said = json.loads(data)["received_at"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return START
    return said if isinstance(said, int) else START


def records(*messages: bytes, segment: str = "s", first: int = 1) -> list[Any]:
    """One record a message, in their order."""
    return [record(first + i, data, segment) for i, data in enumerate(messages)]


@dataclass(frozen=True)
class Told:
    """What has become of the messages told to one segment, and its history."""

    stored: StoredSegment = field(default_factory=lambda: StoredSegment("s", road=ROAD))
    minutes: Mapping[int, Window] = field(default_factory=dict)
    changes: tuple[AlertChange, ...] = ()
    rejected: Mapping[tuple[int, Any], QuarantineEntry] = field(default_factory=dict)
    redelivered: int = 0
    last: Any = None
    live: Mapping[str, Any] = field(default_factory=dict)

    @property
    def transitions(self) -> list[tuple[str, str, float]]:
        """Kind, level and second of each change of the alert."""
        levels = ("none", "high", "severe")
        turns = [change.transition for change in self.changes]
        return [(t.kind, levels[t.level], (t.at - START) / 1000) for t in turns]

    @property
    def reasons(self) -> list[str]:
        """The reasons of all rejections, by record and place."""
        return [self.rejected[key][2].reason for key in sorted(self.rejected, key=str)]


def tell(told: Told, batch: Sequence[Any], policy: Policy = POLICY) -> Told:
    """Decide on one batch of records, all of segment `s`, as the shell would."""
    taken = decode_batch(batch, START)
    told = _with_refused(told, [r for one in taken.values() for r in one.rejected])
    messages = taken.get("s", DecodedRecords()).messages
    return tell_parcels(told, messages, policy) if messages else told


def tell_parcels(
    told: Told, messages: Sequence[DecodedMessage], policy: Policy = POLICY
) -> Told:
    """Decide on decoded messages."""
    decision = decide(told.stored, messages, START, policy)
    refused = [("s", message, fault) for message, fault in decision.rejected]
    return _with_refused(applied(told, decision), refused)


def tell_all(
    batches: Iterable[Sequence[Any]], told: Told | None = None, policy: Policy = POLICY
) -> Told:
    """Decide on batch after batch."""
    told = told or Told()
    for batch in batches:
        told = tell(told, batch, policy)
    return told


def say(*messages: bytes, policy: Policy = POLICY) -> Told:
    """What becomes of messages that come in one batch."""
    return tell(Told(), records(*messages), policy)


def applied(told: Told, decision: Decision) -> Told:
    """The segment as the store leaves it."""
    minutes = dict(told.minutes)
    for minute, window in minutes_of(decision).items():
        known = minutes.get(minute)
        minutes[minute] = window if known is None else merge_windows(known, window)
    return replace(
        told,
        stored=decision.segment if decision.has_changes() else told.stored,
        minutes=minutes,
        changes=told.changes + tuple(decision.changes),
        redelivered=told.redelivered + decision.redelivered,
        last=decision,
        live={**told.live, **decision.live},
    )


def _with_refused(told: Told, refused: Iterable[QuarantineEntry]) -> Told:
    faults = {(int(one[1].sequence_number), one[2].position): one for one in refused}
    return replace(told, rejected={**told.rejected, **faults})
