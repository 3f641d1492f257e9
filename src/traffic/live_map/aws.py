"""What the live API reads and writes, in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Optional

from botocore.exceptions import ClientError

from ..aws.dynamodb import (
    Sleep,
    Tables,
    attribute,
    attributes,
    call_aws,
    pages,
    scan,
    update,
    values_of,
)
from ..aws.profile_store import read_object
from ..errors import Conflict, StoreError
from ..segment.rows import hour_keys
from ..timestamps import minute_text
from . import incidents, views
from .ports import Claim

Item = dict[str, Any]

PARALLEL_SCANS = 4
MOST_ROWS = 15_000  # of one of an hour's keys in a minute: four pages
MOST_INCIDENTS = 500  # the newest; alerts of others are listed by themselves
# The processor's transactions hold an alert for some milliseconds.
MOST_TRIES = 5
_PAUSE_S = 0.05
VIEW_KEY = "live view"  # no alert has such an id
VIEW_FILE = "live/view"
CLAIM_MS = 11_000  # longer than the function's timeout: who makes it is alone
# Alerts that were acknowledged before there was `handled` do not have it.
_HANDLED = ("handled", "acknowledged_at")
_LIVE = (
    *views.attributes(views.LIVE),
    *("length_m", "occupancy", "learned_free_flow_speed"),
)
_ROAD = views.attributes(views.ROAD)
_SEGMENT = (*views.attributes(views.ROAD, views.LIVE, views.MORE), "state", "left_out")
_MINUTE = (*views.attributes(views.MINUTE), "segment_id")
_PAST = (*views.attributes(views.PAST), "hour", "minute")
_ALERT = views.attributes(views.ALERT)


class DynamoReader:
    """Reads the city from DynamoDB.

    Lists are read with eventual consistency, at half the price: the next poll follows
    in two seconds. A single alert is read consistently, since a write depends on it.
    """

    def __init__(
        self, client: Any, tables: Tables, incidents_table: str, sleep: Sleep
    ) -> None:
        self._client = client
        self._tables = tables
        self._incidents = incidents_table
        self._sleep = sleep
        self._pool = ThreadPoolExecutor(max_workers=PARALLEL_SCANS)

    def live(self) -> list[Item]:
        """Return what changes of every segment, and its length."""
        return self._scan(_LIVE)

    def roads(self) -> list[Item]:
        """Return what does not change of every segment."""
        return self._scan(_ROAD)

    def _scan(self, attributes: Sequence[str]) -> list[Item]:
        def part(number: int) -> list[Item]:
            table = self._tables.segments
            items = scan(self._client, table, attributes, number, PARALLEL_SCANS)
            return list(map(values_of, items))

        parts = self._pool.map(part, range(PARALLEL_SCANS))
        return [item for items in parts for item in items]

    def open_alerts(self) -> list[Item]:
        """Return the alerts that are open, by their own index."""
        projection = _projection((*_ALERT, "open_flag"))
        return _items(
            self._client.query,
            TableName=self._tables.alerts,
            IndexName="open_alerts",
            KeyConditionExpression=f"{_key(projection, 'open_flag')} = :open",
            ExpressionAttributeValues={":open": attribute("open")},
            **projection,
        )

    def open_incidents(self) -> list[Item]:
        """Return the newest of the incidents that are open, by one query."""
        projection = _projection((*incidents.ATTRIBUTES, "open_flag"))
        answer = call_aws(
            self._client.query,
            TableName=self._incidents,
            IndexName="open_incidents",
            KeyConditionExpression=f"{_key(projection, 'open_flag')} = :open",
            ExpressionAttributeValues={":open": attribute("open")},
            ScanIndexForward=False,
            Limit=MOST_INCIDENTS,
            **projection,
        )
        return list(map(values_of, answer["Items"]))

    def minutes(self, segment_id: str, first: str, last: str) -> list[Item]:
        """Return the rows of history between two minutes, oldest first."""
        condition = "{segment_id} = :one AND {minute} BETWEEN :first AND :last"
        values = {":one": segment_id, ":first": first, ":last": last}
        return list(self._history(_MINUTE, condition, values))

    def city_minute(self, minute: int) -> list[Item]:
        """Return the row of history of each segment that has one of that minute."""
        condition = "{hour} = :hour AND {minute} = :minute"

        def part(hour: str) -> list[Item]:
            values = {":hour": hour, ":minute": minute_text(minute)}
            rows = self._history(_PAST, condition, values, IndexName="by_hour")
            part_items = list(islice(rows, MOST_ROWS + 1))
            if len(part_items) > MOST_ROWS:
                raise StoreError(f"{hour}: over {MOST_ROWS} segments in a minute")
            return part_items

        parts = self._pool.map(part, hour_keys(minute))
        return [item for items in parts for item in items]

    def _history(
        self, wanted: Sequence[str], condition: str, values: Item, **request: Any
    ) -> Iterator[Item]:
        projection = _projection(wanted)
        keys = {name: _key(projection, name) for name in wanted}
        request |= projection
        request["TableName"] = self._tables.history
        request["KeyConditionExpression"] = condition.format(**keys)
        request["ExpressionAttributeValues"] = attributes(values)
        return map(values_of, pages(self._client.query, request))

    def segment(self, segment_id: str) -> Optional[Item]:
        """Return one segment, None if there is none of that id."""
        key = {"segment_id": attribute(segment_id)}
        return self._get(self._tables.segments, key, **_projection(_SEGMENT))

    def alert(self, alert_id: str) -> Optional[Item]:
        """Return one alert as it is now, None if there is none of that id."""
        key = {"alert_id": attribute(alert_id)}
        return self._get(self._tables.alerts, key, ConsistentRead=True)

    def _get(self, table: str, key: Item, **request: Any) -> Optional[Item]:
        answer = call_aws(self._client.get_item, TableName=table, Key=key, **request)
        return values_of(answer["Item"]) if "Item" in answer else None

    def record(self, item: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        """Change attributes of an alert; Conflict if it was handled since *item*."""
        alert_id = item["alert_id"]
        request = update(self._tables.alerts, {"alert_id": alert_id}, change)
        were = {name: item[name] for name in _HANDLED if name in item}
        request["ExpressionAttributeValues"].update(
            (f":{name}", attribute(value)) for name, value in were.items()
        )
        unchanged = (
            f"{name} = :{name}" if name in were else f"attribute_not_exists({name})"
            for name in _HANDLED
        )
        request["ConditionExpression"] = " AND ".join(
            ("attribute_exists(alert_id)", *unchanged)
        )
        for tried in range(MOST_TRIES):
            if tried:
                self._sleep(_PAUSE_S * 2**tried)
            try:
                call_aws(self._client.update_item, **request)
            except Conflict as refusal:
                if not _is_held(refusal):
                    raise
            else:
                return
        raise StoreError(f"{alert_id}: transactions held it at {MOST_TRIES} tries")


class SharedViews:
    """The newest view of the city, in S3, and in DynamoDB who makes the next one."""

    def __init__(self, client: Any, table: str, s3: Any, bucket: str) -> None:
        self._client, self._table = client, table
        self._s3, self._bucket = s3, bucket

    def claim(self, now_ms: int, latest_ms: int) -> Optional[Claim]:
        """Return the right to read next, None if it is not due or another has it."""
        until_ms = now_ms + CLAIM_MS
        try:
            answer = call_aws(
                self._client.update_item,
                TableName=self._table,
                Key={"incident_id": attribute(VIEW_KEY)},
                UpdateExpression="SET due_at = :until REMOVE #version",
                ConditionExpression=(
                    "attribute_not_exists(due_at) OR due_at <= :latest"
                    " OR due_at > :never"
                ),
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues=attributes(
                    {
                        ":until": until_ms,
                        ":latest": latest_ms,
                        ":never": until_ms + CLAIM_MS,  # a clock was wrong
                    }
                ),
                ReturnValues="ALL_OLD",
            )
        except Conflict:
            return None
        before = values_of(answer.get("Attributes", {}))
        return Claim(until_ms, before.get("version", ""), not before)

    def release(self, claim: Claim, due_ms: int, version: str) -> None:
        """End a claim, unless it ended by itself."""
        request = update(
            self._table,
            {"incident_id": VIEW_KEY},
            {"due_at": due_ms, "version": version or None},
        )
        request["ConditionExpression"] = "due_at = :until"
        request["ExpressionAttributeValues"][":until"] = attribute(claim.until_ms)
        call_aws(self._client.update_item, **request)

    def stored(self) -> Optional[bytes]:
        """Return the stored view, None if there is none."""
        return read_object(self._s3, self._bucket, VIEW_FILE)

    def store(self, packed: bytes) -> None:
        """Replace the stored view."""
        call_aws(self._s3.put_object, Bucket=self._bucket, Key=VIEW_FILE, Body=packed)


def _is_held(refusal: Conflict) -> bool:
    """Whether a transaction held the item, so that the condition was not checked."""
    cause = refusal.__cause__
    return isinstance(cause, ClientError) and (
        cause.response["Error"]["Code"] == "TransactionConflictException"
    )


def _projection(attributes: Sequence[str]) -> dict[str, Any]:
    """Return names and expression of a projection; `name` and others are reserved."""
    names = {f"#{place}": name for place, name in enumerate(attributes)}
    return {
        "ProjectionExpression": ", ".join(names),
        "ExpressionAttributeNames": names,
    }


def _key(projection: dict[str, Any], name: str) -> str:
    names: dict[str, str] = projection["ExpressionAttributeNames"]
    return next(short for short, one in names.items() if one == name)


def _items(call: Any, **request: Any) -> list[Item]:
    return list(map(values_of, pages(call, request)))
