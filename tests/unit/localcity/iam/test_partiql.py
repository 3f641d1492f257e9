"""A PartiQL statement needs the permission for what it does."""

from __future__ import annotations

import json

import pytest
from ministack.core import iam_actions

from localcity.iam.partiql import _with_statements, needed


@pytest.mark.parametrize(
    ("statement", "action", "table"),
    [
        (
            'UPDATE "city-road_segments" SET "a"=? WHERE "b"=?',
            "Update",
            "city-road_segments",
        ),
        ("insert into \"t\" value {'a': 1}", "Insert", "t"),
        ('DELETE FROM t WHERE "a"=?', "Delete", "t"),
        ('SELECT * FROM "t"."by_day" WHERE "a"=?', "Select", "t"),
    ],
)
def test_a_statement_needs_the_action_of_its_verb(statement, action, table):
    assert needed(statement) == (f"dynamodb:PartiQL{action}", table)


def test_what_is_no_statement_needs_what_nobody_has():
    assert needed("DROP TABLE t") is None


def checks(action, request):
    original = iam_actions.dynamodb_transaction_checks
    return _with_statements(original)(action, json.dumps(request).encode(), "r", "1")


def test_each_table_of_a_batch_is_checked_once():
    batch = {
        "Statements": [
            {"Statement": 'UPDATE "a" SET x=1 WHERE k=1'},
            {"Statement": 'UPDATE "a" SET x=2 WHERE k=2'},
            {"Statement": 'DELETE FROM "b" WHERE k=2'},
        ]
    }

    assert checks("dynamodb:BatchExecuteStatement", batch) == [
        ("dynamodb:PartiQLUpdate", "arn:aws:dynamodb:r:1:table/a"),
        ("dynamodb:PartiQLDelete", "arn:aws:dynamodb:r:1:table/b"),
    ]


def test_a_transaction_is_checked_as_before():
    request = {"TransactItems": [{"Put": {"TableName": "t"}}]}

    assert checks("dynamodb:TransactWriteItems", request) == [
        ("dynamodb:PutItem", "arn:aws:dynamodb:r:1:table/t")
    ]


@pytest.mark.parametrize(
    "request_",
    [
        {"Statement": 'UPDATE "a" SET x=1', "Parameters": [{"S": "Statements"}]},
        {"Statements": [{"Statement": 'UPDATE "a" SET x=?', "Parameters": []}]},
        {"Statements": None, "Statement": 'UPDATE "a" SET x=1'},
        {"Statements": [], "Statement": 'UPDATE "a" SET x=1'},
    ],
)
def test_a_statement_is_found_wherever_a_request_has_it(request_):
    assert checks("dynamodb:ExecuteStatement", request_) == [
        ("dynamodb:PartiQLUpdate", "arn:aws:dynamodb:r:1:table/a")
    ]


@pytest.mark.parametrize("statement", [7, None, ""])
def test_a_statement_that_is_none_needs_what_nobody_has(statement):
    request = {"Statements": [{"Statement": statement}]}

    assert checks("dynamodb:BatchExecuteStatement", request) == []
