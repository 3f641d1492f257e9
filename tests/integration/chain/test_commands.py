"""`trafficctl` on a running city, as a user runs it: publish, look, audit.

The audit counts all that this city was ever sent, whatever ran before.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from trafficctl.replay.csv_file import REQUIRED
from trafficctl.simulate.traffic_model import KINDS, is_rejected

from .permissions import Permission, Permissions
from .stack import Stack
from .story import publish, reading
from .work import fresh_segment, now_ms

PATIENCE_S = 120
PUT = Permission("IngestRole", "kinesis:PutRecord", "ReadingsStream.Arn")
READ_SEGMENT = Permission("ProcessorRole", "dynamodb:BatchGetItem", "RoadSegments.Arn")


def trafficctl(stack: Stack, *arguments: str) -> tuple[int, str, str]:
    """Run a command against the city: its exit code, its data, its talk."""
    done = subprocess.run(
        [sys.executable, "-m", "trafficctl", *arguments],
        env=stack.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def answer(stack: Stack, *arguments: str) -> Any:
    """The data of a command that went well."""
    code, data, talk = trafficctl(stack, *arguments, "--json")
    assert code == 0, talk
    return json.loads(data)


@pytest.fixture(scope="module")
def simulated(whole: Stack) -> Any:
    """A simulated city with faulty sensors, for a few seconds."""
    options = "--segments 3 --sensors-per-segment 5 --rate 60 --seconds 4 --faults 0.2"
    return answer(whole, "simulate", *options.split(), "--batch", "10")


@pytest.fixture(scope="module")
def replayed(whole: Stack, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A jam from a file, five minutes in a second, that does not clear."""
    folder = tmp_path_factory.mktemp("replay")
    path, roads = folder / "jam.csv", folder / "roads.geojson"
    _write_jam(path)
    roads.write_text(json.dumps({"type": "FeatureCollection", "features": RING}))
    options = "--speed", "300", "--roads", str(roads)
    return answer(whole, "replay", str(path), *options)


RING = [
    {
        "type": "Feature",
        "properties": {"segment_id": name, "free_flow_speed": 50},
        "geometry": {"type": "Point", "coordinates": [2.3, 48.8]},
    }
    for name in ("ring:7", "ring:8")
]


