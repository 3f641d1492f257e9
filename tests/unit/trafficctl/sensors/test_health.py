"""The repair list: where, what, since when, how long, and what to do first."""

from __future__ import annotations

import argparse
import csv
import io
import json
from dataclasses import replace
from datetime import timezone
from typing import Any

import pytest
from rich.console import Console

from traffic.sensor_health.aws import CloudWatchLag
from traffic.sensor_health.fault_items import fault_of, insertion, row_of
from traffic.sensor_health.faults import CLOSING, Fault, closed, opened
from trafficctl.errors import OK, UserError
from trafficctl.sensors import health

from ...traffic.segment.builders import message, ms, reading, records
from ...traffic.sensor_health.world import FakeCloudWatch, FaultyDynamoDB, World


def fault(subject: str, scope: str = "sensor", **more: Any) -> Fault:
    segment, _, sensor = subject.partition("/")
    where: dict[str, Any] = {"name": "Main Street", "district": "West"}
    if scope in ("segment", "sensor"):
        where |= {"segment_id": segment, "sensor_id": sensor or None}
    if scope in ("fleet", "district"):
        where = {}
    made = {"kind": "silent", "since": ms(0), "detected_at": ms(300), **where, **more}
    return Fault(scope, subject, **made)


SENSOR = fault("s/a")
STUCK = fault("s/b", kind="stuck", since=ms(-3_600))
SEGMENT = fault("t", "segment", sensors=4, name=None)
WEST = fault("West", "district", sensors=40)
FLEET = fault("city", "fleet", sensors=400)
OVER = closed(fault("u/c", since=ms(-90_000)), ms(-3_600))


def shown(faults: list[Fault], now_s: float = 3_600, **args: Any) -> str:
    asked = argparse.Namespace(district=None, **args)
    console = Console(file=io.StringIO(), width=160)
    console.print(health.view(faults, ms(now_s), asked, timezone.utc))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_line_tells_where_what_since_when_how_long_and_what_to_do() -> None:
    (cells,) = (health.row(SENSOR, ms(3_725), timezone.utc),)

    assert [cell.plain for cell in cells] == [
        "Main Street (s), sensor a",
        "silent",
        "01-15 08:00",
        "1 h 02 min",
        "1",
        "West",
        "Check the sensor's power and cable; its neighbours report.",
    ]


def test_a_fault_that_is_over_tells_how_long_it_lasted() -> None:
    cells = [cell.plain for cell in health.row(OVER, ms(3_600), timezone.utc)]

    assert cells[1:4] == ["silent (over 01-15 07:00)", "01-14 07:00", "24 h 00 min"]


def test_a_road_without_a_name_is_told_by_its_id() -> None:
    assert health.row(SEGMENT, ms(0), timezone.utc)[0].plain == "t"


def test_the_broadest_fault_comes_first_and_its_parts_are_not_listed_apart() -> None:
    part = fault("s/d", since=ms(-60))

    chosen = health.in_order([part, STUCK, SEGMENT, WEST])

    assert chosen == [WEST, STUCK]


def test_all_lists_the_parts_too_and_what_is_over_last() -> None:
    chosen = health.in_order([OVER, SENSOR, WEST], everything=True)

    assert chosen == [WEST, SENSOR, OVER]


def test_a_district_is_named_in_any_case_and_the_fleet_is_everywhere() -> None:
    east = fault("e/a", district="East")

    assert health.in_order([east, SENSOR], district="west") == [SENSOR]
    assert health.in_order([FLEET, east], district="WEST") == [FLEET]
    assert health.in_order([WEST, east], district="west") == [WEST]


@pytest.mark.parametrize(
    ("faults", "expected"),
    [([SENSOR, SEGMENT], False), ([WEST], True), ([FLEET], True), ([], False)],
)
def test_the_answer_is_no_while_a_district_or_the_fleet_is_silent(
    faults: list[Fault], expected: bool
) -> None:
    assert health.is_area_silent(faults) is expected
    assert health.is_area_silent([closed(one, ms(400)) for one in faults]) is False


def test_the_list_ends_with_how_many_of_each_there_are() -> None:
    assert (
        shown([WEST, SENSOR, STUCK])
        .strip()
        .endswith("1 district, 2 sensors; excluded from their segments' figures: 1")
    )
    assert shown([]).strip() == "no sensor faults"


def test_a_sensor_that_sends_percent_is_not_counted_as_excluded() -> None:
    percent = replace(STUCK, kind="unit", detail="occupancy in percent?")
    score = replace(percent, detail="congestion score sent as 0-1?")

    assert shown([percent]).strip().endswith("open faults: 1 sensor")
    assert shown([score]).strip().endswith("excluded from their segments' figures: 1")


def test_csv_has_a_line_a_fault_with_names_on_top(capsys: Any) -> None:
    health.write_csv([WEST, SENSOR])

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["fault_id"] for row in rows] == [WEST.fault_id, SENSOR.fault_id]
    assert (rows[1]["since"], rows[1]["duration_s"]) == ("2027-01-15T08:00:00.000Z", "")
    assert rows[0]["sensors"] == "40"


def test_csv_of_nothing_still_has_names(capsys: Any) -> None:
    health.write_csv([])

    header = capsys.readouterr().out
    assert header.startswith("fault_id,scope,subject,kind,since,")
    assert header.endswith(",first\r\n")


@pytest.mark.parametrize("one", [SENSOR, STUCK, SEGMENT, WEST, FLEET, OVER])
def test_a_row_gives_back_the_fault_it_was_made_of(one: Fault) -> None:
    told = opened(one)
    row = {k: v for k, v in row_of(told, 30).items() if v is not None}

    assert fault_of(row) == told


