"""What a sweep reads and writes: alerts, roads and their traffic, incidents."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Optional

from ..aws.dynamodb import (
    MOST_KEYS,
    Sleep,
    attribute,
    attributes,
    batch_get,
    call_aws,
    chunks,
    pages,
    scan,
    values_of,
)
from ..errors import Conflict, StoreError
from ..network.roads import RoadGraph
from ..network.topology import ROW_FIELDS, topology_of
from ..policy import MINUTE_MS
from ..segment.alerts import LEVELS
from ..timestamps import minute_text, ms_of
from . import items
from .incident import CLOSING, OPEN, Incident, OpenAlert
from .queue import Live, LiveTraffic
from .reporting import IncidentChange
from .unusual import HistoryMinute, LiveSpeed, UnusualRow

GRAPH_MS = 5 * MINUTE_MS  # how old the roads may become
PARALLEL = 4
_ALERT_FIELDS = ("segment_id", "opened_at", "level", "open_flag")
_LIVE_FIELDS = ("segment_id", "speed", "density")
_SPEED_FIELDS = ("segment_id", "speed", "observed_at")
_MINUTE_FIELDS = ("minute", "vehicles", "speed")


class DynamoAlerts:
    """The open alerts in DynamoDB: by their index, and single ones by key."""

    def __init__(self, client: Any, table: str, sleep: Sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def all(self) -> list[OpenAlert]:
        """Return them, as the index has them; raises StoreError."""
        names = {f"#{i}": name for i, name in enumerate(_ALERT_FIELDS)}
        request = {
            "TableName": self._table,
            "IndexName": "open_alerts",
            "KeyConditionExpression": "#3 = :open",
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {":open": attribute("open")},
        }
        return [_alert(item) for item in pages(self._client.query, request)]

    def look_up(self, alert_ids: Sequence[str]) -> dict[str, Optional[OpenAlert]]:
        """Return each alert as it is now, None if it is not open; raises StoreError."""
        alerts: dict[str, Optional[OpenAlert]] = dict.fromkeys(alert_ids)
        for part in chunks(list(alerts), MOST_KEYS):
            keys = [{"alert_id": attribute(alert_id)} for alert_id in part]
            some = batch_get(
                self._client, self._table, keys, _ALERT_FIELDS, self._sleep
            )
            alerts.update(
                (item["alert_id"]["S"], _alert(item))
                for item in some
                if "open_flag" in item
            )
        return alerts


def _alert(item: dict[str, Any]) -> OpenAlert:
    row = values_of(item)
    level = LEVELS.index(row["level"])
    return OpenAlert(row["segment_id"], row["opened_at"], level)


class DynamoStreets:
    """The roads of a city, read again every few minutes, and their traffic."""

    def __init__(
        self, client: Any, table: str, sleep: Sleep, clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self._clock = clock
        self._graph: Optional[RoadGraph] = None
        self._missing: frozenset[str] = frozenset()  # when they were read
        self._read_at = 0

    def graph(self, segment_ids: Collection[str]) -> RoadGraph:
        """Return the roads, which may be some minutes old; raises StoreError.

        They are read again if one of these segments is new, but not for one that no
        road file describes.
        """
        now_ms = self._clock()
        if self._graph is not None and now_ms - self._read_at < GRAPH_MS:
            new = set(segment_ids) - self._graph.roads.keys() - self._missing
            if not new:
                return self._graph
        self._graph, self._read_at = topology_of(self._rows(ROW_FIELDS)).graph, now_ms
        self._missing = frozenset(segment_ids) - self._graph.roads.keys()
        return self._graph

    def _rows(self, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        with ThreadPoolExecutor(PARALLEL) as pool:
            for part in pool.map(
                lambda n: list(scan(self._client, self._table, fields, n, PARALLEL)),
                range(PARALLEL),
            ):
                yield from map(values_of, part)

    def speeds(self) -> Mapping[str, LiveSpeed]:
        """Return the speed of every segment that ever reported; raises StoreError."""
        return {
            row["segment_id"]: LiveSpeed(row.get("speed"), row["observed_at"])
            for row in self._rows(_SPEED_FIELDS)
            if "observed_at" in row
        }

    def live(self, segment_ids: Sequence[str]) -> Live:
        """Return the traffic on these segments; raises StoreError."""
        streets = {}
        for part in chunks(segment_ids, MOST_KEYS):
            keys = [{"segment_id": attribute(name)} for name in part]
            for item in batch_get(
                self._client, self._table, keys, _LIVE_FIELDS[1:], self._sleep, False
            ):
                row = values_of(item)
                traffic = LiveTraffic(row.get("speed"), row.get("density"))
                streets[row["segment_id"]] = traffic
        return streets


class DynamoIncidents:
    """The incidents in DynamoDB; each change is one transaction."""

    def __init__(self, client: Any, table: str, retention_days: int) -> None:
        self._client = client
        self._table = table
        self._days = retention_days

    def standing(self) -> tuple[list[Incident], dict[str, str]]:
        """Return all that are open or closing, and faults of rows; StoreError."""
        return items.incidents_of(
            values_of(item)
            for flag in (OPEN, CLOSING)
            for item in pages(self._client.query, standing_query(self._table, flag))
        )

    def write(
        self, changes: Sequence[IncidentChange], now_ms: int
    ) -> list[Optional[StoreError]]:
        """Write each atomically; Conflict where another version is stored."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(lambda one: self._write_one(one, now_ms), changes))

    def _write_one(self, change: IncidentChange, now_ms: int) -> Optional[StoreError]:
        """Write a change: a single row without the double price of a transaction."""
        actions = list(items.actions(self._table, change, self._days, now_ms))
        try:
            if len(actions) == 1:
                call_aws(self._client.update_item, **actions[0]["Update"])
            else:
                call_aws(self._client.transact_write_items, TransactItems=actions)
        except StoreError as error:
            return error
        return None

    def mark_sent(self, incidents: Sequence[Incident]) -> None:
        """Empty the outboxes of these versions; raises StoreError.

        A newer version keeps its own: it sends what it holds.
        """
        for one in incidents:
            try:
                call_aws(self._client.update_item, **items.sent(self._table, one))
            except Conflict:
                continue


