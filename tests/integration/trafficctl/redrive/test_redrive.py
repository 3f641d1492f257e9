"""The whole way on a local city: an outage, the command, the audit, the history."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.outage import AROUND, SENSORS, Outage, Plan, _until
from tests.integration.conftest import TEMPLATE
from traffic.timestamps import second_text
from trafficctl.audit.identity import DeadLetters
from trafficctl.up import command as city

from .aws import COMMAND as AWS
from .robbery import ROOT, Loss, Robbery, command

SEGMENTS = 4
ODD = "not ours/ä b+c%2F&<1>.txt"
PAGE = (ROOT / "docs" / "reference" / "permissions.md").read_text()
POLICIES = re.compile(r"```json\n(.*?)```", re.S)
POLICY_OF_AUDIT, POLICY = POLICIES.findall(PAGE)


@pytest.fixture(scope="module")
def own_city(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[tuple[city.City, dict[str, str]]]:
    """A city that nobody else publishes to: the audit counts."""
    home = tmp_path_factory.mktemp("traffic") / "redrive"
    try:
        yield city.up(
            home, free_port(), free_port(), TEMPLATE, say=lambda _message: None
        )
    finally:
        city.stop(home)


@pytest.fixture
def pointed(own_city: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The city, with this process's settings pointing at it."""
    for name, value in own_city[0].environment().items():
        monkeypatch.setenv(name, value)
    return own_city


@pytest.mark.parametrize("by_rule", [False, True], ids=["processor", "rule"])
def test_an_outage_leaves_no_hole_and_the_audit_clean(
    pointed: Any, by_rule: bool
) -> None:
    running, outputs = pointed
    plan = Plan(SEGMENTS, minutes=12, rate=5_000, by_rule=by_rule)
    before = Outage(running, outputs, plan)

    outcome = before.run()

    assert (outcome.holes, outcome.doubled) == (0, 0)
    assert outcome.dead_lettered > plan.readings / 2
    report = outcome.report
    assert report.holds
    assert report.dead_letters == DeadLetters()
    assert report.stored.duplicate == 0
    assert report.stored.late == report.redriven.put >= outcome.dead_lettered
    ordinary = 2 * AROUND * SEGMENTS * SENSORS
    assert report.stored.accepted % (plan.readings + ordinary) == 0


def redrive(*options: str, **environment: str) -> Any:
    return command("redrive", *options, **environment)


def shown_by_runbook(since: str) -> tuple[str, str]:
    """The commands that the runbook shows to start a replay, and to end it."""
    index, page = (
        (ROOT / "docs" / "runbooks" / f"{name}.md").read_text()
        for name in ("README", "dead-letters-lost")
    )
    (output,) = re.findall(r"^output\(\) .*$", index, re.M)
    blocks = re.findall(r"```\n(.*?)```", page, re.S)
    start, end = (one for one in blocks if "$function" in one)
    start, count = re.subn(r'(?<=-timestamp )"\$\(date [^)]*\)"', since, start)
    assert count == 1
    return f"{AWS}\n{output}\n{start}", f"{AWS}\n{output}\n{end}"


