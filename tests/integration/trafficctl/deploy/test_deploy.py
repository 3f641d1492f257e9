"""`trafficctl deploy` against a local city: made, changed, refused, interrupted."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.template.template import TEXT

from .conftest import PATIENCE_S, EmptyCity

BROKEN_SQL = "SELECT nonsense FROM"


def broken_template(folder: Path) -> Path:
    """The template with an ingest rule that IoT Core refuses."""
    path = folder / "broken.yaml"
    marked = "          FROM 'traffic/+/+'"
    text = TEXT.replace(marked, f"          {BROKEN_SQL}")
    assert text != TEXT
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def deployed(empty_city: EmptyCity) -> Any:
    """A stack made from nothing by one command, and what the command said."""
    done = empty_city.run(
        *("deploy", "--stack", "first", "--yes", "--json"),
        *("--parameter", "AlertEmail=day-shift@city.example"),
    )
    assert done.returncode == 0, done.stderr
    return done


def test_it_deploys_from_nothing(empty_city: EmptyCity, deployed: Any) -> None:
    told = json.loads(deployed.stdout)

    assert told["stack"] == "first"
    assert told["outputs"] == empty_city.outputs("first")
    assert empty_city.stack("first")["StackStatus"] == "CREATE_COMPLETE"
    assert {one["logical_id"] for one in told["changes"]} == set(
        empty_city.resources("first")
    )
    assert "AWS::DynamoDB::Table" in deployed.stderr  # the change set was shown


@pytest.mark.usefixtures("deployed")
def test_the_bucket_of_packages_is_closed(empty_city: EmptyCity) -> None:
    s3 = empty_city.client("s3")
    (bucket,) = [
        b["Name"] for b in s3.list_buckets()["Buckets"] if "artifacts" in b["Name"]
    ]

    assert bucket == "city-traffic-artifacts-000000000000-us-east-1"
    blocked = s3.get_public_access_block(Bucket=bucket)
    assert set(blocked["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert {one["Effect"] for one in policy["Statement"]} == {"Deny"}
    assert {"Bool": {"aws:SecureTransport": "false"}} in [
        one["Condition"] for one in policy["Statement"]
    ]


@pytest.mark.usefixtures("deployed")
def test_without_a_change_nothing_is_done_and_it_says_so(
    empty_city: EmptyCity,
) -> None:
    before = empty_city.stack("first")

    done = empty_city.run("deploy", "--stack", "first")  # nothing to agree to

    assert done.returncode == 0
    assert "no change: stack first is as the template says" in done.stderr
    shown = [line.split()[0] for line in done.stdout.splitlines()]
    assert shown == [
        *("LiveUrl", "DashboardUrl", "UserPoolId"),
        *("AlertTopicArn", "OperationsTopicArn"),
    ]
    assert empty_city.stack("first")["StackStatus"] == before["StackStatus"]


@pytest.mark.usefixtures("deployed")
def test_an_update_shows_the_change_and_keeps_the_other_parameters(
    empty_city: EmptyCity,
) -> None:
    command = ("deploy", "--stack", "first", "--parameter", "LambdaMemorySize=512")

    refused = empty_city.run(*command)
    before = empty_city.client("lambda").get_function_configuration(
        FunctionName="first-processor"
    )
    done = empty_city.run(*command, "--yes")

    assert refused.returncode == 2
    assert "use --yes" in refused.stderr
    assert before["MemorySize"] == 1024
    shown = [line.split() for line in done.stderr.splitlines()]
    assert ["Modify", "Processor", "AWS::Lambda::Function"] in shown
    assert ["MemorySize:", "1024", "->", "512"] in shown
    assert done.returncode == 0
    kept = {
        p["ParameterKey"]: p["ParameterValue"]
        for p in empty_city.stack("first")["Parameters"]
    }
    assert kept["LambdaMemorySize"] == "512"
    assert kept["AlertEmail"] == "day-shift@city.example"
    after = empty_city.client("lambda").get_function_configuration(
        FunctionName="first-processor"
    )
    assert after["MemorySize"] == 512


@pytest.mark.usefixtures("deployed")
def test_what_replaces_a_table_needs_a_word_of_its_own(
    empty_city: EmptyCity, tmp_path: Path
) -> None:
    path = tmp_path / "renamed.yaml"
    path.write_text(TEXT.replace("${AWS::StackName}-road_segments", "x-road_segments"))
    command = ("deploy", "--stack", "first", "--template", str(path), "--yes")

    done = empty_city.run(*command)

    assert done.returncode == 2
    assert "would replace or remove RoadSegments" in done.stderr
    assert "--allow-replacement" in done.stderr
    assert empty_city.resources("first")["RoadSegments"] == "first-road_segments"


def test_declining_leaves_no_stack_behind(empty_city: EmptyCity) -> None:
    done = empty_city.run("deploy", "--stack", "declined")

    assert done.returncode == 2  # nobody there to answer is no consent
    stacks = empty_city.client("cloudformation").describe_stacks()["Stacks"]
    assert "declined" not in [
        s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"
    ]


def test_a_failed_deployment_tells_its_first_cause_and_the_next_one_begins_anew(
    empty_city: EmptyCity, tmp_path: Path
) -> None:
    path = broken_template(tmp_path)

    failed = empty_city.run(
        "deploy", "--stack", "fixed", "--template", str(path), "--yes"
    )
    status = empty_city.stack("fixed")["StackStatus"]
    fixed = empty_city.run("deploy", "--stack", "fixed", "--yes")

    assert failed.returncode == 3
    last = failed.stderr.strip().splitlines()[-1]
    assert "First cause: IngestRule (AWS::IoT::TopicRule): " in last
    assert "cancelled" not in last
    assert status == "ROLLBACK_COMPLETE"
    assert fixed.returncode == 0, fixed.stderr
    assert "an earlier creation failed" in fixed.stderr
    assert empty_city.stack("fixed")["StackStatus"] == "CREATE_COMPLETE"


def test_an_unknown_parameter_is_refused_before_anything_is_uploaded(
    empty_city: EmptyCity,
) -> None:
    done = empty_city.run("deploy", "--stack", "typo", "--parameter", "Shards=2")

    assert done.returncode == 2
    assert "Shards: no such parameter; did you mean KinesisShardCount" in done.stderr
    bucket = "city-traffic-artifacts-000000000000-us-east-1"
    s3 = empty_city.client("s3")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="typo/")


@pytest.mark.usefixtures("deployed")
def test_what_was_changed_by_hand_is_put_back_when_asked_for(
    empty_city: EmptyCity,
) -> None:
    iam, functions = empty_city.client("iam"), empty_city.client("lambda")
    role = empty_city.resources("first")["IngestRole"]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    denied = {"Effect": "Deny", "Action": "kinesis:PutRecord", "Resource": "*"}
    closed = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=closed)
    functions.update_function_configuration(FunctionName="first-processor", Timeout=7)

    unseen = empty_city.run("deploy", "--stack", "first", "--yes")
    fixed = empty_city.run(
        "deploy", "--stack", "first", "--yes", "--revert-drift", "--json"
    )
    again = empty_city.run("deploy", "--stack", "first", "--revert-drift")

    assert "no change" in unseen.stderr
    shown = [line.split() for line in fixed.stderr.splitlines()]
    assert ["Modify", "IngestRole", "AWS::IAM::Role", "drifted"] in shown
    statement = "Policies[put-readings].PolicyDocument.Statement[0]"
    assert [f"{statement}.Effect:", "Deny", "->", "Allow"] in shown
    assert ["Modify", "Processor", "AWS::Lambda::Function", "drifted"] in shown
    assert ["Timeout:", "7", "->", "60"] in shown
    assert "Changes: 2 Modify." in fixed.stderr
    inside = {
        one["logical_id"]: one["differences"]
        for one in json.loads(fixed.stdout)["changes"]
    }
    assert inside["Processor"] == [{"path": "Timeout", "before": 7, "after": 60}]
    found = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    assert found == whole
    told = functions.get_function_configuration(FunctionName="first-processor")
    assert told["Timeout"] == 60
    assert "no change" in again.stderr


def test_a_bucket_of_ones_own_must_exist(empty_city: EmptyCity) -> None:
    done = empty_city.run("deploy", "--stack", "own", "--bucket", "not-there", "--yes")

    assert done.returncode == 3
    assert "no bucket not-there" in done.stderr


def test_ctrl_c_leaves_the_deployment_running_and_the_command_follows_it_again(
    empty_city: EmptyCity, eventually: Any
) -> None:
    deploying = empty_city.start("deploy", "--stack", "interrupted", "--yes")
    cloudformation = empty_city.client("cloudformation")

    def begun() -> bool:
        stacks = cloudformation.describe_stacks()["Stacks"]
        statuses = {s["StackName"]: s["StackStatus"] for s in stacks}
        return statuses.get("interrupted", "").startswith("CREATE_")

    assert eventually(begun)
    deploying.send_signal(signal.SIGINT)
    _out, said = deploying.communicate(timeout=PATIENCE_S)
    again = empty_city.run("deploy", "--stack", "interrupted", "--yes")

    # It may have been done before it heard us: 0, or the signal itself at the very end.
    assert deploying.returncode in (0, 130, -signal.SIGINT), said
    assert again.returncode == 0, again.stderr
    assert empty_city.stack("interrupted")["StackStatus"] in (
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
    )
