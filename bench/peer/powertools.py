"""The peer: the processor's task as the documentation of Powertools would solve it.

It validates by pydantic models, counts duplicates by the state of each segment, keeps
live measures and minutes, and raises an alert after a hold time. It does less than the
processor: nothing is quarantined, late readings have no row, alerts no outbox.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Optional

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.parser.models import (
    KinesisDataStreamRecord,
    KinesisDataStreamRecordPayload,
)
from pydantic import BaseModel, Field, Json

from .tables import CannedTable, Item, attribute, read, statement, update, write

HISTORY = "segment_history"
LANES, FREE_FLOW = 5, 105.0
HIGH_SCORE, HOLD_MS, MINUTE_MS = 50, 60_000, 60_000
OLDEST_MS, LEAD_MS = 86_400_000, 60_000
DENSITY_LIMITS = (7, 11, 16, 22, 28)

Groups = dict[str, list[tuple[int, Any]]]  # receipt time and reading, by segment


class Reading(BaseModel):
    """One reading, with the ranges of the wire format."""

    sensor_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_:.\-]{1,64}$")]
    timestamp: Annotated[int, Field(strict=True)]
    vehicle_count: Annotated[int, Field(strict=True, ge=0, le=1000)]
    average_speed: Annotated[
        Optional[float], Field(ge=0, le=250, allow_inf_nan=False)
    ] = None
    congestion_score: Annotated[
        Optional[float], Field(ge=0, le=100, allow_inf_nan=False)
    ] = None
    occupancy: Annotated[Optional[float], Field(ge=0, le=1, allow_inf_nan=False)] = None
    interval: Annotated[Optional[float], Field(gt=0, le=3600)] = None


class Bare(Reading):
    """A message of one reading."""

    segment_id: str
    device_id: str
    received_at: int


class Batch(BaseModel):
    """A message of several readings."""

    segment_id: str
    device_id: str
    received_at: int
    readings: list[Reading]


class BarePayload(KinesisDataStreamRecordPayload):
    """The stream's envelope of a bare reading."""

    data: Json[Bare]


class BatchPayload(KinesisDataStreamRecordPayload):
    """The stream's envelope of several readings."""

    data: Json[Batch]


class BareRecord(KinesisDataStreamRecord):
    """A record of one reading."""

    kinesis: BarePayload


class BatchRecord(KinesisDataStreamRecord):
    """A record of several readings."""

    kinesis: BatchPayload


def handler_of(event: Item, is_bare: bool) -> Callable[[], None]:
    """Return what handles *event*; each call begins with the segments stored first."""
    client = CannedTable(stored_items(event, is_bare))
    return lambda: handle(event, is_bare, client)


def stored_items(event: Item, is_bare: bool) -> dict[str, Item]:
    """The segments' items, by segment, as they are before the readings of *event*."""
    items = {}
    for segment_id, readings in _taken(event, is_bare).items():
        state = _empty()
        _folded(segment_id, state, readings)
        items[segment_id] = _before(segment_id, state)
    return items


def handle(event: Item, is_bare: bool, client: Any) -> None:
    """Handle *event* by few calls of *client*, of DynamoDB."""
    groups = _taken(event, is_bare)
    states = read(list(groups), client)
    statements, actions = [], []
    for segment_id, readings in groups.items():
        state = states.get(segment_id) or _empty()
        values, rows = _folded(segment_id, state, readings)
        if rows:
            actions.append([*rows, update(segment_id, values)])
        else:
            statements.append(statement(segment_id, values))
    write(statements, actions, client)


def _taken(event: Item, is_bare: bool) -> Groups:
    groups: Groups = {}

    def take(record: Any) -> None:
        message = record.kinesis.data
        readings = (message,) if is_bare else message.readings
        group = groups.setdefault(message.segment_id, [])
        group.extend((message.received_at, reading) for reading in readings)

    model = BareRecord if is_bare else BatchRecord
    processor = BatchProcessor(event_type=EventType.KinesisDataStreams, model=model)
    process_partial_response(
        event=event, record_handler=take, processor=processor, context=None
    )
    return groups


