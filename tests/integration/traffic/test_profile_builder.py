"""The deployed profile builder learns a day, and needs each of its permissions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Any

import pytest

from traffic.aws.dynamodb import attributes, values_of
from traffic.model import Road, StoredSegment
from traffic.policy import MINUTE_MS
from traffic.profiles import day_file, profile_file
from traffic.profiles.local_days import BIN_MS, local_day
from traffic.segment.rows import history_row
from traffic.segment.windows import PACE_UNITS, Sums, Window
from trafficctl.__main__ import main

from ..conftest import LocalCity, beside
from ..empty_days import add_empty_days, newest_day
from .swept import swept

# The last Sunday that the builder reads at this hour: its week is reported.
NEWEST = newest_day()
DAY = NEWEST - timedelta(days=(NEWEST.weekday() + 1) % 7)
EMPTY = DAY - timedelta(days=20)
PLACE = {"latitude": 52, "longitude": 13}
ROADS = {
    "profiled-1": {"free_flow_speed": 100, "downstream": "profiled-2", **PLACE},
    "profiled-2": {"free_flow_speed": 100, **PLACE},
}
SPEEDS = {"profiled-1": 40, "profiled-2": 90}
BUILD = [
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:PartiQLUpdate",
    "events:PutEvents",
    "s3:ListBucket",
    "s3:GetObject",
    "s3:PutObject",
]


@dataclass
class Built:
    """The deployed builder, its bucket and its tables."""

    at: LocalCity

    def output(self, name: str) -> str:
        return self.at.outputs[name]

    def role(self) -> str:
        name = self.output("ProfileBuilderFunction")
        told = self.at.client("lambda").get_function_configuration(FunctionName=name)
        return str(told["Role"])

    def run(self) -> tuple[str, dict[str, Any]]:
        """Run once; its error, and the line of metrics that it printed."""
        return swept(self.at, self.output("ProfileBuilderFunction"))[:2]

    def listed(self) -> list[str]:
        bucket = self.output("ProfilesBucket")
        found = self.at.client("s3").list_objects_v2(Bucket=bucket)
        return [one["Key"] for one in found.get("Contents", ())]

    def read(self, key: str) -> bytes:
        s3, bucket = self.at.client("s3"), self.output("ProfilesBucket")
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def road(self, name: str) -> dict[str, Any]:
        key = {"segment_id": {"S": name}}
        table = self.output("RoadSegmentsTable")
        told = self.at.client("dynamodb").get_item(TableName=table, Key=key)
        return values_of(told.get("Item", {}))

    def forget(self, *, kept: Collection[str] = ()) -> None:
        """As before the first run, but for the files *kept*."""
        s3, bucket = self.at.client("s3"), self.output("ProfilesBucket")
        for key in set(self.listed()).difference(kept):
            s3.delete_object(Bucket=bucket, Key=key)
        dynamodb, table = self.at.client("dynamodb"), self.output("RoadSegmentsTable")
        for name, road in ROADS.items():
            item = attributes({"segment_id": name, "name": name, **road})
            dynamodb.put_item(TableName=table, Item=item)


@pytest.fixture(scope="module")
def deployed(local_city: LocalCity) -> Built:
    """A city with a day of history on two roads, and a builder that only we run."""
    own = beside(local_city, "profiles")
    own.client("events").disable_rule(Name="profiles-profile-builder")
    table = own.outputs["SegmentHistoryTable"]
    rows = [row for name, speed in SPEEDS.items() for row in history(name, speed)]
    for first in range(0, len(rows), 25):
        puts = [{"PutRequest": {"Item": row}} for row in rows[first : first + 25]]
        own.client("dynamodb").batch_write_item(RequestItems={table: puts})
    return Built(own)


def history(name: str, speed: int) -> Iterator[dict[str, Any]]:
    """A row in each five minutes of the day, as the processor writes it."""
    day, stored = local_day(DAY, timezone.utc), StoredSegment(name, road=Road())
    sums = Sums(total_ms=60_000, vehicles=10, pace=10 * PACE_UNITS // speed)
    for at_ms in range(day.begin_ms, day.end_ms, BIN_MS):
        row = history_row(stored, at_ms // MINUTE_MS, Window(1, 0, sums), 3650)
        yield attributes(row)


@pytest.fixture(scope="module")
def empty_days(deployed: Built) -> list[str]:
    """The files of all days without history but one, whose hours a run reads."""
    return add_empty_days(deployed.at, but=(DAY, EMPTY))


@pytest.fixture
def built(deployed: Built, empty_days: list[str]) -> Iterator[Built]:
    """The city as on the night after its only day of history."""
    deployed.forget(kept=empty_days)
    yield deployed
    deployed.forget(kept=empty_days)


def test_a_day_of_history_becomes_files_and_a_learned_free_flow_speed(
    built: Built,
) -> None:
    error, printed = built.run()

    assert error == ""
    assert printed["ProfileAgeDays"] in (1, 2)
    assert DAY.isoformat() in printed["Built"]
    file = day_file.unpack(built.read(f"days/UTC/{DAY}.msgpack"))
    assert {name: file.records[name][16] for name in SPEEDS} == SPEEDS
    assert {(jam.head, jam.minutes) for jam in file.jams} == {("profiled-1", 300)}
    profiles = profile_file.unpack(built.read("profiles.msgpack"))
    assert {name: profiles.free_flow[name] for name in SPEEDS} == SPEEDS
    assert built.road("profiled-2")["learned_free_flow_speed"] == 90
    assert built.road("profiled-1")["free_flow_speed"] == 100

    before = {key: built.read(key) for key in built.listed()}
    error, printed = built.run()
    assert (error, printed["Built"]) == ("", "")
    assert {key: built.read(key) for key in built.listed()} == before


def test_the_tool_lists_the_bottleneck(
    built: Built, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in built.at.environment().items():
        monkeypatch.setenv(name, value)
    built.run()

    assert main(["bottlenecks", "--json", "--stack", built.at.city.stack]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["days"] == [DAY.isoformat()]
    assert [one["head"] for one in told["worst"]] == ["profiled-1"]


@pytest.mark.parametrize("action", BUILD)
def test_without_it_the_run_fails_and_the_next_one_makes_it_good(
    built: Built, without_action: Any, action: str
) -> None:
    with without_action(built.role(), action):
        error, _ = built.run()
        assert "profiles are not built" in error
    error, _ = built.run()

    assert error == ""
    assert {"profiles.msgpack", f"weeks/UTC/{DAY}.json"} <= set(built.listed())
    assert built.road("profiled-2")["learned_free_flow_speed"] == 90


def test_an_empty_day_is_looked_for_once(built: Built) -> None:
    built.run()

    assert day_file.unpack(built.read(f"days/UTC/{EMPTY}.msgpack")).records == {}
