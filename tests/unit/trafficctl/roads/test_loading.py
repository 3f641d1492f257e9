"""What a load changes in the city, and what it says of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from trafficctl.errors import CHECK_FAILED, OK
from trafficctl.roads.command import load

from .fake_table import TABLE, FakeTable
from .test_street_files import found

Tables = Any
LIVE = {"version": {"N": "7"}, "state": {"B": b"\x01"}, "speed": {"N": "48.5"}}

NAMES = ["segment_id", "name", "district", "lanes", "length_m", "line", *LIVE]
NAMES += ["latitude", "longitude", "free_flow_speed", "alert_id", "outbox"]


@pytest.fixture
def table() -> Tables:
    return FakeTable()


def rows(table: Tables) -> dict[str, dict[str, Any]]:
    pages = table.get_paginator("scan").paginate(
        TableName=TABLE,
        Segment=0,
        TotalSegments=1,
        ProjectionExpression=", ".join(f"#{n}" for n in NAMES),
        ExpressionAttributeNames={f"#{n}": n for n in NAMES},
    )
    items = [item for page in pages for item in page["Items"]]
    return {item["segment_id"]["S"]: item for item in items}


def give(table: Tables, segment_id: str, **attributes: Any) -> None:
    """Put what the processor writes, beside what is loaded."""
    before = rows(table).get(segment_id, {"segment_id": {"S": segment_id}})
    table.put_item(TableName=TABLE, Item={**before, **attributes})


def test_a_second_file_alone_removes_nothing_and_says_so(
    table: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    load(table, TABLE, found("r01"))
    capsys.readouterr()

    assert load(table, TABLE, found("r02")) == OK

    assert set(rows(table)) == {"rel-1", "rel-2"}
    assert rows(table)["rel-1"]["lanes"] == {"N": "3"}
    told = capsys.readouterr().err
    assert "1 road (rel-2) not in the file: kept - `--replace` removes" in told
    assert (
        "1 road keeps attributes that the file does not have: rel-1 (district, "
        "free_flow_speed, lanes, length_m, line) - `--replace` removes them"
    ) in told


def test_replacing_makes_the_network_equal_to_the_file(
    table: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    load(table, TABLE, found("r01"))
    give(table, "rel-1", **LIVE)
    give(table, "unloaded", **LIVE)

    assert load(table, TABLE, found("r02"), replace=True) == OK

    assert rows(table) == {
        "rel-1": {
            "segment_id": {"S": "rel-1"},
            "name": {"S": "Ring"},
            "latitude": {"N": "52.6"},
            "longitude": {"N": "13.5"},
            **LIVE,
        },
        "unloaded": {"segment_id": {"S": "unloaded"}, **LIVE},
    }
    assert "1 road removed, and attributes of 1" in capsys.readouterr().err


@pytest.mark.parametrize("unfinished", ["alert_id", "outbox"])
def test_a_road_with_an_open_alert_or_an_unsent_event_stays(
    table: Tables, capsys: pytest.CaptureFixture[str], unfinished: str
) -> None:
    load(table, TABLE, found("r01"))
    give(table, "rel-2", **{unfinished: {"S": "x"}})

    assert load(table, TABLE, found("r02"), replace=True) == CHECK_FAILED

    assert set(rows(table)) == {"rel-1", "rel-2"}
    told = capsys.readouterr().err
    assert "0 roads removed, and attributes of 1" in told
    assert "1 road (rel-2) kept: with an open alert or an unsent event" in told


def test_the_road_of_a_skipped_feature_is_not_removed(table: Tables) -> None:
    load(table, TABLE, found("g12"))

    load(table, TABLE, found("g13", skip_bad=True), replace=True)

    assert set(rows(table)) == {"road-1", "road-2"}


def test_the_same_file_again_is_written_and_nothing_is_said_of_what_was_there(
    table: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    load(table, TABLE, found("r01"))
    capsys.readouterr()

    load(table, TABLE, found("r01"))

    assert capsys.readouterr().err.splitlines() == [
        "2 segments written to segments, around latitude 52.52, longitude 13.40",
        "1 of 2 roads have no free_flow_speed: no congestion score and no alert from "
        "speed until one is learned at night",
        "links: 0 from the file, 0 where lines meet, 0 to the next on the same road; "
        "2 segments not linked - `trafficctl roads links` lists them",
    ]


def test_a_road_far_from_the_citys_is_named(
    table: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    load(table, TABLE, found("r01"))
    capsys.readouterr()

    load(table, TABLE, found("g08"))

    told = capsys.readouterr().err.splitlines()[0]
    assert told == (
        "warning: road-1 at latitude 13.40, longitude 52.52 is 5,555 km from the "
        "middle of the roads - its coordinates look swapped: longitude comes first"
    )