def standing_query(table: str, flag: str) -> dict[str, Any]:
    """Return the query for the incidents of a standing, by their index."""
    return {
        "TableName": table,
        "IndexName": "open_incidents",
        "KeyConditionExpression": "open_flag = :flag",
        "ExpressionAttributeValues": {":flag": attribute(flag)},
    }


class DynamoUnusual:
    """Which segments are unusual, and the history that says so."""

    def __init__(self, client: Any, table: str, history_table: str) -> None:
        self._client = client
        self._table = table
        self._history = history_table

    def row(self) -> UnusualRow:
        """Return the stored row; raises StoreError."""
        key = attributes({items.KEY: items.UNUSUAL_KEY})
        answer = call_aws(
            self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True
        )
        return items.unusual_of(values_of(answer.get("Item", {})))

    def replace(self, row: UnusualRow) -> None:
        """Write the row after the version before; raises Conflict, StoreError."""
        call_aws(
            self._client.update_item, **items.unusual_replacement(self._table, row)
        )

    def minutes(
        self, segment_ids: Sequence[str], first: int
    ) -> Mapping[str, list[HistoryMinute]]:
        """Return the minutes of each segment from *first* on; raises StoreError."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            minutes = pool.map(lambda one: self._minutes(one, first), segment_ids)
            return dict(zip(segment_ids, minutes))

    def _minutes(self, segment_id: str, first: int) -> list[HistoryMinute]:
        names = ("segment_id", *_MINUTE_FIELDS)
        request = {
            "TableName": self._history,
            "KeyConditionExpression": "#0 = :one AND #1 >= :first",
            "ProjectionExpression": "#1, #2, #3",
            "ExpressionAttributeNames": {f"#{i}": name for i, name in enumerate(names)},
            "ExpressionAttributeValues": {
                ":one": attribute(segment_id),
                ":first": attribute(minute_text(first)),
            },
        }
        return [_minute(values_of(one)) for one in pages(self._client.query, request)]


def _minute(row: Mapping[str, Any]) -> HistoryMinute:
    at_ms = ms_of(row["minute"]) or 0
    return HistoryMinute(at_ms // MINUTE_MS, row.get("vehicles", 0), row.get("speed"))
