"""A plain update does what MiniStack does with it, which gets all the rest."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import dynamodb

from localcity.dynamodb.statements import Plan, batched, carried_out, plan_of

TABLE = "tab"
ITEM: dict[str, Any] = {
    "segment_id": {"S": "s"},
    "version": {"N": "1"},
    "name": {"S": "Straße"},
    "state": {"B": "AAEC"},
    "suspects": {"L": [{"S": "lane-1"}]},
    "stale": {"N": "3"},
}
KEY, VERSION = {"S": "s"}, {"N": "1"}
SET = (
    'UPDATE "tab" SET "version"=? SET "speed"=? REMOVE "stale" '
    'WHERE "segment_id"=? AND "version"=?'
)
VALUES = [{"N": "2"}, {"N": "88.5"}, KEY, VERSION]
PLAIN = {
    "the usual": (SET, VALUES),
    "bytes and texts": (
        'UPDATE "tab" SET "state"=? SET "name"=? WHERE "segment_id"=? AND "version"=?',
        [{"B": "AwQ="}, {"S": ""}, KEY, VERSION],
    ),
    "only a removal": (
        'UPDATE "tab" REMOVE "suspects" WHERE "segment_id"=? AND "version"=?',
        [KEY, VERSION],
    ),
    "no condition": (
        'UPDATE "tab" SET "speed"=? WHERE "segment_id"=?',
        [{"N": "-1e3"}, KEY],
    ),
    "a number in another form": (SET, [{"N": "2"}, {"N": "1E+2"}, KEY, VERSION]),
}
OTHERS = {
    "a condition that fails": (SET, [*VALUES[:3], {"N": "7"}]),
    "an equal number written otherwise": (SET, [*VALUES[:3], {"N": "1.0"}]),
    "no such item": (SET, [*VALUES[:2], {"S": "other"}, VERSION]),
    "a number that is none": (SET, [{"N": "x"}, *VALUES[1:]]),
    "too few values": (SET, VALUES[:3]),
    "too many values": (SET, [*VALUES, {"S": "more"}]),
    "no table": (SET.replace('"tab"', '"none-such"'), VALUES),
    "no key": ('UPDATE "tab" SET "a"=? WHERE "version"=?', [KEY, VERSION]),
    "a path": (
        'UPDATE "tab" SET "suspects"[0]=? WHERE "segment_id"=? AND "version"=?',
        [KEY, KEY, VERSION],
    ),
    "a literal": (SET.replace('"speed"=?', "speed='b'"), [VERSION, KEY, VERSION]),
    "arithmetic": (
        'UPDATE "tab" SET "version"="version"+? WHERE "segment_id"=? AND "version"=?',
        [VERSION, KEY, VERSION],
    ),
    "an order": (SET.replace('AND "version"=', 'AND "version">'), VALUES),
    "either": (SET.replace("AND", "OR"), VALUES),
    "a list": (SET, [VALUES[0], {"L": [{"S": "a"}]}, KEY, VERSION]),
    "what was": (SET + " RETURNING ALL OLD *", VALUES),
    "too large": (SET, [VALUES[0], {"S": "x" * 410_000}, KEY, VERSION]),
    "no sense": ('UPDATE "tab" SET SET', VALUES),
    "a look": ('SELECT * FROM "tab" WHERE "segment_id"=?', [KEY]),
    "the end of it": (
        'DELETE FROM "tab" WHERE "segment_id"=? AND "version"=?',
        [KEY, VERSION],
    ),
}


@pytest.fixture(autouse=True)
def items() -> Iterator[dict[str, Any]]:
    """The items of a table that has one."""
    key = {"AttributeName": "segment_id"}
    dynamodb._create_table(
        {
            "TableName": TABLE,
            "KeySchema": [{**key, "KeyType": "HASH"}],
            "AttributeDefinitions": [{**key, "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
    )
    found = dynamodb._tables[TABLE]["items"]
    reset(found)
    yield found
    del dynamodb._tables[TABLE]


def reset(items: dict[str, Any]) -> None:
    items.clear()
    items["s"] = {"__no_sort__": copy.deepcopy(ITEM)}


def outcome(execute: Any, items: dict[str, Any], *statements: Any) -> Any:
    """What a batch answers, and what it leaves in the table."""
    reset(items)
    asked = [{"Statement": text, "Parameters": values} for text, values in statements]
    status, _, body = execute({"Statements": copy.deepcopy(asked)})
    left = [(name, list(item["__no_sort__"].items())) for name, item in items.items()]
    return status, json.loads(body), left


@pytest.mark.parametrize("name", [*PLAIN, *OTHERS])
def test_a_statement_has_the_outcome_that_ministack_gives_it(
    name: str, items: dict[str, Any]
) -> None:
    statement = {**PLAIN, **OTHERS}[name]
    original = dynamodb._batch_execute_statement

    for _ in range(2):  # planned, and by its plan
        done = outcome(batched(original), items, statement)

        assert done == outcome(original, items, statement)


def test_statements_of_a_batch_are_carried_out_in_order(items: dict[str, Any]) -> None:
    later = [{"N": "3"}, {"N": "70"}, KEY, {"N": "2"}]
    batch = (SET, VALUES), OTHERS["a path"], (SET, later), OTHERS["no sense"]
    original = dynamodb._batch_execute_statement

    done = outcome(batched(original), items, *batch)

    assert done == outcome(original, items, *batch)
    assert items["s"]["__no_sort__"]["speed"] == {"N": "70"}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_update_is_not_left_to_ministack(name: str) -> None:
    text, values = PLAIN[name]

    assert carried_out({"Statement": text, "Parameters": values}) is not None


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_plain_is_left_to_ministack(
    name: str, items: dict[str, Any]
) -> None:
    text, values = OTHERS[name]

    assert carried_out({"Statement": text, "Parameters": values}) is None
    assert items["s"]["__no_sort__"] == ITEM


def test_the_number_of_statements_is_ministacks_to_judge(
    items: dict[str, Any],
) -> None:
    original = dynamodb._batch_execute_statement

    for batch in ([], [(SET, VALUES)] * 26):
        done = outcome(batched(original), items, *batch)

        assert done == outcome(original, items, *batch)
        assert done[0] == 400


def test_a_plan_names_the_places_of_the_values() -> None:
    assert plan_of(SET, VALUES) == Plan(
        table=TABLE,
        parameters=4,
        sets=(("version", 0), ("speed", 1)),
        removes=("stale",),
        equal=(("segment_id", 2), ("version", 3)),
    )