def _empty() -> Item:
    return {"sensors": {}, "minutes": {}, "level": "none", "since": None, "clock": 0}


def _before(segment_id: str, state: Item) -> Item:
    """Return the item as it was before the readings: the same again are then new."""
    sensors = {
        name: [*values[:5], values[5] - 10_000_000]
        for name, values in state["sensors"].items()
    }
    text = json.dumps({**state, "sensors": sensors})
    return {"segment_id": {"S": segment_id}, "state": {"S": text}}


def _folded(
    segment_id: str, state: Item, readings: Sequence[tuple[int, Any]]
) -> tuple[Item, list[Item]]:
    """Fold *readings* into *state*; return the values and history rows to write."""
    accepted = duplicate = 0
    sensors, minutes = state["sensors"], state["minutes"]
    for received, one in readings:
        at = one.timestamp
        if not received - OLDEST_MS <= at <= received + LEAD_MS:
            continue
        last = sensors.get(one.sensor_id)
        if last is not None and at <= last[5]:
            duplicate += 1
            continue
        accepted += 1
        score, speed = one.congestion_score, one.average_speed
        if score is None:
            score = max(0.0, 100 * (1 - (speed or 0) / FREE_FLOW))
        count, span_s = one.vehicle_count, one.interval or 60
        sensors[one.sensor_id] = [count, speed, one.occupancy, span_s, score, at]
        state["clock"] = max(state["clock"], at)
        sums = minutes.setdefault(str(at // MINUTE_MS), [0, 0, 0.0, 0.0, 0.0])
        sums[0] += 1
        sums[1] += count
        sums[3] += score
        sums[4] += span_s
        if speed:
            sums[2] += count / max(speed, 1.0)
    live = _measures(list(sensors.values()))
    _judge(state, live["congestion_score"])
    rows = _closed(segment_id, state)
    counts = {"sensors": len(sensors), "accepted": accepted, "duplicate": duplicate}
    text = json.dumps(state)
    updated = {"updated_at": state["clock"], "state": text, "version": 2}
    return {**live, **counts, **updated}, rows


def _measures(sensors: Sequence[Sequence[Any]]) -> Item:
    vehicles = sum(one[0] for one in sensors)
    per_lane = sum(3600 * one[0] / one[3] for one in sensors) / len(sensors)
    pace = sum(one[0] / max(one[1], 1.0) for one in sensors if one[1] is not None)
    score = sum(one[4] for one in sensors) / len(sensors)
    measures: Item = {
        "flow": round(per_lane * LANES),
        "flow_per_lane": round(per_lane),
        "congestion_score": round(score, 1),
    }
    if pace:
        speed = vehicles / pace
        density = per_lane / speed
        measures["speed"] = round(speed, 1)
        measures["density"] = round(density, 1)
        measures["speed_ratio"] = round(speed / FREE_FLOW, 3)
        measures["travel_time_index"] = round(max(FREE_FLOW / speed, 1.0), 2)
        exceeded = sum(density > limit for limit in DENSITY_LIMITS)
        measures["level_of_service"] = "ABCDEF"[exceeded]
    return measures


def _judge(state: Item, score: float) -> None:
    if score < HIGH_SCORE:
        state["since"] = None
    elif state["level"] == "none":
        state["since"] = state["since"] or state["clock"]
        if state["clock"] - state["since"] >= HOLD_MS:
            state["level"] = "high"


def _closed(segment_id: str, state: Item) -> list[Item]:
    newest, minutes = state["clock"] // MINUTE_MS, state["minutes"]
    rows = []
    for minute in [one for one in minutes if int(one) < newest - 1]:
        readings, vehicles, pace, scores, _ = minutes.pop(minute)
        row = {
            "segment_id": segment_id,
            "minute": minute,
            "readings": readings,
            "vehicles": vehicles,
            "speed": round(vehicles / pace, 1) if pace else 0,
            "congestion_score": round(scores / readings, 1),
        }
        item = {name: attribute(value) for name, value in row.items()}
        rows.append({"Put": {"TableName": HISTORY, "Item": item}})
    return rows
