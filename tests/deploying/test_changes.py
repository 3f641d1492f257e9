"""A change set is read for what may lose data."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from trafficctl.deploying.changes import (
    STATEFUL,
    Change,
    changes,
    counted,
    is_no_change,
)

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
