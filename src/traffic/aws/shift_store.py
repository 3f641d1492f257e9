"""What a shift's log reads from DynamoDB: alerts, and the incidents they are in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .dynamodb import (
    MOST_KEYS,
    Sleep,
    attribute,
    attributes,
    batch_get,
    call_aws,
    chunks,
    values_of,
)

Item = dict[str, Any]

MOST_ALERTS = 1_000  # of a day, and of those that are open: the newest
_MOST_PARTS = 3  # incidents that became part of one another
_INCIDENT = (
    *("opened_at", "ended_at", "peak_level", "head", "road", "place", "part_of"),
    *("duration_s", "peak_length_km", "delay_vehicle_hours"),
)


class ShiftStore:
    """One page of each query, and incidents by their ids: nothing is scanned."""

    def __init__(
        self, client: Any, alerts_table: str, incidents_table: str, sleep: Sleep
    ) -> None:
        self._client, self._sleep = client, sleep
        self._alerts, self._incidents = alerts_table, incidents_table

    def alerts(self, days: Iterable[str], since_ms: int) -> tuple[list[Item], bool]:
        """Return the alerts of these days opened since then, and those still open.

        The other value says whether these are all. Raises StoreError.
        """
        answers = [
            *(self._newest("by_day", "day", day, since_ms) for day in days),
            self._newest("open_alerts", "open_flag", "open", 0),
        ]
        items = (values_of(item) for answer in answers for item in answer["Items"])
        alerts = {item["alert_id"]: item for item in items}
        is_whole = not any(answer.get("LastEvaluatedKey") for answer in answers)
        return list(alerts.values()), is_whole

    def _newest(self, index: str, key: str, value: str, since_ms: int) -> Any:
        return call_aws(
            self._client.query,
            TableName=self._alerts,
            IndexName=index,
            KeyConditionExpression="#key = :one AND opened_at >= :since",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues=attributes({":one": value, ":since": since_ms}),
            ScanIndexForward=False,
            Limit=MOST_ALERTS,
        )

    def incidents(self, alert_ids: Sequence[str]) -> dict[str, Item]:
        """Return the rows of alerts that are in an incident, and of these incidents.

        Raises StoreError.
        """
        rows: dict[str, Item] = {}
        wanted = set(alert_ids)
        for _ in range(_MOST_PARTS):
            rows.update(self._rows(sorted(wanted)))
            parts = {row["part_of"] for row in rows.values() if "part_of" in row}
            wanted = parts - rows.keys()
            if not wanted:
                break
        return rows

    def _rows(self, ids: Sequence[str]) -> dict[str, Item]:
        keys = [{"incident_id": attribute(one)} for one in ids]
        items = (
            values_of(item)
            for part in chunks(keys, MOST_KEYS)
            for item in batch_get(
                self._client, self._incidents, part, _INCIDENT, self._sleep, False
            )
        )
        return {item["incident_id"]: item for item in items}
