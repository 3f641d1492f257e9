"""The whole way on a local city: an outage, the command, the audit, the history."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench.outage import AROUND, SENSORS, Outage, Plan, _until
from tests.conftest import TEMPLATE
from traffic.times import second_text
from trafficctl import city
from trafficctl.reconcile import DeadLetters

from .robbery import ROOT, Loss, Robbery, command

SEGMENTS = 4
ODD = "not ours/ä b+c%2F&<1>.txt"
PAGE = (ROOT / "docs" / "redrive.md").read_text()
POLICIES = re.compile(r"```json\n(.*?)```", re.S)
POLICY, POLICY_OF_STREAM = POLICIES.findall(PAGE)
(POLICY_OF_AUDIT,) = POLICIES.findall((ROOT / "docs" / "operate.md").read_text())


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


def shown_by_runbook() -> list[list[str]]:
    """The redrives that the runbook shows for such a loss."""
    page = (ROOT / "docs" / "runbooks" / "dead-letters-lost.md").read_text()
    (block,) = [
        one for one in re.findall(r"```\n(.*?)```", page, re.S) if "--stream" in one
    ]
    lines = [line.partition("#")[0] for line in block.splitlines()]
    return [shlex.split(line)[2:] for line in lines if "redrive" in line]


def test_what_was_lost_for_good_comes_back_by_the_commands_of_the_runbook(
    pointed: Any,
) -> None:
    running, outputs = pointed
    since = second_text(time.time_ns() // 1_000_000)
    plan = Loss(SEGMENTS, minutes=12, rate=5_000)
    robbery = Robbery(running, outputs, plan)
    robbery.rob()
    before = robbery.report()
    assert (before.holds, before.missing) == (False, plan.readings)
    assert robbery.history() == (plan.readings, 0)
    told, done = shown_by_runbook()
    now = second_text(time.time_ns() // 1_000_000 + 1_000)
    told, done = ([*_since(one, since), "--until", now] for one in (told, done))

    found = json.loads(redrive(*told, "--json").stdout)
    assert (found["executed"], found["readings"]) == (False, plan.readings)
    assert found["read"]["readings"] > plan.readings
    assert robbery.history() == (plan.readings, 0)
    robbery.put_and_kill("redrive", *done, "--rate", "100")
    put = redrive(*done)
    _until(robbery.is_whole)
    again = redrive(*done)

    assert (put.returncode, again.returncode) == (0, 0), put.stderr + again.stderr
    assert "The tables lack nothing" in again.stderr
    after = robbery.report()
    assert (after.holds, robbery.history()) == (True, (0, 0))
    assert after.stored.accepted == before.stored.accepted + plan.readings
    assert after.stored.late == before.stored.late + plan.readings


def _since(words: list[str], text: str) -> list[str]:
    place = words.index("--from") + 1
    return [*words[:place], text, *words[place + 1 :]]


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


def test_so_are_those_for_reading_the_stream_again(
    pointed: Any, redriver: dict[str, str]
) -> None:
    running, outputs = pointed
    more = documented(outputs, running.stack, POLICY_OF_STREAM)
    both = documented(outputs, running.stack)
    both["Statement"] += more["Statement"]
    now_ms = time.time_ns() // 1_000_000
    since, until = second_text(now_ms - 3_600_000), second_text(now_ms)
    words = ("--stream", "--from", since, "--until", until)

    def may(document: dict[str, Any]) -> Any:
        allow(running, document)
        done = redrive(*words, **redriver)
        assert done.returncode in {0, 3}, done.stderr
        return done.returncode == 0

    for action, left in each_taken_away(both, of=more):
        assert not may(left), action
    assert may(both)


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


def test_nothing_is_put_while_the_processor_is_behind(pointed: Any) -> None:
    running, outputs = pointed
    function = {"Name": "FunctionName", "Value": outputs["ProcessorFunction"]}
    waited = {"MetricName": "IteratorAge", "Dimensions": [function], "Value": 60_000}
    running.session().client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda", MetricData=[{**waited, "Timestamp": time.time() - 60}]
    )  # which this city's commands go by for ten minutes: so this test is the last
    words = ("--stream", "--from", second_text(time.time_ns() // 1_000_000 - 3_600_000))

    looked, put = redrive(*words), redrive(*words, "--execute")

    assert (looked.returncode, put.returncode) == (0, 3)
    assert "The processor is behind" in looked.stderr
    assert "would be put in a second time" in put.stderr
