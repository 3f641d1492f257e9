"""A change set is read for what may lose data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from trafficctl.deploy.changes import STATEFUL, Change, changes, counted, is_no_change
from trafficctl.deploy.differences import KNOWN_AFTER_APPLY, Difference

TABLE = "AWS::DynamoDB::Table"
FUNCTION = "AWS::Lambda::Function"


def entry(action: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
    """A change as DescribeChangeSet has it."""
    return {
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": name,
            "ResourceType": kind,
            **more,
        }
    }


@pytest.mark.parametrize(
    ("change", "loses"),
    [
        (Change("Modify", "T", TABLE, "True"), True),
        (Change("Modify", "T", TABLE, "False"), False),
        (Change("Modify", "T", TABLE, "Conditional", ("KeySchema",)), True),
        (Change("Modify", "T", TABLE, "Conditional", ("BillingMode",)), False),
        (Change("Remove", "T", TABLE), True),
        (Change("Add", "T", TABLE), False),
        (Change("Import", "T", TABLE), False),
        (Change("Modify", "F", FUNCTION, "True"), False),
        (Change("Remove", "F", FUNCTION), False),
        (Change("Modify", "K", "AWS::KMS::Key", "True"), True),
    ],
)
def test_which_changes_may_lose_data(change: Change, loses: bool) -> None:
    assert change.loses_data is loses


def test_the_gravest_changes_come_first() -> None:
    found = changes(
        [
            entry("Add", "New", FUNCTION),
            entry("Modify", "Code", FUNCTION, Replacement="False"),
            entry("Modify", "Table", TABLE, Replacement="True"),
            entry("Remove", "Old", FUNCTION),
        ]
    )

    assert [one.logical_id for one in found] == ["Table", "Old", "Code", "New"]
    assert counted(found) == "1 Remove, 2 Modify, 1 Add"


def test_the_changing_properties_are_read_from_the_details() -> None:
    details = [{"Target": {"Attribute": "Properties", "Name": "KeySchema"}}]
    (found,) = changes(
        [entry("Modify", "T", TABLE, Replacement="Conditional", Details=details)]
    )

    assert found.properties == ("KeySchema",)
    assert found.loses_data


@pytest.mark.parametrize("kind", STATEFUL)
def test_the_properties_that_replace_are_those_of_the_schemas(kind: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    fixed = [
        *schema.get("createOnlyProperties", []),
        *schema.get("conditionalCreateOnlyProperties", []),
    ]

    assert set(STATEFUL[kind]) == {path.rpartition("/")[2] for path in fixed}


@pytest.mark.parametrize(
    ("reason", "nothing"),
    [
        ("The submitted information didn't contain changes. Submit different", True),
        ("No updates are to be performed.", True),
        ("Template error: instance of Fn::GetAtt references undefined X", False),
        ("", False),
    ],
)
def test_a_change_set_without_changes_is_told_from_a_failed_one(
    reason: str, nothing: bool
) -> None:
    assert is_no_change(reason) is nothing


def test_what_changes_inside_is_read_from_the_two_contexts() -> None:
    """The shape is that of AWS: JSON texts, and a detail for each cause."""
    target = {
        "Attribute": "Properties",
        "Name": "Environment",
        "Path": "/Properties/Environment/Variables/HIGH",
        "BeforeValue": "50",
        "AfterValue": "60",
    }
    (found,) = changes(
        [
            entry(
                "Modify",
                "F",
                FUNCTION,
                BeforeContext=context(Environment={"Variables": {"HIGH": "50"}}),
                AfterContext=context(Environment={"Variables": {"HIGH": "60"}}),
                Details=[
                    {"Target": target, "ChangeSource": "DirectModification"},
                    {"Target": target, "ChangeSource": "ParameterReference"},
                ],
            )
        ]
    )

    assert found.differences == (Difference("Environment.Variables.HIGH", "50", "60"),)
    assert found.unseen == ()
    assert not found.drifted


def test_without_contexts_the_details_tell_what_changes() -> None:
    details = [
        detail("/Properties/Tags/0/Value", "Tags", BeforeValue="a", AfterValue="b"),
        detail("/Properties/Tags/0/Value", "Tags", BeforeValue="a", AfterValue="b"),
        detail("/Properties/Timeout", "Timeout", AfterValue="3"),
    ]
    cut = '{"Properties": {"Tags'
    (found,) = changes(
        [entry("Modify", "F", FUNCTION, BeforeContext=cut, Details=details)]
    )

    assert found.differences == (
        Difference("Tags[0].Value", "a", "b"),
        Difference("Timeout", None, "3"),
    )


def test_drift_is_told_from_the_value_as_it_is() -> None:
    drifted = detail(
        "/Properties/Timeout",
        "Timeout",
        BeforeValue="60",
        AfterValue="60",
        Drift={"PreviousValue": "60", "ActualValue": "7"},
    )
    same = context(Timeout=60)
    (found,) = changes(
        [
            entry(
                "Modify",
                "F",
                FUNCTION,
                BeforeContext=same,
                AfterContext=same,
                Details=[drifted],
                ResourceDriftStatus="MODIFIED",
            )
        ]
    )

    assert found.differences == (Difference("Timeout", "7", "60"),)
    assert found.drifted


def test_the_value_of_a_secret_is_never_kept() -> None:
    (found,) = changes(
        [
            entry(
                "Modify",
                "F",
                FUNCTION,
                BeforeContext=context(Environment={"KEY": "old secret"}, Timeout=1),
                AfterContext=context(Environment={"KEY": "new secret"}, Timeout=2),
            )
        ],
        {"F": {"Environment"}},
    )

    assert "secret" not in repr(found)
    assert Difference("Environment.KEY", "****", "****") in found.differences
    assert Difference("Timeout", 1, 2) in found.differences


def test_a_value_that_looks_the_same_on_both_sides_is_still_named() -> None:
    masked = context(Environment={"KEY": "****"})
    hidden = detail(
        "/Properties/Environment/KEY",
        "Environment",
        BeforeValue="****",
        AfterValue="****",
    )
    (found,) = changes(
        [
            entry(
                "Modify",
                "F",
                FUNCTION,
                BeforeContext=masked,
                AfterContext=masked,
                Details=[hidden],
            )
        ]
    )

    assert found.differences == ()
    assert found.unseen == ("Environment",)


@pytest.mark.parametrize(
    ("more", "follows"),
    [
        ({"AfterValue": KNOWN_AFTER_APPLY, "BeforeValue": "arn"}, True),
        ({}, True),
        ({"AfterValue": "b", "BeforeValue": "a"}, False),
    ],
)
def test_a_change_that_only_waits_for_another_is_told_apart(
    more: dict[str, str], follows: bool
) -> None:
    waiting = {
        **detail("/Properties/Role", "Role", **more),
        "ChangeSource": "ResourceAttribute",
        "CausingEntity": "Owner.Arn",
    }
    (found,) = changes(
        [entry("Modify", "F", FUNCTION, Replacement="Conditional", Details=[waiting])]
    )

    assert found.causes == ("Owner.Arn",)
    assert found.only_follows is follows


def context(**properties: Any) -> str:
    """A resource as BeforeContext and AfterContext have it."""
    return json.dumps({"Properties": properties})


def detail(path: str, name: str, **values: Any) -> dict[str, Any]:
    """One detail of a change, made in the template."""
    target = {"Attribute": "Properties", "Name": name, "Path": path, **values}
    return {"Target": target, "ChangeSource": "DirectModification"}
