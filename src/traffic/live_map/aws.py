"""What the live API reads and writes, in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional, Protocol

import msgspec
from botocore.exceptions import ClientError

from ..aws.dynamodb import Sleep, Tables, attribute, call_aws, pages, values_of
from ..errors import Conflict, StoreError
from . import views

Item = dict[str, Any]

PARALLEL_SCANS = 4
# The processor's transactions hold an alert for some milliseconds.
MOST_TRIES = 5
_PAUSE_S = 0.05
_LIVE = (*views.attributes(views.LIVE), "length_m")
_ROAD = views.attributes(views.ROAD)
_SEGMENT = (*views.attributes(views.ROAD, views.LIVE, views.MORE), "state", "left_out")
_MINUTE = views.attributes(views.MINUTE)
_ALERT = views.attributes(views.ALERT)


class CityReader(Protocol):
    """Reads the city; every method may raise StoreError."""

    def live(self) -> list[Item]:
        """Return what changes of every segment, and its length."""

    def roads(self) -> list[Item]:
        """Return what does not change of every segment."""

    def open_alerts(self) -> list[Item]:
        """Return the alerts that are open."""

    def segment(self, segment_id: str) -> Optional[Item]:
        """Return one segment, None if there is none of that id."""

    def minutes(self, segment_id: str, first: str, last: str) -> list[Item]:
        """Return the rows of history between two minutes, oldest first."""

    def alert(self, alert_id: str) -> Optional[Item]:
        """Return one alert as it is now, None if there is none of that id."""

    def acknowledge(self, alert_id: str, who: str, at_ms: int) -> None:
        """Record who acknowledged the alert, and when, unless it was acknowledged."""

    def undo(self, alert_id: str) -> None:
        """Remove the acknowledgement."""


class DynamoReader:
    """Reads the city from DynamoDB.

    Lists are read with eventual consistency, at half the price: the next poll follows
    in two seconds. A single alert is read consistently, since a write depends on it.
    """

    def __init__(self, client: Any, tables: Tables, sleep: Sleep) -> None:
        self._client = client
        self._tables = tables
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
            return _items(
                self._client.scan,
                TableName=self._tables.segments,
                Segment=number,
                TotalSegments=PARALLEL_SCANS,
                **_projection(attributes),
            )

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

    def minutes(self, segment_id: str, first: str, last: str) -> list[Item]:
        """Return the rows of history between two minutes, oldest first."""
        projection = _projection((*_MINUTE, "segment_id"))
        one = _key(projection, "segment_id")
        minute = _key(projection, "minute")
        values = {":one": segment_id, ":first": first, ":last": last}
        return _items(
            self._client.query,
            TableName=self._tables.history,
            KeyConditionExpression=(
                f"{one} = :one AND {minute} BETWEEN :first AND :last"
            ),
            ExpressionAttributeValues={k: attribute(v) for k, v in values.items()},
            **projection,
        )

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

    def acknowledge(self, alert_id: str, who: str, at_ms: int) -> None:
        """Record who acknowledged the alert, and when, unless it was acknowledged."""
        self._update(
            alert_id,
            UpdateExpression="SET acknowledged_by = :who, acknowledged_at = :at",
            ConditionExpression=(
                "attribute_exists(alert_id) AND attribute_not_exists(acknowledged_at)"
            ),
            ExpressionAttributeValues={":who": attribute(who), ":at": attribute(at_ms)},
        )

    def undo(self, alert_id: str) -> None:
        """Remove the acknowledgement."""
        self._update(
            alert_id,
            UpdateExpression="REMOVE acknowledged_by, acknowledged_at",
            ConditionExpression="attribute_exists(acknowledged_at)",
        )

    def _update(self, alert_id: str, **request: Any) -> None:
        """Write if the condition holds; raises StoreError if it is not checked."""
        request["Key"] = {"alert_id": attribute(alert_id)}
        request["TableName"] = self._tables.alerts
        for tried in range(MOST_TRIES):
            if tried:
                self._sleep(_PAUSE_S * 2**tried)
            try:
                call_aws(self._client.update_item, **request)
            except Conflict as refusal:
                if _is_held(refusal):
                    continue
            return
        raise StoreError(f"{alert_id}: transactions held it at {MOST_TRIES} tries")


def _is_held(refusal: Conflict) -> bool:
    """Whether a transaction held the item, so that the condition was not checked."""
    cause = refusal.__cause__
    return isinstance(cause, ClientError) and (
        cause.response["Error"]["Code"] == "TransactionConflictException"
    )


def decode_scans(client: Any) -> None:
    """Let *client* decode the answers to Scan by msgspec: five times as fast.

    botocore decodes an answer by the service's model, which for the segments of a city
    takes longer than everything else together. A hook before that removes the items
    from the answer; a version of botocore without this hook decodes them itself.
    """
    client.meta.events.register("before-parse.dynamodb.Scan", _decode_items)


def _decode_items(
    response_dict: Item, customized_response_dict: Item, **_more: Any
) -> None:
    if response_dict["status_code"] == 200:
        answer = _decode(response_dict["body"])
        customized_response_dict["Items"] = answer.pop("Items")
        response_dict["body"] = msgspec.json.encode(answer)


_decode = msgspec.json.Decoder(dict[str, Any]).decode


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
