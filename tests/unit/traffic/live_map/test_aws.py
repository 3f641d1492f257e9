"""What the live API asks of DynamoDB, and what it makes of the answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from traffic.aws.dynamodb import Tables
from traffic.errors import Conflict, StoreError
from traffic.live_map.aws import (
    MOST_INCIDENTS,
    MOST_ROWS,
    MOST_TRIES,
    PARALLEL_SCANS,
    DynamoReader,
)
from traffic.segment.rows import HOUR_KEYS

Answer = dict[str, Any]
TABLES = Tables("segments", "history", "alerts")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")


@dataclass
class FakeDynamo:
    """Answers each call by *reply*, and remembers what it was asked."""

    reply: Callable[[Answer], Answer]
    asked: list[tuple[str, Answer]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        def call(**request: Any) -> Answer:
            self.asked.append((name, dict(request)))
            return self.reply(request)

        return call


def reading(reply: Callable[[Answer], Answer]) -> tuple[DynamoReader, FakeDynamo]:
    fake = FakeDynamo(reply)
    return DynamoReader(fake, TABLES, "incidents", lambda _: None), fake


def wanted(request: Answer) -> list[str]:
    """The attributes that a request projects."""
    names = request["ExpressionAttributeNames"]
    return [names[short] for short in request["ProjectionExpression"].split(", ")]


def test_the_whole_table_is_read_in_parts_and_pages_eventually_consistent() -> None:
    def reply(request: Answer) -> Answer:
        item = {"segment_id": {"S": f"s{request['Segment']}"}, "flow": {"N": "12"}}
        if "ExclusiveStartKey" in request or request["Segment"]:
            return {"Items": [item]}
        return {"Items": [item], "LastEvaluatedKey": {"segment_id": {"S": "s0"}}}

    reader, fake = reading(reply)
    found = sorted(item["segment_id"] for item in reader.live())

    assert found == ["s0", "s0", "s1", "s2", "s3"]
    parts = {(one["Segment"], one["TotalSegments"]) for _, one in fake.asked}
    assert parts == {(part, PARALLEL_SCANS) for part in range(PARALLEL_SCANS)}
    assert not any("ConsistentRead" in request for _, request in fake.asked)
    assert "state" not in wanted(fake.asked[0][1])


def test_open_alerts_are_found_by_their_index() -> None:
    reader, fake = reading(lambda _: {"Items": [{"opened_at": {"N": "5"}}]})

    assert reader.open_alerts() == [{"opened_at": 5}]
    ((name, request),) = fake.asked
    assert (name, request["IndexName"]) == ("query", "open_alerts")
    assert request["ExpressionAttributeValues"] == {":open": {"S": "open"}}


def test_open_incidents_are_found_by_one_query_the_newest_first() -> None:
    more = {"incident_id": {"S": "a@5"}}
    reader, fake = reading(
        lambda _: {"Items": [{"opened_at": {"N": "5"}}], "LastEvaluatedKey": more}
    )

    assert reader.open_incidents() == [{"opened_at": 5}]
    ((name, request),) = fake.asked
    assert (name, request["TableName"]) == ("query", "incidents")
    assert request["IndexName"] == "open_incidents"
    assert request["ExpressionAttributeValues"] == {":open": {"S": "open"}}
    assert (request["ScanIndexForward"], request["Limit"]) == (False, MOST_INCIDENTS)
    assert "outbox" not in wanted(request)


def test_history_is_asked_for_by_segment_and_minutes() -> None:
    reader, fake = reading(lambda _: {"Items": []})

    reader.minutes("a", "2026-11-22T16:32Z", "2026-11-22T18:32Z")

    ((_, request),) = fake.asked
    assert request["TableName"] == "history"
    assert request["ExpressionAttributeValues"] == {
        ":one": {"S": "a"},
        ":first": {"S": "2026-11-22T16:32Z"},
        ":last": {"S": "2026-11-22T18:32Z"},
    }
    assert "sums" not in wanted(request)


def test_a_minute_of_the_city_takes_one_query_for_each_key_of_its_hour() -> None:
    item = {"segment_id": {"S": "a"}, "speed": {"N": "5.5"}}
    reader, fake = reading(lambda _: {"Items": [item]})

    found = reader.city_minute(29_922_752)

    assert found == [{"segment_id": "a", "speed": 5.5}] * HOUR_KEYS
    first = fake.asked[0][1]
    assert (first["TableName"], first["IndexName"]) == ("history", "by_hour")
    names = first["ExpressionAttributeNames"]
    condition = first["KeyConditionExpression"]
    for short in sorted(names, key=len, reverse=True):
        condition = condition.replace(short, names[short])
    assert condition == "hour = :hour AND minute = :minute"
    values = [one["ExpressionAttributeValues"] for _, one in fake.asked]
    assert {one[":minute"]["S"] for one in values} == {"2026-11-22T16:32Z"}
    keys = ["2026-11-22T16Z", *(f"2026-11-22T16Z#{n}" for n in range(1, HOUR_KEYS))]
    assert sorted(one[":hour"]["S"] for one in values) == keys
    assert {"sums", "district"} & set(wanted(first)) == set()


def test_a_minute_follows_the_pages_of_a_key_and_no_further_than_its_bound() -> None:
    item, followed = {"segment_id": {"S": "a"}}, []
    page = {"Items": [item] * 4_000, "LastEvaluatedKey": {"segment_id": {"S": "a"}}}

    def reply(request: Answer) -> Answer:
        if "#" in request["ExpressionAttributeValues"][":hour"]["S"]:
            return {"Items": []}
        followed.append(request)
        return page

    with pytest.raises(StoreError, match="2026-11-22T16Z: over 15000 segments"):
        reading(reply)[0].city_minute(29_922_752)

    assert len(followed) == math.ceil(MOST_ROWS / 4_000)


def test_a_segment_comes_with_its_state_an_unknown_one_is_none() -> None:
    item = {"segment_id": {"S": "a"}, "state": {"B": b"\x91"}, "speed": {"N": "5.5"}}
    reader, fake = reading(lambda r: {"Item": item} if "a" in str(r["Key"]) else {})

    assert reader.segment("a") == {"segment_id": "a", "state": b"\x91", "speed": 5.5}
    assert "state" in wanted(fake.asked[0][1])
    assert reader.segment("b") is None


def test_an_alert_is_read_as_it_is_now() -> None:
    reader, fake = reading(lambda _: {})

    assert reader.alert("a@5") is None
    assert fake.asked[0][1]["ConsistentRead"] is True


FRESH = {"alert_id": "a@5", "level": "high"}
TAKEN = {**FRESH, "acknowledged_by": "day", "acknowledged_at": 7, "handled": "[]"}
CHANGE = {"acknowledged_by": "night", "acknowledged_at": 8, "acknowledged_note": None}


def test_only_what_changes_of_an_alert_is_written() -> None:
    reader, fake = reading(lambda _: {})

    reader.record(TAKEN, CHANGE)

    assert fake.asked == [
        (
            "update_item",
            {
                "TableName": "alerts",
                "Key": {"alert_id": {"S": "a@5"}},
                "UpdateExpression": "SET #0 = :0, #1 = :1 REMOVE #2",
                "ExpressionAttributeNames": {
                    "#0": "acknowledged_by",
                    "#1": "acknowledged_at",
                    "#2": "acknowledged_note",
                },
                "ExpressionAttributeValues": {
                    ":0": {"S": "night"},
                    ":1": {"N": "8"},
                    ":handled": {"S": "[]"},
                    ":acknowledged_at": {"N": "7"},
                },
                "ConditionExpression": "attribute_exists(alert_id) AND "
                "handled = :handled AND acknowledged_at = :acknowledged_at",
            },  # without ReturnValues: the role may not read by writing
        )
    ]


def test_what_nobody_had_handled_must_still_be_so() -> None:
    reader, fake = reading(lambda _: {})

    reader.record(FRESH, CHANGE)

    assert fake.asked[0][1]["ConditionExpression"] == (
        "attribute_exists(alert_id) AND attribute_not_exists(handled) AND "
        "attribute_not_exists(acknowledged_at)"
    )


def test_who_comes_second_is_refused() -> None:
    def reply(_: Answer) -> Answer:
        raise refused("ConditionalCheckFailedException")

    with pytest.raises(Conflict):
        reading(reply)[0].record(FRESH, CHANGE)


def held(times: int) -> Callable[[Answer], Answer]:
    """Refuses so often since a transaction of the processor holds the alert."""
    refusals = iter([refused("TransactionConflictException")] * times)

    def reply(_: Answer) -> Answer:
        for refusal in refusals:
            raise refusal
        return {}

    return reply


@pytest.mark.parametrize("held_up", [1, MOST_TRIES - 1])
def test_what_collides_with_a_transaction_is_written_after_it(held_up: int) -> None:
    reader, fake = reading(held(held_up))

    reader.record(FRESH, CHANGE)

    assert len(fake.asked) == held_up + 1
    assert all(request == fake.asked[0][1] for _, request in fake.asked)


def test_what_a_transaction_does_not_let_through_is_no_success() -> None:
    pauses: list[float] = []
    fake = FakeDynamo(held(MOST_TRIES))
    reader = DynamoReader(fake, TABLES, "incidents", pauses.append)

    with pytest.raises(StoreError, match="a@5: transactions held it"):
        reader.record(FRESH, CHANGE)

    assert (len(fake.asked), len(pauses)) == (MOST_TRIES, MOST_TRIES - 1)
    assert sum(pauses) < 2


@pytest.mark.parametrize(
    "fault",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("AccessDeniedException"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
    ],
)
def test_a_table_that_refuses_or_is_silent_is_a_store_error(fault: Exception) -> None:
    def reply(_: Answer) -> Answer:
        raise fault

    reader, _ = reading(reply)
    for ask in (
        reader.live,
        reader.open_alerts,
        reader.open_incidents,
        lambda: reader.segment("a"),
        lambda: reader.city_minute(1),
    ):
        with pytest.raises(StoreError):
            ask()
