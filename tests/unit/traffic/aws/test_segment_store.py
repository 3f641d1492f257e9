"""The store keeps DynamoDB's limits, and a refusal reaches the segment it is for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.traffic.segment.builders import (
    POLICY,
    ROAD,
    START,
    message,
    ms,
    reading,
    record,
)
from traffic.aws import dynamodb as aws_dynamodb
from traffic.aws.segment_store import DynamoStore
from traffic.errors import Conflict, StoreError
from traffic.model import StoredSegment
from traffic.processor.records import decode_batch
from traffic.segment.decide import Decision, decide

from ..processor.city import TABLES, City, Line, Wire
from .fake_dynamodb import FakeDynamoDB


def store_of(dynamodb: Any, line: Line | None = None) -> DynamoStore:
    return waiting(dynamodb, line or Line(), lambda _: None)


def waiting(dynamodb: Any, line: Line, sleep: Any) -> DynamoStore:
    """A store whose waits are three quarters of the longest."""
    return DynamoStore(Wire(dynamodb, line), TABLES, 30, sleep, lambda: 0.5)


def decided(stored: StoredSegment, *messages: bytes) -> Decision:
    taken = decode_batch([record(i, m) for i, m in enumerate(messages, 1)], START)
    return decide(stored, taken["s"].messages, ms(5), POLICY)


def first(segment_id: str) -> Decision:
    return decided(StoredSegment(segment_id), message(reading()))


def firsts(count: int) -> list[Decision]:
    return [first(name) for name in names(count)]


def names(count: int) -> list[str]:
    return [f"s{i}" for i in range(count)]


def with_segments(count: int) -> tuple[FakeDynamoDB, list[Decision]]:
    """Segments that were written once, and a plain update of each."""
    dynamodb = FakeDynamoDB()
    store = store_of(dynamodb)
    written = firsts(count)
    assert set(store.write(written).values()) == {None}
    again = [decided(one.segment, message(reading("b"))) for one in written]
    return dynamodb, again


def test_a_segment_is_read_as_it_was_written() -> None:
    dynamodb, _ = with_segments(1)
    (decision,) = (first("s0"),)

    assert store_of(dynamodb).read(["s0", "new"]) == {
        "s0": decision.segment,
        "new": StoredSegment("new"),
    }


def test_segments_are_read_a_hundred_at_a_time() -> None:
    dynamodb, _ = with_segments(250)
    line = Line()

    found = store_of(dynamodb, line).read(names(250))

    assert list(found) == names(250)
    assert {one.version for one in found.values()} == {1}
    assert line.calls == ["batch_get_item"] * 3


def test_keys_that_were_left_unprocessed_are_asked_for_again() -> None:
    dynamodb = FakeDynamoDB(answers_at_most=4)
    store_of(dynamodb).write([first(name) for name in names(10)])
    waits: list[float] = []

    store = waiting(dynamodb, Line(), waits.append)
    found = store.read(names(10))

    assert {one.version for one in found.values()} == {1}
    assert waits == [0.05, 0.1]


def test_segments_that_stay_unread_fail_and_do_not_look_new() -> None:
    """A throttled table answers nothing: that must not be taken for an empty one."""
    store = store_of(FakeDynamoDB(answers_at_most=0))

    (error,) = store.read(["s"]).values()

    assert isinstance(error, StoreError)
    assert str(error) == "segments: 1 keys were left unread"


def test_a_call_that_fails_fails_the_hundred_it_asked_for() -> None:
    dynamodb, _ = with_segments(150)
    store = store_of(dynamodb, Line(fail_at=1, how="throttle"))

    found = store.read(names(150))

    failed = [s for s, one in found.items() if isinstance(one, StoreError)]
    assert len(failed) in {50, 100}


def test_plain_updates_go_out_twenty_five_a_call() -> None:
    dynamodb, again = with_segments(60)
    line = Line()

    outcomes = store_of(dynamodb, line).write(again)

    assert outcomes == dict.fromkeys(names(60))
    assert line.calls == ["batch_execute_statement"] * 3
    versions = {row["version"]["N"] for row in dynamodb.rows("segments")}
    assert versions == {"2"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ConditionalCheckFailed", Conflict),
        ("TransactionConflict", Conflict),
        ("ThrottlingError", StoreError),
        ("ProvisionedThroughputExceeded", StoreError),
        ("InternalServerError", StoreError),
        ("ValidationError", StoreError),
    ],
)
def test_a_refused_statement_fails_its_segment_alone(code: str, kind: Any) -> None:
    dynamodb, again = with_segments(3)
    dynamodb.refusals = {"s1": code}

    outcomes = store_of(dynamodb).write(again)

    assert (outcomes["s0"], outcomes["s2"]) == (None, None)
    assert type(outcomes["s1"]) is kind
    assert str(outcomes["s1"]) == f"{code}: says the fake"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ConditionalCheckFailed", Conflict),
        ("TransactionConflict", Conflict),
        ("ValidationError", StoreError),
    ],
)
def test_a_refused_transaction_fails_only_the_segment_it_was_refused_for(
    code: str, kind: Any
) -> None:
    dynamodb = FakeDynamoDB()
    dynamodb.refusals = {"s1": code}

    outcomes = store_of(dynamodb).write([first(name) for name in names(3)])

    assert (outcomes["s0"], outcomes["s2"]) == (None, None)
    assert type(outcomes["s1"]) is kind
    assert len(list(dynamodb.rows("segments"))) == 2


def test_a_throttled_transaction_waits_and_is_repeated_as_a_whole() -> None:
    dynamodb, line = FakeDynamoDB(), Line()
    dynamodb.throttles = 2
    waits: list[float] = []

    outcomes = waiting(dynamodb, line, waits.append).write(firsts(50))

    assert outcomes == dict.fromkeys(names(50))
    assert line.calls == ["transact_write_items"] * 3
    assert waits == pytest.approx([0.075, 0.15])


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_table_that_stays_throttled_is_asked_for_seconds_and_never_item_by_item(
    code: str,
) -> None:
    dynamodb, line = FakeDynamoDB(), Line()
    dynamodb.refusals = {"s1": code}
    waits: list[float] = []

    outcomes = waiting(dynamodb, line, waits.append).write(firsts(3))

    assert {type(one) for one in outcomes.values()} == {StoreError}
    assert line.calls == ["transact_write_items"] * 7
    assert waits == pytest.approx([0.075, 0.15, 0.3, 0.6, 0.75, 0.75])
    assert list(dynamodb.rows("segments")) == []


def test_a_conflict_is_told_apart_once_the_table_is_no_longer_throttled() -> None:
    dynamodb, line = FakeDynamoDB(), Line()
    dynamodb.refusals = {"s1": "TransactionConflict"}
    dynamodb.throttles = 1
    waits: list[float] = []

    outcomes = waiting(dynamodb, line, waits.append).write(firsts(3))

    assert (outcomes["s0"], outcomes["s2"]) == (None, None)
    assert type(outcomes["s1"]) is Conflict
    assert line.calls == ["transact_write_items"] * (2 + 3)
    assert len(waits) == 1


def test_transactions_hold_as_many_segments_as_their_limit_allows() -> None:
    dynamodb, line = FakeDynamoDB(), Line()

    store_of(dynamodb, line).write([first(name) for name in names(250)])

    assert line.calls == ["transact_write_items"] * 3


def test_a_minute_is_written_with_its_segment_or_not_at_all() -> None:
    dynamodb, _ = with_segments(1)
    stored = store_of(dynamodb).read(["s0"])["s0"]
    moved = decided(stored, message(reading("b")))
    closing = decided(stored, message(reading("c", 120), received=120))
    assert store_of(dynamodb).write([moved]) == {"s0": None}

    (refusal,) = store_of(dynamodb).write([closing]).values()

    assert isinstance(refusal, Conflict)
    assert list(dynamodb.rows("history")) == []


def test_the_road_loaders_attributes_are_left_alone() -> None:
    dynamodb = City("s0").dynamodb
    store = store_of(dynamodb)
    store.write([decided(store.read(["s0"])["s0"], message(reading()))])
    store.write([decided(store.read(["s0"])["s0"], message(reading("b")))])

    (row,) = dynamodb.rows("segments")
    assert aws_dynamodb.value_of(row["line"]) == "a line"
    assert aws_dynamodb.value_of(row["name"]) == "I-405 N"
    assert aws_dynamodb.value_of(row["version"]) == 2


def test_attributes_that_no_longer_hold_are_removed() -> None:
    dynamodb = FakeDynamoDB()
    store = store_of(dynamodb)
    store.write([decided(StoredSegment("s0"), message(reading(occupancy=0.2)))])
    empty = message(
        reading(seconds=30, count=0, speed=None),
        reading(seconds=90, count=0, speed=None),
    )
    store.write([decided(store.read(["s0"])["s0"], empty)])

    (row,) = dynamodb.rows("segments")
    assert {"speed", "alert_id"} & set(row) == set()


def test_an_outbox_is_emptied_only_at_the_version_that_was_sent() -> None:
    dynamodb = FakeDynamoDB()
    store = store_of(dynamodb)
    jam = [message(reading(seconds=s, speed=5)) for s in (0, 60)]
    known = StoredSegment("s0", road=ROAD)
    sent = decided(known, *jam).segment
    store.write([decided(known, *jam)])
    newer = decided(sent, message(reading("b", 61, speed=5)))
    store.write([newer])

    assert store.mark_sent([sent]) == {"s0"}
    assert len(store.read(["s0"])["s0"].outbox) == 1

    assert store.mark_sent([newer.segment]) == set()
    assert store.read(["s0"])["s0"].outbox == ()


def test_an_outbox_that_could_not_be_emptied_is_an_error() -> None:
    dynamodb, again = with_segments(2)
    dynamodb.refusals = {"s1": "ThrottlingError"}

    with pytest.raises(StoreError, match="ThrottlingError"):
        store_of(dynamodb).mark_sent([one.segment for one in again])
