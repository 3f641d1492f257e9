"""The whole way on a local city: an outage, the command, the audit, the history."""

from __future__ import annotations

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

PLAN = Plan(segments=4, minutes=12, rate=5_000)


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


def test_an_outage_leaves_no_hole_and_the_audit_clean(pointed: Any) -> None:
    running, outputs = pointed

    outcome = Outage(running, outputs, PLAN).run()

    assert (outcome.holes, outcome.doubled) == (0, 0)
    assert outcome.dead_lettered == PLAN.readings
    report = outcome.report
    assert report.holds
    assert report.stored.accepted == PLAN.readings + 2 * AROUND * 4 * SENSORS
    assert (report.stored.late, report.stored.duplicate) == (PLAN.readings, 0)
    assert report.dead_letters == DeadLetters()
    assert report.redriven.put == report.redriven.copies == PLAN.readings
    _then_an_odd_object_is_left(pointed)


def _then_an_odd_object_is_left(pointed: Any) -> None:
    running, outputs = pointed
    s3, bucket = running.session().client("s3"), outputs["DeadLetterBucket"]
    odd = "not ours/ä b+c%2F&<1>.txt"
    s3.put_object(Bucket=bucket, Key=odd, Body=b"not ours")

    done = subprocess.run(
        [sys.executable, "-m", "trafficctl", "redrive", "--execute"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode == 1
    assert f"s3://{bucket}/{odd}" in done.stdout
    assert s3.get_object(Bucket=bucket, Key=odd)["Body"].read() == b"not ours"
    moved = s3.list_objects_v2(Bucket=bucket, Prefix="redriven/aws/lambda/")
    assert moved["KeyCount"] > 0