def _write_jam(path: Path) -> None:
    """Two sensors each half minute: a free one, and one whose road jams."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(REQUIRED)
        for n in range(11):
            at = f"2026-03-02T08:{n // 2:02d}:{n % 2 * 30:02d}Z"
            rows.writerow([at, "ring:7", "s1", 12, 30 if n < 4 else 12, ""])
            rows.writerow([at, "ring:8", "s1", 12, 48, ""])


def audited(stack: Stack, *arguments: str) -> tuple[int, Any]:
    """What the audit says, and its report."""
    code, data, _talk = trafficctl(stack, "audit", "--json", *arguments)
    return code, json.loads(data)


@pytest.fixture(scope="module", autouse=True)
def settled(whole: Stack, simulated: Any, replayed: Any) -> Any:
    """The report of an audit that holds: from then on nothing is on its way."""
    assert min(simulated["acknowledged"], replayed["acknowledged"]) > 0
    code, report = audited(whole)
    assert (code, report["missing"], report["surplus"]) == (0, 0, 0)
    return report


def test_simulate_tells_what_it_published_and_what_was_wrong_with_it(
    simulated: Any,
) -> None:
    assert simulated["readings"] == 240 + simulated["sent_twice"]
    assert simulated["acknowledged"] == simulated["readings"]
    assert _to_be_rejected(simulated) > 0


def test_replay_tells_what_it_published(replayed: Any) -> None:
    assert (replayed["readings"], replayed["acknowledged"]) == (22, 22)
    assert replayed["bad_rows_skipped"] == 0


def test_the_audit_accounts_for_every_reading(
    simulated: Any, replayed: Any, settled: Any
) -> None:
    published = settled["published"]["readings"]

    assert settled["holds"] is True
    found = settled["accepted"] + settled["duplicate"] + settled["rejected"]
    assert found == published >= simulated["readings"] + replayed["readings"]
    assert settled["duplicate"] >= simulated["sent_twice"] > 0
    assert settled["rejected"] >= _to_be_rejected(simulated)
    assert settled["dead_lettered"] == {"undelivered": 0, "in_doubt": 0}


def _to_be_rejected(simulated: Any) -> int:
    kinds = [f"fault_{kind}".replace(" ", "_") for kind in KINDS if is_rejected(kind)]
    return sum(simulated[kind] for kind in kinds)


def test_the_audit_says_so_in_words(whole: Stack) -> None:
    code, data, _talk = trafficctl(whole, "audit", "--wait", "0")

    assert code == 0
    assert data.rstrip().endswith("HOLDS: every reading is accounted for.")


def test_a_city_without_a_tally_is_held_against_what_it_received(
    whole: Stack, settled: Any, eventually: Any
) -> None:
    """Figures reach CloudWatch some seconds after the tables."""

    def account() -> Any:
        return audited(whole, "--no-tally", "--wait", "0")

    def is_told_of_all() -> bool:
        told = account()[1]["processed"]
        return bool(told["accepted"] == settled["accepted"])

    assert eventually(is_told_of_all)
    code, report = account()
    told = report["processed"]
    assert (code, report["holds"], report["published"]) == (0, True, None)
    assert told["received"] == settled["published"]["readings"]
    assert told["duplicate"] == report["duplicate"] == settled["duplicate"]
    assert told["rejected"] == report["rejected"] == settled["rejected"] > 0
    assert (told["came_again"], told["redelivered"]) == (0, 0)


# What a controller sees


def test_segments_shows_the_worst_first(whole: Stack) -> None:
    shown = answer(whole, "segments")

    worst = next(one for one in shown if one["segment_id"] == "ring:7")
    assert (worst["speed"], worst["alert_level"]) == (12.0, "high")
    assert "state" not in worst
    scores = [one.get("congestion_score", 0) for one in shown]
    assert scores == sorted(scores, reverse=True)


def test_alerts_shows_what_is_open(whole: Stack) -> None:
    opened = [one for one in answer(whole, "alerts") if one["segment_id"] == "ring:7"]

    assert [(one["alert_status"], one["level"]) for one in opened] == [("open", "high")]


# The audit can fail


@contextmanager
def without_quarantine_object(stack: Stack) -> Iterator[int]:
    """Lose an object of the quarantine for a moment; gives the readings it holds."""
    s3, bucket = stack.client("s3"), stack.outputs["QuarantineBucket"]
    key, text = next(iter(stack.objects("QuarantineBucket").items()))
    s3.delete_object(Bucket=bucket, Key=key)
    try:
        yield sum(json.loads(line)["readings"] for line in text.splitlines())
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=text.encode())


@contextmanager
def counting(stack: Stack, counter: str, more: int) -> Iterator[None]:
    """Have a segment count more, or less, than it was given."""
    _add(stack, counter, more)
    try:
        yield
    finally:
        _add(stack, counter, -more)


def _add(stack: Stack, counter: str, more: int) -> None:
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["RoadSegmentsTable"],
        Key={"segment_id": {"S": "ring:8"}},
        UpdateExpression="ADD #c :n",
        ExpressionAttributeNames={"#c": counter},
        ExpressionAttributeValues={":n": {"N": str(more)}},
    )


def test_the_audit_misses_a_lost_quarantine_object(whole: Stack) -> None:
    with without_quarantine_object(whole) as lost:
        code, report = audited(whole, "--wait", "0")

    assert code == 1
    assert (report["holds"], report["missing"], report["surplus"]) == (False, lost, 0)
    assert lost > 0


@pytest.mark.parametrize(
    ("counter", "more", "words"),
    [
        ("accepted", -2, "2 readings arrived but are not stored"),
        ("duplicate", 3, "3 more readings are stored than were published"),
    ],
)
def test_the_audit_sees_a_counter_that_is_wrong(
    whole: Stack, counter: str, more: int, words: str
) -> None:
    with counting(whole, counter, more):
        code, data, _talk = trafficctl(whole, "audit", "--wait", "0")

    assert code == 1
    assert f"FAILS: {words}" in data


def test_without_a_tally_the_audit_sees_that_the_table_lost_what_was_counted(
    whole: Stack,
) -> None:
    with counting(whole, "accepted", -4):
        code, report = audited(whole, "--no-tally", "--wait", "0")

    assert (code, report["holds"], report["missing"]) == (1, False, 4)


def test_the_audit_holds_again_when_all_is_as_it_was(
    whole: Stack, settled: Any
) -> None:
    assert audited(whole, "--wait", "0") == (0, settled)


# What is given up: last, because readings in doubt make the audit less strict


def test_the_audit_finds_in_the_dead_letters_what_was_given_up(
    whole: Stack, eventually: Any
) -> None:
    permissions = Permissions(whole)
    message = [reading(f"s{n}", now_ms()) for n in range(3)]

    def letters(prefix: str) -> int:
        return len(whole.objects("DeadLetterBucket", prefix))

    with permissions.without(PUT):
        publish(whole, [(fresh_segment(), message)])
        assert eventually(lambda: letters("undelivered/"))
    assert audited(whole)[0] == 0  # what did go through is processed
    with permissions.without(READ_SEGMENT), impatient(whole):
        publish(whole, [(fresh_segment(), message)])
        assert eventually(lambda: letters("aws/lambda/"))

    code, report = audited(whole)
    assert (code, report["dead_lettered"]) == (0, {"undelivered": 3, "in_doubt": 3})


@contextmanager
def impatient(stack: Stack) -> Iterator[None]:
    """Have the mapping give up after the first failure."""
    aws, uuid = stack.client("lambda"), stack.mapping()["UUID"]
    usual = stack.mapping()["MaximumRetryAttempts"]
    aws.update_event_source_mapping(UUID=uuid, MaximumRetryAttempts=0)
    try:
        yield
    finally:
        aws.update_event_source_mapping(UUID=uuid, MaximumRetryAttempts=usual)
