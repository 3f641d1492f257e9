"""The bus, the bucket, and every error of AWS as one of ours."""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from tests.unit.traffic.segment.builders import START, message, reading, record
from traffic.aws.event_bus import EventBridgeBus
from traffic.aws.segment_store import DynamoStore
from traffic.errors import PublishError, QuarantineError, StoreError
from traffic.processor.aws import S3Quarantine
from traffic.processor.records import decode_batch

from ..aws.fake_dynamodb import refused
from ..aws.test_segment_store import first
from .city import TABLES, City, Line, Wire


def test_events_go_out_ten_a_request_and_each_is_answered_for() -> None:
    city, line = City(), Line()
    city.bus.refuses = 1
    bus = EventBridgeBus(Wire(city.bus, line), "bus")

    taken = bus.send([{"event_id": str(i)} for i in range(25)])

    assert taken == [False] + [True] * 24
    assert line.calls == ["put_events"] * 3


def test_a_retry_writes_the_same_quarantine_object() -> None:
    city = City("s")
    batch = [record(7, b"{"), record(8, message(reading(count=-1)))]

    city.process(batch)
    (key,) = city.s3.objects
    written = dict(city.s3.objects)
    city.process(batch)

    (body,) = written.values()
    digest = hashlib.sha256(body).hexdigest()[:16]
    assert key == f"quarantine/2027-01-15/shardId-000000000001/7-{digest}.jsonl"
    assert city.s3.objects == written


@pytest.mark.parametrize("cuts", [(1, 3), (3, 1)])
def test_deliveries_that_overlap_do_not_overwrite_each_other(
    cuts: tuple[int, int],
) -> None:
    city, batch = City("s"), [record(i, b"{") for i in (7, 8, 9)]

    for most in cuts:
        city.process(batch[:most])

    assert len(city.s3.objects) == 2
    assert set(city.quarantined()) == {("7", None), ("8", None), ("9", None)}


def store_of_client(client: Any) -> DynamoStore:
    return DynamoStore(client, TABLES, 30, lambda _: None, lambda: 1)


def keep_one(client: Any) -> None:
    taken = decode_batch([record(1, b"{")], START)["s"]
    S3Quarantine(client, "bucket").keep("shard", taken.rejected)


CALLS = [
    (StoreError, lambda client: list(store_of_client(client).read(["s"]).values())),
    (
        StoreError,
        lambda client: list(store_of_client(client).write([first("s")]).values()),
    ),
    (PublishError, lambda client: EventBridgeBus(client, "bus").send([{}])),
    (QuarantineError, keep_one),
]


class Refusing:
    """A client whose every call fails alike."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def call(**_: Any) -> Any:
            raise self._error

        return call


@pytest.mark.parametrize(
    "error",
    [
        refused("AccessDeniedException", "Any"),
        refused("ThrottlingException", "Any"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
        BotoCoreError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(("kind", "call"), CALLS)
def test_every_error_of_aws_becomes_one_of_ours(
    kind: type[Exception], call: Any, error: Exception
) -> None:
    """Raised, or returned for the segment that met it."""
    try:
        (met,) = call(Refusing(error))
    except (StoreError, PublishError, QuarantineError) as raised:
        met = raised

    assert type(met) is kind
    assert met.__cause__ is error


def test_the_two_roots_we_translate_cover_all_errors_of_botocore() -> None:
    """Else an error that botocore adds would end the batch instead of a segment."""
    known = [
        one
        for _, one in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(one, Exception) and one.__module__ == "botocore.exceptions"
    ]

    assert len(known) > 50
    others = {
        one.__name__
        for one in known
        if not issubclass(one, (BotoCoreError, ClientError))
    }
    # Met when a client is made, or warnings: no call raises them.
    assert others == {
        "MissingServiceIdError",
        "UndefinedModelAttributeError",
        "ImminentRemovalWarning",
        "UnsupportedTLSVersionWarning",
    }
