"""Who looks at a silent segment sees that nobody speaks for it, and nothing breaks."""

from __future__ import annotations

from typing import Any

from traffic.aws import dynamodb as aws_dynamodb
from traffic.live_map import views
from trafficctl.aws.city_tables import plain_item
from trafficctl.watch import render

from ..segment.builders import message, ms, reading
from ..segment.builders import records as told
from .world import World


def rested() -> dict[str, Any]:
    """The item of a segment that was put to rest."""
    world = World("jam")
    jam = message(reading("a", speed=5), reading("b", speed=6))
    world.process(told(jam, segment="jam"))
    world.sweep(700)
    (item,) = world.dynamodb.rows("segments")
    return item


def plain() -> dict[str, Any]:
    return {name: aws_dynamodb.value_of(value) for name, value in rested().items()}


def test_the_live_map_gets_no_values_and_no_reporting_sensor() -> None:
    row = views.named(plain(), views.LIVE)

    values = ("score", "speed", "flow", "ratio", "tti", "los")
    assert [row[name] for name in values] == [None] * len(values)
    assert (row["reporting"], row["sensors"], row["alert"]) == (0, 2, "none")
    assert row["observed_at"] == ms(0)


def test_its_panel_lists_the_sensors_as_silent() -> None:
    segment = views.segment(plain())

    assert [(s["id"], s["reporting"]) for s in segment["sensors"]] == [
        ("a", False),
        ("b", False),
    ]
    assert (segment["alert_id"], segment["alert_since"]) == (None, None)


def test_the_command_line_shows_dashes() -> None:
    cells = [cell.plain for cell in render.segment_row(plain_item(rested()), ms(700))]

    assert cells[2:4] == ["-", "-"]
    assert "0/2" in cells
    assert cells[-1] == ""