@pytest.mark.parametrize(
    ("age_ms", "status", "said"),
    [
        (1_500, "Complete", ""),
        (
            45_000,
            "Complete",
            "the processor is behind: silent sensors are not detected",
        ),
        (1_500, "InternalError", "cannot tell whether the processor is behind"),
    ],
)
def test_the_list_says_that_silence_is_not_judged(
    age_ms: float, status: str, said: str, capsys: Any
) -> None:
    cloudwatch = FakeCloudWatch()
    cloudwatch.minutes["age_ms"][540] = age_ms
    cloudwatch.status = status

    health.warn(CloudWatchLag(cloudwatch, "readings", "processor"), ms(700))

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(said)
    assert bool(told.err) is bool(said)


# Dismissing


def table(*faults: Fault) -> FaultyDynamoDB:
    made = FaultyDynamoDB()
    statements = [insertion("faults", one, 30) for one in faults]
    if statements:
        made.batch_execute_statement(statements)
    return made


def test_a_dismissed_sensor_leaves_the_list_and_its_end_will_be_told() -> None:
    dynamodb = table(SENSOR, STUCK)

    code = health.dismiss(dynamodb, "faults", SENSOR.fault_id, ms(900))

    assert code == OK
    assert health.read(dynamodb, "faults", everything=False) == [STUCK]
    (gone,) = [f for f in health.read(dynamodb, "faults", True) if f.dismissed_at]
    assert (gone.closed_at, gone.dismissed_at) == (ms(900), ms(900))
    assert [event["transition"] for event in gone.outbox] == ["closed"]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (SENSOR, "sensor a, Main Street, West until it reports again"),
        (STUCK, "until it reports again"),
        (replace(SENSOR, kind="no_hits"), "West until it counts vehicles again"),
        (replace(SENSOR, kind="lane_share"), "West until it counts vehicles again"),
        (replace(SENSOR, kind="lane_blocked"), "West until it counts vehicles again"),
        (SEGMENT, "t, West until it reports again"),
        (WEST, "all sensors that fell silent with West until it reports again"),
        (
            FLEET,
            "all sensors that fell silent with the whole city until it reports again",
        ),
    ],
)
def test_what_goes_off_the_street_is_said(one: Fault, words: str, capsys: Any) -> None:
    dynamodb = table(one)

    assert health.dismiss(dynamodb, "faults", one.fault_id, ms(900)) == OK

    assert capsys.readouterr().err.endswith(f"{words}\n")
    (gone,) = health.read(dynamodb, "faults", everything=True)
    assert (gone.standing, gone.dismissed_at) == ("dismissed", ms(900))


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (replace(SENSOR, standing=CLOSING, closed_at=ms(1)), "is over"),
        (replace(SENSOR, standing="dismissed"), "is dismissed already"),
    ],
)
def test_what_cannot_be_dismissed_is_said(one: Fault, words: str) -> None:
    with pytest.raises(UserError, match=words):
        health.dismiss(table(one), "faults", one.fault_id, ms(900))


def test_of_several_faults_one_that_is_over_keeps_none_of_the_others() -> None:
    dynamodb = table(SENSOR, STUCK, WEST)
    ids = [SENSOR.fault_id, "x", "y", WEST.fault_id]

    with pytest.raises(UserError) as refused:
        health.dismiss_each(dynamodb, "faults", ids, ms(900))

    told = [line.split(" - ")[0] for line in str(refused.value).splitlines()]
    assert told == ["fault 'x' not found", "fault 'y' not found"]
    assert health.read(dynamodb, "faults", everything=False) == [STUCK]


def test_an_id_of_nothing_is_said() -> None:
    with pytest.raises(UserError, match="fault 'x' not found - `trafficctl sensors"):
        health.dismiss(table(), "faults", "x", ms(900))


def test_a_fault_that_a_sweep_ends_meanwhile_is_not_dismissed() -> None:
    dynamodb = table(SENSOR)
    item = dynamodb.tables["faults"][SENSOR.fault_id,]
    real = dynamodb.execute_statement

    def meanwhile(**asked: Any) -> Any:
        item["open_flag"] = {"S": CLOSING}
        return real(**asked)

    dynamodb.execute_statement = meanwhile  # type: ignore[method-assign]
    with pytest.raises(UserError, match="changed meanwhile"):
        health.dismiss(dynamodb, "faults", SENSOR.fault_id, ms(900))


def test_a_dismissed_segment_is_told_once_and_forgotten_when_it_speaks() -> None:
    world = World("jam")
    world.process(records(message(reading("a", speed=50)), segment="jam"))
    world.sweep(700)
    (row,) = world.faults()

    health.dismiss(world.dynamodb, "faults", row["fault_id"], ms(720))
    world.sweep(760)
    world.sweep(820)
    transitions = [e["transition"] for e in world.bus.events if "kind" in e]
    assert (world.open(), transitions) == ([], ["opened", "closed"])
    assert world.faults()[0]["open_flag"] == "dismissed"
    back = message(reading("a", 860, speed=50))
    world.process(records(back, segment="jam", first=70))
    world.sweep(880)

    (row,) = world.faults()
    assert "open_flag" not in row
    assert row["expires_at"] == ms(720) // 1000 + 30 * 86_400
    assert [e["transition"] for e in world.bus.events if "kind" in e] == transitions


def test_json_says_what_to_do_first() -> None:
    told = json.loads(json.dumps(health.fault_items.listed(SENSOR)))

    assert told["first"].startswith("Check the sensor's power")
    assert told["place"] == "sensor a, Main Street, West"
    assert (told["closed_at"], told["sensors"]) == (None, 1)
