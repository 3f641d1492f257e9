"""What is read once is read as MiniStack reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.core.iam_actions import dynamodb_resource_arns
from ministack.services import dynamodb

from localcity.dynamodb.speed import at_a_glance, of_texts, once

KEYS = {"city-segments": {"Keys": [{"segment_id": {"S": "s"}}]}}
REQUESTS: list[Any] = [
    {"TableName": "city-segments", "Key": {}},
    {"TableName": "city-segments", "IndexName": "open_alerts"},
    {"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/city-segments"},
    {"TableName": ""},
    {"TableName": None},
    {"TableName": 7, "RequestItems": KEYS},
    {"RequestItems": KEYS},
    {"RequestItems": {}},
    {"Statements": [{"Statement": "UPDATE t", "Parameters": [{"S": "TableName"}]}]},
    {"TransactItems": [{"Put": {"TableName": "city-segments", "Item": {}}}]},
    {},
]
BODIES = [json.dumps(one).encode() for one in REQUESTS] + [b"", b"[]", b"{", b"NaN"]


def in_words(arns: Any, body: bytes) -> Any:
    """The answer, or the kind of fault it ends in."""
    try:
        return arns(body, "us-east-1", "000000000000")
    except AttributeError as error:
        return type(error)


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_the_tables_of_a_request_are_those_that_ministack_finds(body: bytes) -> None:
    glanced = in_words(at_a_glance(dynamodb_resource_arns), body)

    assert glanced == in_words(dynamodb_resource_arns, body)


def test_a_statement_is_read_once_to_be_looked_at_and_carried_out() -> None:
    read: list[str] = []

    def parse(statement: str, parameters: Any) -> Any:
        read.append(statement)
        return [statement, parameters]

    parsed, mine, other = once(parse), [{"S": "a"}], [{"S": "a"}]
    looked_at = parsed("UPDATE", mine)

    assert parsed("UPDATE", mine) is looked_at
    assert parsed("UPDATE", mine) is not looked_at  # another request's
    assert parsed("UPDATE", other) == ["UPDATE", other]
    assert read == ["UPDATE"] * 3


def test_equal_parameters_of_another_statement_are_not_taken_for_its_own() -> None:
    parsed = once(lambda statement, parameters: (statement, parameters[0]["S"]))

    assert parsed("UPDATE", [{"S": "a"}]) == ("UPDATE", "a")
    assert parsed("UPDATE", [{"S": "b"}]) == ("UPDATE", "b")


@pytest.mark.parametrize("text", ["0", "-118.44782", "1E+5", "812.5", "x", ""])
def test_a_number_has_the_size_that_ministack_gives_it(text: str) -> None:
    size = of_texts(dynamodb._number_size_bytes, 8)

    assert size(text) == size(text) == dynamodb._number_size_bytes(text)


def test_what_is_no_text_is_worked_out_each_time() -> None:
    worked: list[Any] = []
    known = of_texts(lambda value: worked.append(value) or len(worked), 8)

    assert [known([1]), known([1]), known("a"), known("a")] == [1, 2, 3, 3]


@pytest.mark.parametrize("condition", ["#v = :read_at", "#v = = :read_at", "(a = b"])
def test_a_condition_has_the_grammar_that_ministack_gives_it(condition: str) -> None:
    check, slot = of_texts(dynamodb._condition_syntax_error, 8), "ConditionExpression"

    told = dynamodb._condition_syntax_error(condition, slot)

    assert check(condition, slot) == check(condition, slot) == told
    assert (told is None) is (condition == "#v = :read_at")
