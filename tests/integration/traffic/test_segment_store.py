"""The store speaks DynamoDB's language, and the fake answers as MiniStack does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from msgspec.structs import replace as with_fields

from tests.unit.traffic.segment.builders import ROAD, message, reading
from traffic.aws.plain_calls import skip_model
from traffic.aws.segment_store import DynamoStore
from traffic.errors import Conflict, StoreError
from traffic.model import StoredSegment
from traffic.processor.function import CLIENT
from traffic.segment.decide import Decision

from ...unit.traffic.aws.fake_dynamodb import KEYS, FakeDynamoDB
from ...unit.traffic.aws.test_segment_store import decided, first
from ...unit.traffic.processor.city import TABLES, City
from ...unit.traffic.processor.test_faults import batches, expected

Tables = Any


class MiniStackTables:
    """The processor's client, and the rows of its tables as the fake shows them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._processors = boto3.client(
            "dynamodb",
            "us-east-1",
            endpoint_url=client.meta.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=CLIENT,
        )
        skip_model(self._processors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._processors, name)

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        found = self._client.scan(TableName=table)["Items"]
        yield from sorted(
            found, key=lambda row: [row[name]["S"] for name in KEYS[table]]
        )


@pytest.fixture
def tables(ministack_dynamodb: Any) -> Iterator[MiniStackTables]:
    """The three tables, empty."""
    for table, keys in KEYS.items():
        kinds = zip(keys, ("HASH", "RANGE"), strict=False)
        ministack_dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in kinds],
            AttributeDefinitions=[
                {"AttributeName": n, "AttributeType": "S"} for n in keys
            ],
        )
    yield MiniStackTables(ministack_dynamodb)
    for table in KEYS:
        ministack_dynamodb.delete_table(TableName=table)


@pytest.fixture(params=["fake", "ministack"])
def either(request: Any) -> Tables:
    """Each of the two, so that the one proves the other."""
    if request.param == "fake":
        return FakeDynamoDB()
    return request.getfixturevalue("tables")


def store_of(tables: Tables) -> DynamoStore:
    return DynamoStore(tables, TABLES, 30, lambda _: None, lambda: 1)


def first_of(segment: StoredSegment) -> Decision:
    return decided(segment, message(reading()))


def versions(tables: Tables) -> dict[str, str]:
    found = tables.rows("segments")
    return {row["segment_id"]["S"]: row["version"]["N"] for row in found}


def test_eventful_batches_leave_the_same_tables(tables: Tables) -> None:
    city = City("known", "jam", dynamodb=tables)

    for batch in batches():
        assert city.process(batch) == {"batchItemFailures": []}

    assert city.picture() == expected()


def test_batches_that_come_again_change_nothing(tables: Tables) -> None:
    city = City("known", "jam", dynamodb=tables)

    for batch in [*batches(), *batches()]:
        city.process(batch)

    assert city.picture() == expected()


def test_a_statement_over_a_version_that_moved_is_a_conflict(either: Tables) -> None:
    store = store_of(either)
    one, two = first("one"), first("two")
    store.write([one, two])
    again = [decided(d.segment, message(reading("b"))) for d in (one, two)]
    late = [decided(one.segment, message(reading("c")))]
    assert store.write(again) == {"one": None, "two": None}

    (refusal,) = store.write(late).values()

    assert type(refusal) is Conflict
    assert versions(either) == {"one": "2", "two": "2"}


def test_a_statement_over_an_item_that_is_gone_is_a_conflict(either: Tables) -> None:
    ghost = decided(StoredSegment("ghost"), message(reading())).segment

    (refusal,) = (
        store_of(either).write([decided(ghost, message(reading("b")))]).values()
    )

    assert type(refusal) is Conflict
    assert versions(either) == {}


def test_a_transaction_over_a_version_that_moved_is_a_conflict(either: Tables) -> None:
    store = store_of(either)
    store.write([first("old")])

    outcomes = store.write([first("new"), first("old")])

    assert outcomes["new"] is None
    assert type(outcomes["old"]) is Conflict
    assert versions(either) == {"new": "1", "old": "1"}


def test_a_cancelled_transaction_leaves_no_row_behind(either: Tables) -> None:
    store = store_of(either)
    store.write([first("s")])
    stored = store.read(["s"])["s"]
    store.write([decided(stored, message(reading("b")))])

    outcomes = store.write([decided(stored, message(reading("c", 120)))])

    assert type(outcomes["s"]) is Conflict
    assert list(either.rows("history")) == []


def test_an_item_over_400_kb_is_refused_whichever_way_it_is_written(
    either: Tables,
) -> None:
    store, heavy = store_of(either), ({"name": "x" * 410_000},)
    once = first("s")
    store.write([once])
    stored = with_fields(once.segment, outbox=heavy)

    new = store.write([first_of(StoredSegment("new", outbox=heavy))])
    plain = store.write([decided(stored, message(reading("b")))])
    wide = store.write([decided(stored, message(reading("b", 120)))])

    refusals = [new["new"], plain["s"], wide["s"]]
    assert [type(one) for one in refusals] == [StoreError] * 3
    assert versions(either) == {"s": "1"}


def test_sent_events_leave_the_item_and_newer_ones_stay(either: Tables) -> None:
    store = store_of(either)
    jam = [message(reading(seconds=s, speed=5)) for s in (0, 60)]
    sent = decided(StoredSegment("s", road=ROAD), *jam)
    store.write([sent])
    newer = decided(sent.segment, message(reading("b", 61, speed=5)))
    store.write([newer])

    store.mark_sent([sent.segment])
    assert len(store.read(["s"])["s"].outbox) == 1
    store.mark_sent([newer.segment])
    assert store.read(["s"])["s"].outbox == ()
