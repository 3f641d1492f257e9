"""What the log of a shift asks of DynamoDB: bounded queries, and ids."""

from __future__ import annotations

from typing import Any

import pytest

from traffic.aws.dynamodb import MOST_KEYS, attributes
from traffic.aws.shift_store import MOST_ALERTS, ShiftStore

DAYS = ["2026-11-21", "2026-11-22"]


class FakeDynamo:
    """Alerts by index and key, and rows of incidents by id."""

    def __init__(self, alerts: dict[str, Any], rows: dict[str, Any]) -> None:
        self.known, self.rows = alerts, rows
        self.asked: list[Any] = []

    def query(self, **request: Any) -> Any:
        self.asked.append(request)
        return self.known.get(request["ExpressionAttributeValues"][":one"]["S"], NONE)

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803 - as boto3 has it
        ((table, request),) = RequestItems.items()
        ids = [key["incident_id"]["S"] for key in request["Keys"]]
        self.asked.append(ids)
        found = [self.rows[one] for one in ids if one in self.rows]
        return {"Responses": {table: [attributes(row) for row in found]}}


NONE: dict[str, Any] = {"Items": []}


def store(**told: Any) -> tuple[ShiftStore, FakeDynamo]:
    fake = FakeDynamo(told.get("alerts", {}), told.get("rows", {}))
    return ShiftStore(fake, "alerts", "incidents", lambda _: None), fake


def answer(*ids: str, **more: Any) -> dict[str, Any]:
    return {"Items": [attributes({"alert_id": one}) for one in ids], **more}


def test_alerts_come_by_day_and_if_they_are_open_each_once() -> None:
    some = {DAYS[0]: answer("a"), DAYS[1]: answer("b", "c"), "open": answer("old", "b")}
    one, fake = store(alerts=some)

    found, is_whole = one.alerts(DAYS, 5)

    assert ([item["alert_id"] for item in found], is_whole) == (
        ["a", "b", "c", "old"],
        True,
    )
    assert fake.asked[1] == {
        "TableName": "alerts",
        "IndexName": "by_day",
        "KeyConditionExpression": "#key = :one AND opened_at >= :since",
        "ExpressionAttributeNames": {"#key": "day"},
        "ExpressionAttributeValues": {":one": {"S": DAYS[1]}, ":since": {"N": "5"}},
        "ScanIndexForward": False,
        "Limit": MOST_ALERTS,
    }
    newest = fake.asked[2]
    assert (newest["IndexName"], newest["ExpressionAttributeNames"]) == (
        "open_alerts",
        {"#key": "open_flag"},
    )
    assert newest["ExpressionAttributeValues"][":since"] == {"N": "0"}


@pytest.mark.parametrize("key", [DAYS[0], "open"])
def test_of_too_many_alerts_one_page_is_read(key: str) -> None:
    one, fake = store(alerts={key: answer("a", LastEvaluatedKey={"alert_id": {}})})

    assert one.alerts(DAYS, 5)[1] is False
    assert len(fake.asked) == len(DAYS) + 1


def test_incidents_come_with_those_that_they_became_part_of() -> None:
    rows = {
        "a": {"incident_id": "a", "part_of": "b"},
        "b": {"incident_id": "b", "part_of": "c", "opened_at": 4},
        "c": {"incident_id": "c", "opened_at": 3},
    }
    one, fake = store(rows=rows)

    assert one.incidents(["a", "x"]) == rows
    assert fake.asked == [["a", "x"], ["b"], ["c"]]


def test_a_row_that_is_gone_is_not_asked_for_without_end() -> None:
    one, fake = store(rows={"a": {"incident_id": "a", "part_of": "b"}})

    assert list(one.incidents(["a"])) == ["a"]
    assert len(fake.asked) == 3


def test_many_ids_are_asked_for_in_parts() -> None:
    one, fake = store()

    assert one.incidents([f"{n:03}" for n in range(MOST_KEYS + 1)]) == {}
    assert [len(ids) for ids in fake.asked] == [MOST_KEYS, 1]


def test_without_alerts_nothing_is_asked() -> None:
    one, fake = store()

    assert one.incidents([]) == {}
    assert fake.asked == []
