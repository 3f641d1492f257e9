"""`trafficctl capacity` and what the docs take from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.docs.pages import states
from trafficctl.__main__ import main
from trafficctl.capacity import page
from trafficctl.capacity.chart import Axis, chart
from trafficctl.cost.model import total
from trafficctl.cost.prices import price_list

ROOT = Path(__file__).parents[4]
LOCAL_CITY = (ROOT / "docs" / "guides" / "local-city.md").read_text()


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["capacity", *words]) == 0
    return capsys.readouterr().out


def test_json_tells_the_city_in_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(asked(capsys, "--json"))

    assert (told["messages_s"], told["shards"], told["concurrent_batches"]) == (
        2_000,
        12,
        24,
    )
    assert told["freshness_s"]["p50"] < told["freshness_s"]["p99"] < 10
    assert told["alert_s"]["p99"] < 30
    dollars = total(page.city(), price_list().prices)
    assert told["dollars_a_month"] == pytest.approx(dollars)
    assert told["limits"][0]["share"] == max(one["share"] for one in told["limits"])


def test_parameters_are_those_that_a_stack_would_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = ("--json", "--sensors", "1000")
    told = json.loads(asked(capsys, *small))
    slower = asked(capsys, *small, "--parameter", "EventBatchWindowSeconds=5")

    later = json.loads(slower)["freshness_s"]["p50"] - told["freshness_s"]["p50"]
    assert 1 < later < 4


def test_messages_about_segments_come_three_seconds_sooner(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = ("--json", "--sensors", "1000")
    incidents = json.loads(asked(capsys, *small))
    segments = json.loads(asked(capsys, *small, "--parameter", "NotifyFor=segments"))

    sooner = incidents["alert_s"]["p50"] - segments["alert_s"]["p50"]
    assert sooner == pytest.approx(3)


def test_a_stream_keeps_the_shards_that_it_has_at_least(
    capsys: pytest.CaptureFixture[str],
) -> None:
    many = ("--parameter", "KinesisShardCount=24")

    assert json.loads(asked(capsys, "--json", *many))["shards"] == 24


def test_a_parameter_that_the_template_refuses_is_refused() -> None:
    assert main(["capacity", "--parameter", "EventBatchWindowSeconds=9"]) == 2


def test_people_get_a_table_with_the_way_past_what_is_passed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = asked(capsys, "--sensors", "1000")
    large = asked(capsys, "--sensors", "1000000")

    assert "reading to the map, p50 and p99" in small
    assert "several streams" not in small
    assert "several streams: a stack for each part of the city" in large


def test_the_search_names_the_parameters_to_deploy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = json.loads(asked(capsys, "--cheapest", "--json", "--sensors", "1000"))

    assert set(told) == {"counts_on_burst", "without_burst"}
    lent = told["counts_on_burst"]
    assert lent["dollars_a_month"] <= told["without_burst"]["dollars_a_month"]
    assert lent["freshness_p99_s"] < 10


def test_csv_has_the_limits_of_a_city_and_the_designs_of_a_search(
    capsys: pytest.CaptureFixture[str],
) -> None:
    limits = asked(capsys, "--csv", "--sensors", "1000").splitlines()
    found = asked(capsys, "--csv", "--cheapest", "--sensors", "1000").splitlines()

    assert limits[0] == "what,need,most,way,share"
    assert limits[1].startswith("Lambda concurrent executions,120,1000,")
    assert [row.split(",")[0] for row in found] == [
        "design",
        "counts_on_burst",
        "without_burst",
    ]


def test_the_steps_are_the_rows_of_the_guide(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = json.loads(asked(capsys, "--steps", "--json"))

    guide = (ROOT / page.CAPACITY).read_text()
    for sensors, one in told.items():
        row = (f"{int(sensors):,}", f"{one['dollars_a_month']:,.0f}", one["stacks"])
        assert states(guide, *row)


def test_the_guide_has_the_tables_in_force() -> None:
    text = (ROOT / page.CAPACITY).read_text()
    tables = page.capacity_tables()

    assert [name for name, table in tables.items() if table not in text] == []


def test_the_chart_is_the_one_in_force() -> None:
    assert (ROOT / page.CHART).read_text() == page.drawing()


def test_the_measured_run_is_the_one_that_the_guide_tells_of() -> None:
    fresh, alerts = page.MEASURED.values()

    assert states(LOCAL_CITY, f"{fresh.p50} s", f"p99 {fresh.p99} s", f"{alerts.p50} s")
    assert states(LOCAL_CITY, f"p99 {alerts.p99} s", "50,000")


def test_a_point_lies_where_its_axes_say_and_its_name_is_escaped() -> None:
    x = Axis("x", (0, 10), 5, "half")
    y = Axis("y", (0, 100), 50, "half")

    drawn = chart("a < b", x, y, {"one": [(0, 0, "low"), (10, 100, "high")]})

    assert 'points="70,388 740,46"' in drawn
    assert "a &lt; b" in drawn
