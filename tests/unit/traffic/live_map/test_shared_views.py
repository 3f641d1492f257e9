"""Who may read the city next, and where the view lies, as AWS is asked."""

from __future__ import annotations

import io
from typing import Any

import pytest

from traffic.errors import Conflict, StoreError
from traffic.live_map.aws import CLAIM_MS, VIEW_FILE, VIEW_KEY, SharedViews
from traffic.live_map.ports import Claim

from .test_aws import Answer, FakeDynamo, refused

KEY = {"incident_id": {"S": VIEW_KEY}}


def views(
    answer: Answer | Exception | None = None,
) -> tuple[SharedViews, FakeDynamo]:
    """A store whose services answer so, and what they were asked."""

    def reply(_request: Answer) -> Answer:
        if isinstance(answer, Exception):
            raise answer
        return answer or {}

    fake = FakeDynamo(reply)
    return SharedViews(fake, "incidents", fake, "bucket"), fake


def test_a_claim_holds_for_longer_than_the_function_may_run() -> None:
    before = {"due_at": {"N": "900"}, "version": {"S": "7-aa-1"}}
    made, fake = views({"Attributes": before})

    assert made.claim(1_000, 1_500) == Claim(1_000 + CLAIM_MS, "7-aa-1", False)
    ((name, request),) = fake.asked
    assert (name, request["Key"]) == ("update_item", KEY)
    values = request["ExpressionAttributeValues"]
    assert values == {
        ":until": {"N": str(1_000 + CLAIM_MS)},
        ":latest": {"N": "1500"},
        ":never": {"N": str(1_000 + 2 * CLAIM_MS)},
    }


@pytest.mark.parametrize(
    ("answer", "claim"),
    [
        ({}, Claim(CLAIM_MS, "", is_first=True)),
        ({"Attributes": {"due_at": {"N": "-1"}}}, Claim(CLAIM_MS)),
        (refused("ConditionalCheckFailedException"), None),
    ],
    ids=["the first", "after one that failed", "not due"],
)
def test_a_claim_says_what_is_stored(
    answer: Answer | Exception, claim: Claim | None
) -> None:
    assert views(answer)[0].claim(0, 0) == claim


def test_a_claim_ends_when_its_view_is_stored() -> None:
    made, fake = views()

    made.release(Claim(5_000), 1_900, "7-aa-2")

    ((_, request),) = fake.asked
    assert request["Key"] == KEY
    assert request["ConditionExpression"] == "due_at = :until"
    assert set(request["ExpressionAttributeNames"].values()) == {"due_at", "version"}
    values = request["ExpressionAttributeValues"]
    assert values == {
        ":0": {"N": "1900"},
        ":1": {"S": "7-aa-2"},
        ":until": {"N": "5000"},
    }


def test_a_claim_that_ended_by_itself_is_not_ended_again() -> None:
    made, _ = views(refused("ConditionalCheckFailedException"))

    with pytest.raises(Conflict):
        made.release(Claim(5_000), 1_900, "")


def test_a_view_is_one_object() -> None:
    made, fake = views({"Body": io.BytesIO(b"view")})
    place = {"Bucket": "bucket", "Key": VIEW_FILE}

    made.store(b"view")

    assert made.stored() == b"view"
    assert fake.asked == [
        ("put_object", {**place, "Body": b"view"}),
        ("get_object", place),
    ]


@pytest.mark.parametrize(
    ("code", "error"), [("SlowDown", StoreError), ("NoSuchKey", None)]
)
def test_a_store_that_fails_says_so(code: str, error: Any) -> None:
    made, _ = views(refused(code))

    if error is None:
        assert made.stored() is None
        return
    for call in (made.stored, lambda: made.store(b""), lambda: made.claim(0, 0)):
        with pytest.raises(error):
            call()
