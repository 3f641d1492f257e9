"""What the live API asks of DynamoDB, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from bench.live_reads import response
from traffic.aws.dynamodb import Tables
from traffic.errors import StoreError
from traffic.live_map.aws import (
    MOST_TRIES,
    PARALLEL_SCANS,
    DynamoReader,
    decode_scans,
)

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
    return DynamoReader(fake, TABLES, lambda _: None), fake


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


def test_only_the_acknowledgement_is_written_and_only_once() -> None:
    reader, fake = reading(lambda _: {})

    reader.acknowledge("a@5", "day-shift@city.example", 7)

    ((name, request),) = fake.asked
    assert name == "update_item"
    assert request["Key"] == {"alert_id": {"S": "a@5"}}
    assert request["UpdateExpression"] == (
        "SET acknowledged_by = :who, acknowledged_at = :at"
    )
    assert "attribute_not_exists(acknowledged_at)" in request["ConditionExpression"]
    assert "ReturnValues" not in request  # the role may not read by writing


def test_an_undo_removes_the_acknowledgement_and_touches_nothing_else() -> None:
    reader, fake = reading(lambda _: {})

    reader.undo("a@5")

    assert [(name, dict(request)) for name, request in fake.asked] == [
        (
            "update_item",
            {
                "TableName": fake.asked[0][1]["TableName"],
                "Key": {"alert_id": {"S": "a@5"}},
                "UpdateExpression": "REMOVE acknowledged_by, acknowledged_at",
                "ConditionExpression": "attribute_exists(acknowledged_at)",
            },
        )
    ]


def test_who_comes_second_is_no_fault() -> None:
    def reply(_: Answer) -> Answer:
        raise refused("ConditionalCheckFailedException")

    reading(reply)[0].acknowledge("a@5", "night-shift@city.example", 8)
    reading(reply)[0].undo("a@5")


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

    reader.acknowledge("a@5", "day-shift@city.example", 7)

    assert len(fake.asked) == held_up + 1
    assert all(request == fake.asked[0][1] for _, request in fake.asked)


ACKNOWLEDGE = partial(DynamoReader.acknowledge, alert_id="a@5", who="day", at_ms=7)
UNDO = partial(DynamoReader.undo, alert_id="a@5")


@pytest.mark.parametrize("write", [ACKNOWLEDGE, UNDO], ids=["acknowledge", "undo"])
def test_what_a_transaction_does_not_let_through_is_no_success(
    write: Callable[[DynamoReader], None],
) -> None:
    pauses: list[float] = []
    fake = FakeDynamo(held(MOST_TRIES))
    reader = DynamoReader(fake, TABLES, pauses.append)

    with pytest.raises(StoreError, match="a@5: transactions held it"):
        write(reader)

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
    for ask in (reader.live, reader.open_alerts, lambda: reader.segment("a")):
        with pytest.raises(StoreError):
            ask()


def wired(body: bytes, status: int = 200) -> Any:
    """A client of boto3 whose every call is answered by *body*."""
    client = boto3.client(
        "dynamodb", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    answer = response(body, status)
    client.meta.events.register("before-send.dynamodb", lambda **_: answer)
    return client


def test_scans_are_decoded_by_another_way_to_the_same_values() -> None:
    body = (
        b'{"Items": [{"segment_id": {"S": "a"}, "speed": {"N": "5.5"}}], "Count": 1,'
        b' "ScannedCount": 1, "LastEvaluatedKey": {"segment_id": {"S": "a"}}}'
    )
    slow, fast = wired(body), wired(body)
    decode_scans(fast)

    answer = fast.scan(TableName="segments")
    assert answer["Items"] == [{"segment_id": {"S": "a"}, "speed": {"N": "5.5"}}]
    answer["ResponseMetadata"] = {}
    assert answer == {**slow.scan(TableName="segments"), "ResponseMetadata": {}}


def test_a_refused_scan_is_a_store_error() -> None:
    client = wired(b'{"__type": "x#AccessDeniedException", "message": "no"}', 400)
    decode_scans(client)

    with pytest.raises(StoreError, match="AccessDeniedException"):
        DynamoReader(client, TABLES, lambda _: None).live()
