"""Reads the city's tables: scans and queries that return plain values.

`CityTableReader` is the port; `DynamoCity` reads the deployed tables. Items are dicts
with the names and units of `docs/reference/tables.md`, without the working state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from trafficctl.aws import session as aws
from trafficctl.cli.wrong_input import raise_unknown

Item = dict[str, Any]

STATIC_FIELDS = (
    "segment_id",
    "name",
    "district",
    "latitude",
    "longitude",
    "lanes",
    "length_m",
    "free_flow_speed",
    "learned_free_flow_speed",
)
COUNTER_FIELDS = ("accepted", "late", "duplicate", "stale")
LIVE_FIELDS = (
    "updated_at",
    "observed_at",
    "received_at",
    "flow",
    "flow_per_lane",
    "speed",
    "density",
    "occupancy",
    "speed_ratio",
    "travel_time_index",
    "level_of_service",
    "congestion_score",
    "sensors",
    "sensors_reporting",
    "alert_level",
    "alert_id",
    "alert_since",
    "speed_estimated",
    *COUNTER_FIELDS,
    "version",
)
SEGMENT_FIELDS = STATIC_FIELDS + LIVE_FIELDS

PARALLEL_SCANS = 4
LIST_SEGMENTS_HINT = "`trafficctl segments` lists them"


class CityTableReader(Protocol):
    """What the views read; `zone` names the time zone of the city."""

    zone: str

    def segments(self) -> list[Item]:
        """Every road segment, in any order."""

    def segment(self, segment_id: str) -> Item | None:
        """One road segment, None if there is no such item."""

    def open_alerts(self) -> list[Item]:
        """The alerts that are open now, oldest first."""

    def alerts_of_day(self, day: str) -> list[Item]:
        """The alerts opened on *day* (`2026-11-22`, UTC), oldest first."""


class DynamoCity:
    """Reads the city from its DynamoDB tables."""

    def __init__(self, client: Any, outputs: dict[str, str], zone: str = "UTC") -> None:
        self._client, self.zone = client, zone
        self._segments = outputs["RoadSegmentsTable"]
        self._alerts = outputs["CongestionAlertsTable"]

    def segments(self, fields: Sequence[str] = SEGMENT_FIELDS) -> list[Item]:
        """The *fields* of every road segment, by a parallel scan."""
        return scan(self._client, self._segments, fields)

    def segment(self, segment_id: str) -> Item | None:
        """One road segment, None if there is no such item."""
        names, projection = _projection(SEGMENT_FIELDS)
        answer = self._client.get_item(
            TableName=self._segments,
            Key={"segment_id": {"S": segment_id}},
            ProjectionExpression=projection,
            ExpressionAttributeNames=names,
        )
        return plain_item(answer["Item"]) if "Item" in answer else None

    def open_alerts(self) -> list[Item]:
        """The alerts that are open now, oldest first, by the index of open ones."""
        return self._query("open_alerts", "open_flag", "open")

    def alerts_of_day(self, day: str) -> list[Item]:
        """The alerts opened on *day*, oldest first, by the index of days."""
        return self._query("by_day", "day", day)

    def _query(self, index: str, key: str, value: str) -> list[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._alerts,
            IndexName=index,
            KeyConditionExpression="#k = :v",
            ExpressionAttributeNames={"#k": key},
            ExpressionAttributeValues={":v": {"S": value}},
        )
        return [plain_item(item) for page in pages for item in page["Items"]]


def open_city(stack: str) -> DynamoCity:
    """The city of a deployed stack. Raises CityError if it is not deployed."""
    dynamodb, outputs = open_tables(stack)
    return DynamoCity(dynamodb, outputs, outputs.zone)


def open_tables(stack: str) -> tuple[Any, aws.Outputs]:
    """A client of DynamoDB, and the outputs of a stack that name its tables.

    Raises CityError if it is not deployed.
    """
    session = aws.session()
    outputs = aws.stack_outputs(session, stack)
    return aws.client(session, "dynamodb"), outputs


def segment_ids(session: Any, outputs: Mapping[str, str]) -> list[str]:
    """The id of every road segment, in order."""
    client = aws.client(session, "dynamodb")
    segments = scan(client, outputs["RoadSegmentsTable"], ("segment_id",))
    return sorted(item["segment_id"] for item in segments)


def check_segments(
    session: Any, outputs: Mapping[str, str], requested: Iterable[str]
) -> None:
    """Raise UserError naming the segments that do not exist."""
    known = segment_ids(session, outputs)
    raise_unknown("segment", requested, known, LIST_SEGMENTS_HINT)


def scan(
    client: Any, table: str, fields: Sequence[str], consistent: bool = False
) -> list[Item]:
    """The *fields* of every item in *table*, by a parallel scan."""

    def part(number: int) -> list[Item]:
        return list(_scan_part(client, table, fields, number, consistent))

    with ThreadPoolExecutor(PARALLEL_SCANS) as pool:
        return [
            item for items in pool.map(part, range(PARALLEL_SCANS)) for item in items
        ]


def _scan_part(
    client: Any, table: str, fields: Sequence[str], number: int, consistent: bool
) -> Iterator[Item]:
    names, projection = _projection(fields)
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        Segment=number,
        TotalSegments=PARALLEL_SCANS,
        ConsistentRead=consistent,
        ProjectionExpression=projection,
        ExpressionAttributeNames=names,
    )
    for page in pages:
        yield from map(plain_item, page["Items"])


def _projection(fields: Iterable[str]) -> tuple[dict[str, str], str]:
    """Names and expression of a projection; `name` and others are reserved words."""
    names = {f"#{n}": field for n, field in enumerate(fields)}
    return names, ", ".join(names)


def plain_item(item: dict[str, Any]) -> Item:
    """An item of the low-level API as plain Python values."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(typed: dict[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    if kind == "N":
        return float(value) if set(value) & set(".eE") else int(value)
    if kind == "M":
        return plain_item(value)
    if kind == "L":
        return [_plain(element) for element in value]
    return None if kind == "NULL" else value
