"""Two states of a resource are compared down to the single value."""

from __future__ import annotations

from typing import Any

import pytest

from trafficctl.deploy.differences import Difference, differences

READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "b"}
SEAL = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "key"}


def policy(*statements: Any) -> dict[str, Any]:
    return {"Statement": list(statements)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (60, "60"),
        (True, "true"),
        (1, 1.0),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ('{"a": [1]}', {"a": [1]}),
        ({"Action": "s3:GetObject"}, {"Action": ["s3:GetObject"]}),
    ],
)
def test_the_same_in_another_spelling_is_no_difference(before: Any, after: Any) -> None:
    assert differences(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"E": {"V": {"A": "50"}}}, {"E": {"V": {"A": "60"}}}, ("E.V.A", "50", "60")),
        ({"A": 1}, {"A": 1, "B": 0}, ("B", None, 0)),
        ({"A": ""}, {}, ("A", "", None)),
        ({"A": 0}, {"A": False}, ("A", 0, False)),
        ({"A": [1, 2]}, {"A": [2, 1]}, ("A", [1, 2], [2, 1])),
        ({"A": '{"b": 1}'}, {"A": '{"b": 2}'}, ("A.b", 1, 2)),
        ({"A": "{no json"}, {"A": "{no more"}, ("A", "{no json", "{no more")),
    ],
)
def test_a_difference_is_named_by_its_path(
    before: Any, after: Any, found: tuple[str, Any, Any]
) -> None:
    assert differences(before, after) == [Difference(*found)]


def test_of_a_policy_only_the_actions_that_go_and_come_are_told() -> None:
    more = {**READ, "Action": ["s3:GetObject", "s3:PutObject"]}

    assert differences(policy(READ, SEAL), policy(more, SEAL)) == [
        Difference("Statement[0].Action", "s3:ListBucket", None),
        Difference("Statement[0].Action", None, "s3:PutObject"),
    ]


def test_a_statement_that_goes_does_not_change_those_behind_it() -> None:
    assert differences(policy(READ, SEAL), policy(SEAL)) == [
        Difference("Statement[0]", READ, None)
    ]


def test_a_changed_statement_is_compared_with_the_one_it_resembles_most() -> None:
    wider = {**SEAL, "Resource": "*"}

    assert differences(policy(READ, SEAL), policy(wider, READ)) == [
        Difference("Statement[1].Resource", "key", "*")
    ]


def test_named_elements_are_compared_by_name_wherever_they_stand() -> None:
    before = {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}
    after = {"Tags": [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "1"}]}

    assert differences(before, after) == [
        Difference("Tags[a]", {"Key": "a", "Value": "1"}, None),
        Difference("Tags[b].Value", "2", "3"),
        Difference("Tags[c]", None, {"Key": "c", "Value": "1"}),
    ]
