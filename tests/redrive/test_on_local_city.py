"""The whole way on a local city: an outage, the command, the audit, the history."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.outage import AROUND, SENSORS, Outage, Plan
from tests.conftest import TEMPLATE
from trafficctl import city
from trafficctl.reconcile import DeadLetters

ROOT = Path(__file__).parents[2]
SEGMENTS = 4
ODD = "not ours/ä b+c%2F&<1>.txt"
PAGE = (ROOT / "docs" / "redrive.md").read_text()
(POLICY,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)


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
    return subprocess.run(
        [sys.executable, "-m", "trafficctl", "redrive", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
    )


def test_an_object_that_is_not_ours_is_named_and_left(pointed: Any) -> None:
    running, outputs = pointed
    s3, bucket = running.session().client("s3"), outputs["DeadLetterBucket"]
    s3.put_object(Bucket=bucket, Key=ODD, Body=b"not ours")

    done = redrive("--execute")

    assert done.returncode == 1
    assert f"s3://{bucket}/{ODD}" in done.stdout
    assert s3.get_object(Bucket=bucket, Key=ODD)["Body"].read() == b"not ours"
    s3.delete_object(Bucket=bucket, Key=ODD)


def documented(outputs: dict[str, str], stack: str) -> dict[str, Any]:
    """The policy of the page, with the names of this stack."""
    names = {
        "DEAD-LETTER-BUCKET": outputs["DeadLetterBucket"],
        "QUARANTINE-BUCKET": outputs["QuarantineBucket"],
        "READINGS-STREAM-ARN": outputs["ReadingsStreamArn"],
        "DATA-KEY-ARN": outputs["DataKeyArn"],
        "STACK": stack,
    }
    text = POLICY
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    found: dict[str, Any] = json.loads(text)
    return found


def letter(segment: str) -> bytes:
    payload = "eyJyZWFkaW5ncyI6W119"  # no readings: the audit is not disturbed
    said = {"topic": f"traffic/{segment}/rsu-1", "base64OriginalPayload": payload}
    return json.dumps(said).encode()


def test_the_documented_permissions_are_enough_and_each_is_needed(
    pointed: Any,
) -> None:
    running, outputs = pointed
    session = running.session()
    iam, s3 = session.client("iam"), session.client("s3")
    iam.create_user(UserName="redriver")
    made = iam.create_access_key(UserName="redriver")["AccessKey"]
    keys = {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
    }
    whole = documented(outputs, running.stack)

    def may(document: dict[str, Any]) -> bool:
        iam.put_user_policy(
            UserName="redriver", PolicyName="p", PolicyDocument=json.dumps(document)
        )
        s3.put_object(
            Bucket=outputs["DeadLetterBucket"],
            Key=f"iot/perm/1800000000000-{len(json.dumps(document))}.json",
            Body=letter("perm"),
        )
        return redrive("--execute", **keys).returncode == 0

    for statement in whole["Statement"]:
        if "kms:Decrypt" in statement["Action"]:
            continue  # the local city asks no user for the key
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            left = json.loads(json.dumps(whole).replace(action, "none:None"))
            assert not may(left), action
    assert may(whole)
    listed = s3.list_objects_v2(Bucket=outputs["DeadLetterBucket"], Prefix="iot/")
    assert listed["KeyCount"] == 0
