"""A batch of undelivered messages becomes one object, or comes again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from traffic.errors import DeadLetterError
from traffic.undelivered.aws import DeadLetterStore
from traffic.undelivered.function import keep

AT_MS = 1_795_000_000_000  # 2026-11-18 11:06:40 UTC


class Bucket:
    """S3's `put_object`, in memory; *refused* has it answer AccessDenied."""

    def __init__(self, refused: bool = False) -> None:
        self.objects: dict[str, bytes] = {}
        self._refused = refused

    def put_object(self, **asked: Any) -> None:
        if self._refused:
            denied = {"Error": {"Code": "AccessDenied", "Message": "no"}}
            raise ClientError(denied, "PutObject")
        assert (asked["Bucket"], asked["ContentType"]) == (
            "letters",
            "application/x-ndjson",
        )
        self.objects[asked["Key"]] = asked["Body"]


def record(number: int, body: str, later_ms: int = 0) -> dict[str, Any]:
    """A message of Lambda's event for a queue."""
    attributes = {"SentTimestamp": str(AT_MS + later_ms)}
    return {"messageId": f"m{number}", "body": body, "attributes": attributes}


def kept(*records: dict[str, Any]) -> dict[str, bytes]:
    bucket = Bucket()
    keep({"Records": list(records)}, DeadLetterStore(bucket, "letters"))
    return bucket.objects


def test_a_batch_is_one_object_of_its_day_with_the_time_of_each_message() -> None:
    letter = {"topic": "traffic/a/d", "base64OriginalPayload": "e30=", "failures": []}

    found = kept(
        record(1, json.dumps(letter), later_ms=5), record(2, json.dumps(letter))
    )

    ((key, body),) = found.items()
    assert key == f"undelivered/2026-11-18/{AT_MS}-m2.jsonl"
    assert [json.loads(line) for line in body.splitlines()] == [
        {**letter, "received_at": AT_MS + 5, "message_id": "m1"},
        {**letter, "received_at": AT_MS, "message_id": "m2"},
    ]


@pytest.mark.parametrize("body", ["no JSON", "[7]", "[" * 100_000])
def test_a_message_that_is_not_the_rules_holds_up_no_other(body: str) -> None:
    ((_, kept_body),) = kept(record(1, body), record(2, "{}")).items()

    first, second = map(json.loads, kept_body.splitlines())
    assert first["body"] == body
    assert second["message_id"] == "m2"


def test_an_empty_event_writes_nothing() -> None:
    assert kept() == {}


def test_a_bucket_that_refuses_has_the_batch_come_again() -> None:
    store = DeadLetterStore(Bucket(refused=True), "letters")

    with pytest.raises(DeadLetterError, match=r"s3 letters: .*AccessDenied"):
        keep({"Records": [record(1, "{}")]}, store)
