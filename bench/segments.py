"""Segments as the table holds them in mid-day, and a client that has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.traffic.segment import builders
from traffic.aws import dynamodb, segment_items
from traffic.model import Road, StoredSegment
from traffic.processor.records import decode_batch
from traffic.segment.decide import decide

from .events import START_MS, STEP_MS, Shape, event

Item = dict[str, Any]
STEPS = 8  # each of ten seconds: more than a minute of traffic
MOST_BYTES = 1_000  # of a record with one reading

POLICY = replace(builders.POLICY, retention_days=90)
ROAD: Item = {
    "name": "San Diego Freeway, northbound at Wilshire",
    "district": "West Los Angeles",
    "latitude": 34.05214,
    "longitude": -118.44782,
    "lanes": 5,
    "length_m": 812.5,
    "free_flow_speed": 105.0,
}
LINE = "qe~nE~v~qUmBdAyBhAwBfAsBbAoB~@kBz@gBv@cBr@_Bn@{Aj@wAf@sAb@"


def stored_items(shape: Shape) -> dict[str, Item]:
    """The item of each segment after some minutes of such traffic, by segment."""
    first_ms = START_MS - STEPS * STEP_MS
    last_ms = START_MS - STEP_MS  # what comes next follows without a gap
    readings = STEPS * shape.segments * shape.sensors
    earlier = event(shape, first_ms, size=readings * MOST_BYTES)
    decoded = decode_batch(earlier["Records"], last_ms)
    items = {}
    for segment_id, one in decoded.items():
        past = [
            message for message in one.messages if message.reference_ms <= last_ms + 250
        ]
        stored = StoredSegment(segment_id, road=Road(**ROAD, known=True))
        items[segment_id] = _item(decide(stored, past, last_ms, POLICY))
    return items


def _item(decision: Any) -> Item:
    present, _ = segment_items.changes(decision)
    static = {"segment_id": decision.segment.segment_id, **ROAD, "line": LINE}
    return dynamodb.attributes({**static, **present})


def item_bytes(item: Item) -> int:
    """The size of *item* as DynamoDB counts it: names, and values by their type."""
    return sum(len(name.encode()) + _value_bytes(item[name]) for name in item)


def _value_bytes(attribute: dict[str, Any]) -> int:
    value: Any
    (kind, value), *_ = attribute.items()
    if kind != "N":
        return len(value.encode() if kind == "S" else value)
    digits = value.lstrip("-").replace(".", "").strip("0") or "0"
    return (len(digits) + 1) // 2 + 1 + int(value.startswith("-"))


class CannedTables:
    """A DynamoDB client that answers at once: these items, and yes to every write."""

    def __init__(self, stored: dict[str, Item]) -> None:
        wanted = {"segment_id", *segment_items.read_attributes()}
        self._stored = {
            segment_id: {name: item[name] for name in item if name in wanted}
            for segment_id, item in stored.items()
        }

    def batch_get_item(self, RequestItems: Item) -> Item:  # noqa: N803 - boto3's name
        """The stored segments; of the history, nothing."""
        responses: Item = {}
        for table, request in RequestItems.items():
            ids = [key["segment_id"]["S"] for key in request["Keys"]]
            is_history = "minute" in request["Keys"][0]
            responses[table] = (
                [] if is_history else [self._stored[each] for each in ids]
            )
        return {"Responses": responses, "UnprocessedKeys": {}}

    def batch_execute_statement(self, Statements: list[Item]) -> Item:  # noqa: N803
        """Every statement succeeds."""
        return {"Responses": [{}] * len(Statements)}

    def transact_write_items(self, TransactItems: list[Item]) -> Item:  # noqa: N803
        """Every transaction succeeds."""
        return {} if TransactItems else {"Error": "empty"}
