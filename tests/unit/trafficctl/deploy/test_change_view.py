"""The person at the terminal is shown what would change, and asked."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from trafficctl.cli import prompts
from trafficctl.deploy import change_view
from trafficctl.deploy.changes import Change
from trafficctl.deploy.command import next_steps
from trafficctl.deploy.differences import Difference
from trafficctl.destroy.command import check_protection
from trafficctl.destroy.removal import Holding, check_deletable
from trafficctl.errors import CityError, UserError
from trafficctl.stack import parameters
from trafficctl.stack.retained import RetainedResource
from trafficctl.stack.retained_types import KINDS


class Terminal(io.StringIO):
    """A keyboard at which this was typed."""

    def isatty(self) -> bool:
        """Somebody sits there."""
        return True


@pytest.mark.parametrize(
    ("typed", "agreed"), [("y\n", True), ("yes\n", True), ("\n", False), ("n\n", False)]
)
def test_only_a_yes_agrees(
    typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    assert prompts.confirm("Change it?", yes=False) is agreed


@pytest.mark.parametrize(
    ("typed", "agreed"), [("city\n", True), ("y\n", False), ("cities\n", False)]
)
def test_a_purge_wants_the_whole_name(
    typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    assert prompts.confirm_by_typing("Type the name:", "city", yes=False) is agreed


def test_where_nobody_can_answer_the_error_names_the_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    with pytest.raises(UserError, match="--yes"):
        prompts.confirm("Change it?", yes=False)
    assert prompts.confirm("Change it?", yes=True)


def test_the_table_names_action_resource_type_and_replacement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    change_view.show_changes(
        [
            Change("Modify", "RoadSegments", "AWS::DynamoDB::Table", "True"),
            Change("Add", "Scaler", "AWS::Lambda::Function"),
        ]
    )

    said = capsys.readouterr()
    assert said.out == ""
    lines = [line.split() for line in said.err.splitlines()]
    assert ["Modify", "RoadSegments", "AWS::DynamoDB::Table", "replaced"] in lines
    assert ["Add", "Scaler", "AWS::Lambda::Function"] in lines
    assert "Changes: 1 Modify, 1 Add." in said.err


ACTIONS = "Policies[write].PolicyDocument.Statement[0].Action"
INSIDE = [
    Change(
        *("Modify", "Processor", "AWS::Lambda::Function"),
        differences=(
            Difference("Timeout", 7, 60),
            Difference("Description", "a" * 100 + "x", "a" * 100 + "y"),
        ),
        unseen=("Environment",),
        drifted=True,
    ),
    Change(
        *("Modify", "ProcessorRole", "AWS::IAM::Role"),
        differences=(
            Difference(ACTIONS, "s3:PutObject", None),
            Difference(ACTIONS, None, "s3:GetObject"),
        ),
    ),
    Change(
        *("Modify", "Schedule", "AWS::Events::Rule", "Conditional"),
        causes=("Processor.Arn",),
    ),
]


def test_what_changes_inside_stands_below_its_resource_within_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    change_view.show_changes(INSIDE)

    assert capsys.readouterr().err.splitlines() == [
        "Modify  Processor      AWS::Lambda::Function  drifted",
        "    Timeout: 7 -> 60",
        "    Description:",
        "      - ...aaaaaaaaaaaax",
        "      + ...aaaaaaaaaaaay",
        "    Environment: changes; its value is not shown",
        "Modify  ProcessorRole  AWS::IAM::Role",
        "    Policies[write].PolicyDocument.Statement[0].Action:",
        "      - s3:PutObject",
        "      + s3:GetObject",
        "These refer to them, and change only if a name or an ARN does:",
        "    Schedule",
        "Changes: 2 Modify, and 1 that may follow.",
    ]


def test_a_table_that_may_be_replaced_is_listed_even_if_it_only_follows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Change(
        *("Modify", "RoadSegments", "AWS::DynamoDB::Table", "Conditional"),
        properties=("TableName",),
        causes=("Other.Name",),
    )

    change_view.show_changes([table])

    first = capsys.readouterr().err.splitlines()[0]
    assert first.split()[:2] == ["Modify", "RoadSegments"]
    assert first.endswith("perhaps replaced")


def test_a_first_deployment_is_shown_by_types(
    capsys: pytest.CaptureFixture[str],
) -> None:
    change_view.show_changes(
        [Change("Add", f"R{n}", "AWS::IAM::Role") for n in range(26)]
    )

    said = capsys.readouterr().err
    assert ["Add", "26", "of", "AWS::IAM::Role"] in [
        line.split() for line in said.splitlines()
    ]


def test_parameters_come_from_a_file_and_single_ones_win(tmp_path: Path) -> None:
    path = tmp_path / "city.json"
    path.write_text(json.dumps({"Environment": "production", "KinesisShardCount": 8}))

    assert parameters.read(path) == {
        "Environment": "production",
        "KinesisShardCount": "8",
    }


def test_parameters_as_the_aws_cli_takes_them_do_as_well(tmp_path: Path) -> None:
    path = tmp_path / "city.json"
    path.write_text('[{"ParameterKey": "Environment", "ParameterValue": "staging"}]')

    assert parameters.read(path) == {"Environment": "staging"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("3", "expected {"),
        ('[{"Key": "x"}]', "expected {"),
        ('{"Environment": true}', "Environment: expected a text or a number"),
        ('{"Environment": null}', "Environment: expected a text or a number"),
    ],
)
def test_a_file_that_holds_no_parameters_is_an_error_that_says_why(
    content: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "city.json"
    path.write_text(content)

    with pytest.raises(UserError, match=message) as caught:
        parameters.read(path)
    assert "city.json" in str(caught.value)


def test_what_is_protected_goes_only_when_that_is_said_too() -> None:
    table = Holding(
        RetainedResource("RoadSegments", "AWS::DynamoDB::Table", "city-road_segments"),
        "3 items",
        protected=True,
    )

    with pytest.raises(UserError, match=r"city-road_segments .*--despite-protection"):
        check_protection([table], despite=False)
    check_protection([table], despite=True)


def test_a_stack_with_termination_protection_is_said_to_have_it() -> None:
    check_deletable("city", None)
    check_deletable("city", {"EnableTerminationProtection": False})
    with pytest.raises(CityError, match="--no-enable-termination-protection"):
        check_deletable("city", {"EnableTerminationProtection": True})


@pytest.mark.parametrize(
    ("kind", "described", "protected"),
    [
        ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": True}, True),
        ("AWS::DynamoDB::Table", {}, False),
        ("AWS::Cognito::UserPool", {"DeletionProtection": "ACTIVE"}, True),
        ("AWS::Cognito::UserPool", {"DeletionProtection": "INACTIVE"}, False),
        ("AWS::S3::Bucket", {}, False),
    ],
)
def test_who_is_protected(kind: str, described: Any, protected: bool) -> None:
    assert KINDS[kind].protected(described) is protected


def test_the_next_steps_name_who_has_to_confirm_and_where_the_map_is() -> None:
    mails = {"AlertEmail": "day-shift@city.example"}
    outputs = {"LiveUrl": "https://map.example/", "UserPoolId": "pool-1"}

    said = next_steps("city", mails, outputs)

    assert "1. confirm the subscription" in said
    assert "day-shift@city.example" in said
    assert "trafficctl users add NAME@CITY --stack city" in said
    assert "(trafficctl map --stack city): https://map.example/" in said
    assert "AlertEmail=..." in next_steps("city", {}, outputs)
