"""A first deployment that fails leaves nothing in the way of the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.template.template import TEXT, of_type

from .conftest import PATIENCE_S, EmptyCity
from .test_adopt import PRODUCTION, protected
from .things import everything_of

TABLES = sorted(of_type("AWS::DynamoDB::Table"))
SCRATCH = "HealthMemory"  # written each minute, also while the rest is being created
# Waits, last of all, for a signal whether it has been created.
VERDICT = f"""
  Verdict:
    Type: AWS::CloudFormation::WaitCondition
    DependsOn: [{", ".join([*TABLES, SCRATCH, "Controllers"])}]
    CreationPolicy: {{ResourceSignal: {{Count: 1, Timeout: PT2M}}}}
"""


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """The template with a resource that fails when it is told to."""
    path = tmp_path / "judged.yaml"
    path.write_text(TEXT.replace("\nResources:\n", f"\nResources:\n{VERDICT}"))
    return path


def failed(
    city: EmptyCity, stack: str, eventually: Any, *options: str
) -> tuple[str, str]:
    """Create a stack that fails once a bucket holds an object; the bucket, the end."""
    deploying = city.start("deploy", "--stack", stack, "--yes", *PRODUCTION, *options)
    assert eventually(lambda: "Verdict" in made(city, stack)), deploying.poll()
    bucket = made(city, stack)[SCRATCH]
    city.client("s3").put_object(Bucket=bucket, Key="memory", Body=b"{}")
    assert eventually(lambda: condemned(city, stack))
    _out, said = deploying.communicate(timeout=PATIENCE_S)
    assert deploying.returncode == 3
    return bucket, said.strip().splitlines()[-1]


def condemned(city: EmptyCity, stack: str) -> bool:
    """Tell the waiting resource that it failed; whether it was waiting already."""
    signal = {"LogicalResourceId": "Verdict", "UniqueId": "1", "Status": "FAILURE"}
    try:
        city.client("cloudformation").signal_resource(StackName=stack, **signal)
    except ClientError:
        return False
    return True


def made(city: EmptyCity, stack: str) -> dict[str, str]:
    """Physical ids by logical id of what there are events of."""
    pages = city.client("cloudformation").get_paginator("describe_stack_events")
    try:
        found = list(pages.paginate(StackName=stack))
    except ClientError:
        return {}  # not yet
    events = [one for page in found for one in page["StackEvents"]]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in events[::-1]}


def test_it_is_rolled_back_though_production_protects_and_a_bucket_holds_something(
    empty_city: EmptyCity, judged: Path, eventually: Any
) -> None:
    bucket, end = failed(empty_city, "clean", eventually, "--template", str(judged))
    status = empty_city.stack("clean")["StackStatus"]
    again = empty_city.run("deploy", "--stack", "clean", "--yes", *PRODUCTION)
    unchanged = empty_city.run("deploy", "--stack", "clean", "--yes")
    resources = empty_city.resources("clean")
    tables = [protected(empty_city, resources[one]) for one in TABLES]
    pool = empty_city.client("cognito-idp").describe_user_pool(
        UserPoolId=resources["Controllers"]
    )

    assert "First cause: Verdict" in end
    assert status == "ROLLBACK_COMPLETE"
    assert again.returncode == 0, again.stderr
    assert f"aws s3 rb --force s3://{bucket}" in again.stderr
    assert tables == [True] * len(TABLES)
    assert pool["UserPool"]["DeletionProtection"] == "ACTIVE"
    assert "no change" in unchanged.stderr


def test_one_that_was_created_protected_is_deleted_by_a_purge_despite_protection(
    empty_city: EmptyCity, judged: Path, eventually: Any
) -> None:
    at_once = ("--template", str(judged), "--parameter", "ProtectData=true")
    purge = ("destroy", "--purge", "--stack", "stuck", "--yes")

    failed(empty_city, "stuck", eventually, *at_once)
    status = empty_city.stack("stuck")["StackStatus"]
    refused = empty_city.run(*purge)
    purged = empty_city.run(*purge, "--despite-protection")

    assert status == "ROLLBACK_FAILED"
    assert refused.returncode == 2
    assert "stuck-road_segments" in refused.stderr
    assert purged.returncode == 0, purged.stderr
    assert everything_of(empty_city, "stuck") == {}


def test_the_next_deployment_protects_what_an_interrupted_one_left_unprotected(
    empty_city: EmptyCity,
) -> None:
    command = ("deploy", "--stack", "bare", "--yes")
    off = ("--parameter", "ProtectData=false")
    made = empty_city.run(*command, *PRODUCTION, *off)
    assert made.returncode == 0, made.stderr
    table = empty_city.resources("bare")["RoadSegments"]
    before = protected(empty_city, table)

    checked = empty_city.run("preflight", "--stack", "bare")
    done = empty_city.run(*command)

    assert not before
    assert "CREATE_COMPLETE, unprotected" in checked.stdout
    assert "no deletion protection: this update turns it on" in done.stderr
    assert done.returncode == 0, done.stderr
    assert protected(empty_city, table)
