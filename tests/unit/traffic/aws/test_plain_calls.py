"""Calls that skip botocore's model send and return the same values."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from bench import wire
from traffic.aws.dynamodb import call_aws, is_throttled
from traffic.aws.plain_calls import skip_model
from traffic.errors import Conflict, StoreError

KEY = {"segment_id": {"S": "a"}}
NAMES = {"ExpressionAttributeNames": {"#0": "state"}, "ProjectionExpression": "#0"}
UPDATE = {"TableName": "t", "Key": KEY, "UpdateExpression": "SET a = :0"}
REQUESTS: dict[str, dict[str, Any]] = {
    "scan": {"TableName": "t", "Segment": 0, "TotalSegments": 4, **NAMES},
    "query": {
        "TableName": "t",
        "KeyConditionExpression": "segment_id = :0",
        "ExpressionAttributeValues": {":0": {"S": "straße"}},
        "ScanIndexForward": False,
        "ExclusiveStartKey": KEY,
    },
    "batch_get_item": {
        "RequestItems": {"t": {"Keys": [KEY], "ConsistentRead": True, **NAMES}}
    },
    "batch_execute_statement": {
        "Statements": [
            {"Statement": 'UPDATE "t" SET "a"=?', "Parameters": [{"B": b"\0\xff"}]},
            {"Statement": 'UPDATE "t" SET "a"=?', "Parameters": [{"SS": ["b", "c"]}]},
        ]
    },
    "transact_write_items": {
        "TransactItems": [
            {"Put": {"TableName": "t", "Item": {**KEY, "sums": {"B": b"\0"}}}},
            {"Update": {**UPDATE, "ExpressionAttributeValues": {":0": {"N": "1.5"}}}},
        ],
        "ClientRequestToken": "the-same-of-both",
    },
}
LIST = {"Items": [{**KEY, "speed": {"N": "5.5"}}], "Count": 1, "ScannedCount": 1}
OTHERS = {
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "counts": {"NS": ["1"]},
    "parts": {"BS": ["AP8="]},
    "list": {"L": [{"N": "1"}, {"M": {"deep": {"B": "AP8="}}}]},
}
ITEM = {
    **KEY,
    "state": {"B": "AP8="},
    "suspects": {"SS": ["b"]},
    "lanes": {"N": "5"},
    **OTHERS,
}
REFUSAL = {"Error": {"Code": "ConditionalCheckFailed", "Message": "no"}}
ANSWERS: dict[str, dict[str, Any]] = {
    "scan": {**LIST, "LastEvaluatedKey": KEY},
    "query": LIST,
    "batch_get_item": {
        "Responses": {"t": [ITEM]},
        "UnprocessedKeys": REQUESTS["batch_get_item"]["RequestItems"],
    },
    "batch_execute_statement": {"Responses": [{"TableName": "t"}, REFUSAL]},
    "transact_write_items": {},
}
CANCELLED = {
    "__type": "com.amazonaws.dynamodb#TransactionCanceledException",
    "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}],
}


class Wired:
    """A client of boto3 whose calls are answered by *answers*, in turn."""

    def __init__(self, *answers: AWSResponse) -> None:
        self.sent: list[bytes] = []
        self._answers = iter(answers)
        retries = {"mode": "standard", "total_max_attempts": 3}
        config = Config(parameter_validation=False, retries=retries)
        self.client = wire.client(config, self._send)

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        self.sent.append(request.body)
        return next(self._answers)

    def fast(self) -> Wired:
        """The same, past the model."""
        skip_model(self.client)
        return self

    def ask(self, operation: str) -> Any:
        answer = getattr(self.client, operation)(**REQUESTS[operation])
        return {**answer, "ResponseMetadata": {}}


def told(content: Any, status: int = 200) -> AWSResponse:
    return wire.response(json.dumps(content).encode(), status)


def refused(call: Callable[..., Any], operation: str) -> StoreError:
    with pytest.raises(StoreError) as error:
        call_aws(call, **REQUESTS[operation])
    return error.value


@pytest.mark.parametrize("operation", REQUESTS)
def test_what_skips_the_model_is_the_same_both_ways(operation: str) -> None:
    slow = Wired(told(ANSWERS[operation]))
    fast = Wired(told(ANSWERS[operation])).fast()

    answer = fast.ask(operation)

    assert answer == slow.ask(operation)
    assert answer.keys() == {*ANSWERS[operation], "ResponseMetadata"}
    assert json.loads(fast.sent[0]) == json.loads(slow.sent[0])


def test_bytes_are_bytes_again() -> None:
    answer = Wired(told(ANSWERS["batch_get_item"])).fast().ask("batch_get_item")

    assert answer["Responses"]["t"][0]["state"] == {"B": b"\0\xff"}


def test_a_request_is_encoded_past_the_model() -> None:
    fast = Wired(told({})).fast()
    fast.ask("transact_write_items")

    assert b'"sums":{"B":"AA=="}' in fast.sent[0]  # botocore writes spaces


def test_a_transaction_that_is_sent_again_has_the_same_token() -> None:
    fast = Wired(told({}, 500), told({}, 500), told({})).fast()
    actions = REQUESTS["transact_write_items"]["TransactItems"]

    fast.client.transact_write_items(TransactItems=actions)

    first, *others = map(json.loads, fast.sent)
    assert len(first["ClientRequestToken"]) == 36
    assert others == [first, first]
    assert len(first["TransactItems"]) == len(actions)


def test_the_parameters_of_the_caller_are_left_as_they_are() -> None:
    request = {"RequestItems": {"t": {"Keys": [KEY]}}}
    Wired(told(ANSWERS["batch_get_item"])).fast().client.batch_get_item(**request)

    assert request == {"RequestItems": {"t": {"Keys": [KEY]}}}


@pytest.mark.parametrize("operation", REQUESTS)
def test_a_refused_call_is_a_store_error(operation: str) -> None:
    error = {"__type": "x#AccessDeniedException", "message": "no"}
    fast = Wired(told(error, 400)).fast()

    fault = refused(getattr(fast.client, operation), operation)

    assert "AccessDeniedException" in str(fault)


def test_a_cancelled_transaction_tells_its_reasons() -> None:
    fast = Wired(told(CANCELLED, 400)).fast()

    fault = refused(fast.client.transact_write_items, "transact_write_items")

    assert isinstance(fault, Conflict)
    assert not is_throttled(fault)


def test_an_answer_that_is_cut_off_is_what_botocore_takes_it_for() -> None:
    slow, fast = Wired(wire.response(b'{"Resp')), Wired(wire.response(b'{"Resp')).fast()

    assert fast.ask("batch_get_item") == slow.ask("batch_get_item")
