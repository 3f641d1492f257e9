"""What is read once is read as MiniStack reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.core.iam_actions import (
    dynamodb_resource_arns,
    dynamodb_service_context,
)
from ministack.services import dynamodb

from localcity.dynamodb.speed import (
    at_a_glance,
    at_most_bytes,
    in_one_page,
    of_texts,
    of_what_is_asked,
    of_whole_attributes,
    once,
)

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


ASKED: list[Any] = [
    {},
    {"Statements": [{"Statement": "SELECT"}]},
    {"ExpressionAttributeNames": {"#n": "Name"}},
    {"ProjectionExpression": "#n, a.b", "ExpressionAttributeNames": {"#n": "Name"}},
    {"ProjectionExpression": 7},
    {"AttributesToGet": ["a", 1]},
    {"Select": "COUNT"},
    {"Select": None},
]


@pytest.mark.parametrize(
    "body", [json.dumps(one).encode() for one in ASKED] + [b"", b"[]", b"{"], ids=repr
)
def test_a_policy_sees_what_ministack_shows_it_of_a_request(body: bytes) -> None:
    asked = of_what_is_asked(dynamodb_service_context)

    assert asked(body) == dynamodb_service_context(body)


ITEM: dict[str, Any] = {
    "name": {"S": "Straße"},
    "ä": {"N": "-118.44782"},
    "state": {"B": "AAECAwQ="},
    "lanes": {"L": [{"S": "a"}, None]},
    "deep": {"M": {"a": {"L": [{"N": "1"}]}, "b": {"BOOL": True}}},
    "tags": {"SS": ["a", "b"]},
    "gone": {"NULL": True},
    "a.b": {"S": "with a dot"},
}
PROJECTIONS: list[tuple[str, dict[str, str] | None]] = [
    ("#0, #1", {"#0": "name", "#1": "deep"}),
    ("tags, lanes, not_here", None),
    ("#0", {"#0": "a.b"}),
    ("#0, deep.b", {"#0": "ä"}),
    ("deep.a[0], tags", {}),
    ("", {}),
]


@pytest.mark.parametrize(("expression", "names"), PROJECTIONS)
def test_an_item_is_projected_as_ministack_does(
    expression: str, names: dict[str, str] | None
) -> None:
    project = of_whole_attributes(dynamodb._project_item)

    for item in (ITEM, {}, ITEM):
        found = project(item, expression, names)

        assert found == dynamodb._project_item(item, expression, names)
        assert list(found) == list(dynamodb._project_item(item, expression, names))


@pytest.mark.parametrize(
    ("expression", "names"), [("deep, deep", {}), ("#0, a", {"#0": "a.b"})]
)
def test_a_projection_that_overlaps_is_refused_for_each_item(
    expression: str, names: dict[str, str]
) -> None:
    project = of_whole_attributes(dynamodb._project_item)

    for _ in range(2):
        with pytest.raises(ValueError, match="overlap"):
            project(ITEM, expression, names)


@pytest.mark.parametrize("name", ITEM)
def test_no_attribute_is_larger_than_what_it_is_at_most(name: str) -> None:
    one = {name: ITEM[name]}

    assert dynamodb._item_size_bytes(one) <= at_most_bytes([one])


@pytest.mark.parametrize("number", ["1E+5", "0.01", "-0.1", "12345", "-9E-130"])
def test_no_number_is_larger_than_what_it_is_at_most(number: str) -> None:
    one = {"a": {"N": number}}

    assert dynamodb._item_size_bytes(one) <= at_most_bytes([one])


@pytest.mark.parametrize("limit", [None, 2])
@pytest.mark.parametrize("length", [10, 300_000, 349_000, 600_000])
def test_a_page_ends_where_ministacks_does(length: int, limit: int | None) -> None:
    items = [{"a": {"S": "x" * length}} for _ in range(3)]

    page = in_one_page(dynamodb._paginate_evaluated_items)(items, limit, {})

    assert page == dynamodb._paginate_evaluated_items(items, limit, {})
