"""What `trafficctl deploy` shows before it asks, against a local city."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.template.template import TEXT

from .conftest import EmptyCity


@pytest.fixture(scope="module", autouse=True)
def deployed(empty_city: EmptyCity) -> None:
    """A stack to be changed; no test of this module agrees to a change."""
    done = empty_city.run("deploy", "--stack", "first", "--yes")
    assert done.returncode == 0, done.stderr


def test_an_action_that_a_policy_loses_is_named_before_anyone_agrees(
    empty_city: EmptyCity, tmp_path: Path
) -> None:
    path = tmp_path / "fewer.yaml"
    actions = "[dynamodb:BatchGetItem, dynamodb:PartiQLUpdate, dynamodb:UpdateItem]"
    fewer = "[dynamodb:BatchGetItem, dynamodb:UpdateItem]"
    assert TEXT.count(actions) == 1
    path.write_text(TEXT.replace(actions, fewer))

    done = empty_city.run("deploy", "--stack", "first", "--template", str(path))

    assert done.returncode == 2  # nobody there to agree
    lines = done.stderr.splitlines()
    role = next(n for n, line in enumerate(lines) if "ProcessorRole" in line)
    path_and_action = "Policies[write-tables].PolicyDocument.Statement[0].Action"
    assert lines[role + 1] == f"    - {path_and_action}: dynamodb:PartiQLUpdate"
    assert "only if a name or an ARN does:" in lines[role + 2]  # and nothing else


def test_drift_is_shown_in_a_resource_that_the_template_changes_as_well(
    empty_city: EmptyCity,
) -> None:
    functions = empty_city.client("lambda")
    before = functions.get_function_configuration(FunctionName="first-sensor-health")
    functions.update_function_configuration(
        FunctionName="first-sensor-health", Timeout=before["Timeout"] - 1
    )

    done = empty_city.run(
        *("deploy", "--stack", "first", "--revert-drift"),
        *("--parameter", "AlertHoldSeconds=20"),
    )
    functions.update_function_configuration(
        FunctionName="first-sensor-health", Timeout=before["Timeout"]
    )

    lines = done.stderr.splitlines()
    (head,) = [n for n, line in enumerate(lines) if line.endswith("drifted")]
    timeout = before["Timeout"]
    assert "SensorHealth" in lines[head]
    assert set(lines[head + 1 : head + 3]) == {
        f"    Timeout: {timeout - 1} -> {timeout}",
        "    Environment.Variables.ALERT_HOLD_SECONDS: 60 -> 20",
    }


def test_a_value_with_no_echo_is_shown_nowhere(
    empty_city: EmptyCity, tmp_path: Path
) -> None:
    path = tmp_path / "secret.yaml"
    declared = "  SiteUrl:\n    Type: String\n"
    assert TEXT.count(declared) == 1
    path.write_text(TEXT.replace(declared, f"{declared}    NoEcho: true\n"))

    done = empty_city.run(
        *("deploy", "--stack", "first", "--template", str(path)),
        *("--parameter", "SiteUrl=https://hushed.example"),
    )

    assert "Environment.Variables.SITE_URL: **** -> ****" in done.stderr
    assert "hushed" not in done.stderr + done.stdout


def test_rules_are_judged_with_the_values_that_the_stack_keeps(
    empty_city: EmptyCity,
) -> None:
    done = empty_city.run(
        *("deploy", "--stack", "first", "--yes"),
        *("--parameter", "CongestionHighThreshold=90"),
    )

    assert done.returncode == 2
    assert "CongestionHighThreshold must be below" in done.stderr
    assert "CongestionSevereThreshold is 80" in done.stderr
    assert "CreateChangeSet" not in done.stderr


def test_each_output_can_be_asked_for_by_name(empty_city: EmptyCity) -> None:
    made = empty_city.outputs("first")

    every = empty_city.run("outputs", "--stack", "first")
    one = empty_city.run("outputs", "--stack", "first", "UserPoolId")
    as_json = empty_city.run("outputs", "--stack", "first", "--json")
    typo = empty_city.run("outputs", "--stack", "first", "UserPool")

    assert dict(line.split(maxsplit=1) for line in every.stdout.splitlines()) == made
    assert one.stdout == made["UserPoolId"] + "\n"
    assert json.loads(as_json.stdout) == made
    assert typo.returncode == 2
    assert "did you mean UserPoolId" in typo.stderr
