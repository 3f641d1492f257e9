"""Roads in the city's table: written, and what a file no longer has removed.

Only static attributes are written; those of the processor are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import Item, scan
from trafficctl.cli.progress import counting
from trafficctl.roads.network import ATTRIBUTES, RoadSegment, read_geojson

PARALLEL_WRITES = 16


@dataclass(frozen=True)
class Stale:
    """What the city has and a file has not."""

    roads: list[str]
    attributes: dict[str, list[str]]  # by segment


def known_roads(dynamodb: Any, table: str) -> list[Item]:
    """The roads that the city knows, without segments that only sensors named."""
    items = scan(dynamodb, table, ATTRIBUTES, consistent=True)
    return [item for item in items if "latitude" in item]


def stale(
    known: Iterable[Item], roads: Sequence[RoadSegment], spared: Collection[str] = ()
) -> Stale:
    """What of `known` is not in `roads`; the `spared` ones are not asked for."""
    by_id = {road.segment_id: road for road in roads}
    gone, attributes = [], {}
    for item in sorted(known, key=lambda one: str(one["segment_id"])):
        name = item["segment_id"]
        if name not in by_id:
            gone += [] if name in spared else [name]
        elif old := sorted(k for k in item if getattr(by_id[name], k) is None):
            attributes[name] = old
    return Stale(gone, attributes)


def update_of(
    road: RoadSegment, table: str, removed: Sequence[str] = ()
) -> dict[str, Any]:
    """The UpdateItem that writes the static attributes of one segment."""
    given = {k: v for k, v in vars(road).items() if v is not None and k != "segment_id"}
    sets = "SET " + ", ".join(f"#{k} = :{k}" for k in given)
    removes = " REMOVE " + ", ".join(f"#{k}" for k in removed) if removed else ""
    return {
        "TableName": table,
        "Key": {"segment_id": {"S": road.segment_id}},
        "UpdateExpression": sets + removes,
        "ExpressionAttributeNames": {f"#{k}": k for k in (*given, *removed)},
        "ExpressionAttributeValues": {f":{k}": _typed(v) for k, v in given.items()},
    }


def _typed(value: str | float) -> dict[str, str]:
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def removal_of(segment_id: str, table: str) -> dict[str, Any]:
    """The DeleteItem of a road that has neither an open alert nor unsent events.

    Deleted with its item, an alert would never be cleared.
    """
    return {
        "TableName": table,
        "Key": {"segment_id": {"S": segment_id}},
        "ConditionExpression": "attribute_not_exists(#alert_id) "
        "AND attribute_not_exists(#outbox)",
        "ExpressionAttributeNames": {"#alert_id": "alert_id", "#outbox": "outbox"},
    }


def write(
    dynamodb: Any,
    table: str,
    roads: Sequence[RoadSegment],
    done: Callable[[int], object] = lambda _: None,
    old: Stale | None = None,
) -> int:
    """Write `roads` in parallel, without their `old` attributes, and count them.

    Tells `done` after each.
    """
    removed = {} if old is None else old.attributes

    def update(road: RoadSegment) -> None:
        without = removed.get(road.segment_id, ())
        dynamodb.update_item(**update_of(road, table, without))

    with ThreadPoolExecutor(PARALLEL_WRITES) as pool:
        for _ in pool.map(update, roads):
            done(1)
    return len(roads)


def remove(dynamodb: Any, table: str, segment_ids: Sequence[str]) -> list[str]:
    """Remove roads in parallel, and give those that have to stay for now."""

    def delete(segment_id: str) -> bool:
        try:
            dynamodb.delete_item(**removal_of(segment_id, table))
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    with ThreadPoolExecutor(PARALLEL_WRITES) as pool:
        went = list(pool.map(delete, segment_ids))
    return [one for one, gone in zip(segment_ids, went, strict=True) if not gone]


def load(session: Any, table_name: str, path: Path) -> int:
    """Write the road file at `path` into the table, and count its segments.

    Nothing is written when any feature of the file is wrong (UserError).
    """
    return load_segments(session, table_name, read_geojson(path))


def load_segments(session: Any, table_name: str, roads: Sequence[RoadSegment]) -> int:
    """Write `roads` into the table with a progress display, and count them."""
    return write_shown(aws.client(session, "dynamodb"), table_name, roads)


def write_shown(
    dynamodb: Any,
    table_name: str,
    roads: Sequence[RoadSegment],
    old: Stale | None = None,
) -> int:
    """`write` with a progress display."""
    with counting("segments") as bar:
        task = bar.add_task("Roads", total=len(roads))
        return write(dynamodb, table_name, roads, lambda n: bar.advance(task, n), old)