def test_what_was_lost_for_good_comes_back_by_the_commands_of_the_runbook(
    pointed: Any, tmp_path: Path
) -> None:
    running, outputs = pointed
    since = second_text(time.time_ns() // 1_000_000 - 1_000)
    plan = Loss(SEGMENTS, minutes=12, rate=5_000)
    robbery = Robbery(running, outputs, plan)
    robbery.rob()
    before = robbery.report()
    assert (before.holds, before.missing) == (False, plan.readings)
    assert robbery.history() == (plan.readings, 0)

    start, end = shown_by_runbook(since)
    variables = {
        "PYTHONPATH": str(ROOT),
        "TRAFFIC_STACK": running.stack,
        "function": "",
        "replay": "",
    }
    started = shell(f'{start}\necho "$function $replay"', tmp_path, variables)
    variables["function"], variables["replay"] = started.splitlines()[-1].split()
    _until(robbery.is_whole)
    after = robbery.report()
    shell(end, tmp_path, variables)

    assert (after.holds, robbery.history()) == (True, (0, 0))
    assert after.stored.accepted == before.stored.accepted + plan.readings
    assert after.stored.late == before.stored.late + plan.readings
    assert after.stored.stale == 0
    client = running.session().client("lambda")
    name = outputs["ProcessorFunction"]
    mappings = client.list_event_source_mappings(FunctionName=name)
    assert len(mappings["EventSourceMappings"]) == 1
    assert client.list_aliases(FunctionName=name)["Aliases"] == []


def shell(script: str, folder: Path, variables: dict[str, str]) -> str:
    """Run a script in *folder*, and give what it prints."""
    done = subprocess.run(
        ["bash", "-euc", script],  # noqa: S607 - whichever bash there is
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_object_that_is_not_ours_is_named_and_left(pointed: Any) -> None:
    running, outputs = pointed
    s3, bucket = running.session().client("s3"), outputs["DeadLetterBucket"]
    s3.put_object(Bucket=bucket, Key=ODD, Body=b"not ours")

    done = redrive("--execute")

    assert done.returncode == 1
    assert f"s3://{bucket}/{ODD}" in done.stdout
    assert s3.get_object(Bucket=bucket, Key=ODD)["Body"].read() == b"not ours"
    s3.delete_object(Bucket=bucket, Key=ODD)


def documented(
    outputs: dict[str, str], stack: str, text: str = POLICY
) -> dict[str, Any]:
    """A policy of the page, with the names of this stack."""
    names = {
        "DEAD-LETTER-BUCKET": outputs["DeadLetterBucket"],
        "QUARANTINE-BUCKET": outputs["QuarantineBucket"],
        "READINGS-STREAM-ARN": outputs["ReadingsStreamArn"],
        "ROAD-SEGMENTS-TABLE": outputs["RoadSegmentsTable"],
        "SEGMENT-HISTORY-TABLE": outputs["SegmentHistoryTable"],
        "PROCESSOR-FUNCTION": outputs["ProcessorFunction"],
        "DATA-KEY-ARN": outputs["DataKeyArn"],
        "STACK": stack,
    }
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    found: dict[str, Any] = json.loads(text)
    return found


def letter(segment: str) -> bytes:
    payload = "eyJyZWFkaW5ncyI6W119"  # no readings: the audit is not disturbed
    said = {"topic": f"traffic/{segment}/rsu-1", "base64OriginalPayload": payload}
    return json.dumps(said).encode()


@pytest.fixture(scope="module")
def redriver(own_city: Any) -> dict[str, str]:
    """The settings of a user who may do nothing yet."""
    iam = own_city[0].session().client("iam")
    iam.create_user(UserName="redriver")
    made = iam.create_access_key(UserName="redriver")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
    }


def allow(running: Any, document: dict[str, Any]) -> None:
    running.session().client("iam").put_user_policy(
        UserName="redriver", PolicyName="p", PolicyDocument=json.dumps(document)
    )


def each_taken_away(
    whole: dict[str, Any], of: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each action of a policy, and another policy without it."""
    for statement in of["Statement"]:
        if "kms:Decrypt" in statement["Action"]:
            continue  # the local city asks no user for the key
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            yield action, json.loads(json.dumps(whole).replace(action, "none:None"))


def test_the_documented_permissions_are_enough_and_each_is_needed(
    pointed: Any, redriver: dict[str, str]
) -> None:
    running, outputs = pointed
    s3 = running.session().client("s3")
    whole = documented(outputs, running.stack)

    def may(document: dict[str, Any]) -> bool:
        allow(running, document)
        s3.put_object(
            Bucket=outputs["DeadLetterBucket"],
            Key=f"iot/perm/1800000000000-{len(json.dumps(document))}.json",
            Body=letter("perm"),
        )
        return redrive("--execute", **redriver).returncode == 0

    for action, left in each_taken_away(whole, of=whole):
        assert not may(left), action
    assert may(whole)
    listed = s3.list_objects_v2(Bucket=outputs["DeadLetterBucket"], Prefix="iot/")
    assert listed["KeyCount"] == 0


def test_so_are_those_of_the_audit(pointed: Any, redriver: dict[str, str]) -> None:
    running, outputs = pointed
    whole = documented(outputs, running.stack, POLICY_OF_AUDIT)
    words = ("audit", "--no-tally", "--wait", "1")

    def may(document: dict[str, Any]) -> bool:
        allow(running, document)
        done = command(*words, **redriver)
        assert done.returncode in {0, 1, 3}, done.stderr
        return done.returncode != 3

    for action, left in each_taken_away(whole, of=whole):
        assert not may(left), action
    assert may(whole)
