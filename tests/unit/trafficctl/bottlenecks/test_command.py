"""The ten places that cost most, and how reliable corridors are."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from rich.console import Console

from tests.unit.traffic.profile_builder.test_function import (
    PLACE,
    FakeBucket,
    FakeTable,
)
from traffic.model import Road
from traffic.network.roads import RoadGraph
from traffic.profile_builder.aws import S3Files
from traffic.profiles.day_file import ActiveBottleneck, DayFile
from traffic.profiles.day_records import RECORD_BYTES
from traffic.profiles.profile_file import build
from trafficctl.bottlenecks.command import NO_LINKS, NOT_YET, as_json, read, view
from trafficctl.bottlenecks.report import report_of
from trafficctl.cli.output import ABSENT

MONDAY = date(2026, 11, 2)
ROADS = {
    name: Road(f"{name} Street", length_m=1000, free_flow_speed=100) for name in "ABC"
}
GRAPH = RoadGraph(ROADS, {"A": ["B"], "B": ["C"]})
RECORDS = dict.fromkeys(ROADS, bytes([50]) * RECORD_BYTES)


def days(number: int = 3) -> list[DayFile]:
    """Days on which A costs more than B, but not in the morning."""
    jams = [
        ActiveBottleneck("A", "afternoon", 60, 120.0, 90.0),
        ActiveBottleneck("A", "morning", 30, 30.0, 10.0),
        ActiveBottleneck("B", "morning", 30, 30.0, 20.0),
    ]
    return [DayFile(MONDAY + timedelta(days=n), RECORDS, jams) for n in range(number)]


def shown(files: list[DayFile], graph: RoadGraph = GRAPH, **more: Any) -> str:
    report = report_of(files, graph, 10)
    shift = more.get("shift")
    places = report.worst if shift is None else report.by_shift[shift]
    console = Console(file=io.StringIO(), width=160)
    console.print(view(report, places, graph, shift))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_worst_place_comes_first_with_its_road() -> None:
    text = shown(days())

    assert text.index("A Street") < text.index("B Street")
    assert "3 days, 2026-11-02 to 2026-11-04" in text
    (line,) = [line for line in text.splitlines() if line.split()[:2] == ["A", "A"]]
    assert line.split() == ["A", "A", "Street", "100", "90", "1.7", "3"]


def test_a_shift_has_its_own_order() -> None:
    text = shown(days(), shift="morning")

    assert text.index("B Street") < text.index("A Street")
    assert "afternoon" not in text


def test_a_corridor_shows_its_indices() -> None:
    text = shown(days())

    (line,) = [line for line in text.splitlines() if "morning" in line]
    assert line.split("A Street to C Street")[1].split() == [
        "morning",
        "3.0",
        "3.6",
        "2.00",
        "2.00",
        "0.00",
    ]


def test_a_day_without_measurements_does_not_lower_the_mean() -> None:
    empty = DayFile(MONDAY - timedelta(days=1), {}, [])

    assert report_of([empty, *days()], GRAPH, 10) == report_of(days(), GRAPH, 10)


def test_before_the_first_night_and_without_links_it_says_what_is_missing() -> None:
    assert NOT_YET in shown([])
    assert NO_LINKS.split(":")[0] in shown(days(), RoadGraph(ROADS, {}))


def test_json_has_all_shifts_and_what_profiles_still_need() -> None:
    profiles = build(days(), "UTC", ())

    told = as_json(report_of(days(), GRAPH, 1), GRAPH, profiles, None)

    assert told["days"] == ["2026-11-02", "2026-11-03", "2026-11-04"]
    assert told["days_missing"] == {"Saturday": 3, "Sunday or holiday": 3}
    assert [place["head"] for place in told["worst"]] == ["A"]
    by_shift = told["by_shift"].items()
    heads = {shift: [one["head"] for one in some] for shift, some in by_shift}
    assert heads == {"morning": ["B"], "midday": [], "afternoon": ["A"]}
    assert {one["shift"] for one in told["corridors"]} == set(heads)


def test_json_of_a_shift_has_that_shift_only() -> None:
    told = as_json(report_of(days(), GRAPH, 10), GRAPH, None, "morning")

    assert (told["worst"], list(told["by_shift"])) == ([], ["morning"])
    assert told["days_missing"] is None


@dataclass
class FakeSession:
    """Hands out the clients of a city."""

    clients: dict[str, Any]

    def client(self, service: str, **_options: Any) -> Any:
        return self.clients[service]


OUTPUTS = {"RoadSegmentsTable": "roads", "ProfilesBucket": "bucket"}


@pytest.fixture
def bucket() -> FakeBucket:
    return FakeBucket()


def session(bucket: FakeBucket) -> FakeSession:
    items = [{"segment_id": {"S": name}, **PLACE} for name in "AB"]
    items[0]["downstream"] = {"S": "B"}
    return FakeSession({"dynamodb": FakeTable(items), "s3": bucket})


def test_the_last_days_of_the_profiles_time_zone_are_read(bucket: FakeBucket) -> None:
    for zone in ("UTC", "Europe/Berlin"):
        for file in days(3):
            S3Files(bucket, "bucket", zone).add_day(file)
    S3Files(bucket, "bucket", "").replace_profiles(build(days(), "UTC", ()))

    graph, profiles, files = read(session(bucket), OUTPUTS, 2)

    assert list(graph.following("A")) == ["B"]
    assert profiles is not None
    assert [file.day for file in files] == [MONDAY + timedelta(days=n) for n in (1, 2)]


def test_before_there_are_profiles_there_are_no_days(bucket: FakeBucket) -> None:
    assert read(session(bucket), OUTPUTS, 2)[1:] == (None, [])


def test_a_place_whose_road_is_gone_is_still_listed() -> None:
    graph = RoadGraph({name: ROADS[name] for name in "BC"}, {"B": ["C"]})

    (line,) = [one for one in shown(days(), graph).splitlines() if one[:3] == " A "]
    assert line.split() == ["A", ABSENT, "100", "90", "1.7", "3"]
