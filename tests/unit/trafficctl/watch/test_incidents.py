"""What a controller reads of incidents: the worst first, each with its bottleneck."""

from __future__ import annotations

import io
from typing import Any

from tests.unit.traffic.incidents.street import START, alert, road
from tests.unit.traffic.incidents.world import IncidentWorld
from traffic.incidents.queue import LiveTraffic
from traffic.network.roads import RoadGraph
from trafficctl.cli.output import show
from trafficctl.watch.incidents import (
    congested_worst_first,
    incidents_table,
    shown,
)

MINUTE = 60_000


def city() -> IncidentWorld:
    """A jam of three segments, a shorter one that costs more, and a severe one."""
    roads = {
        name: road(place, name="I-5 N, exit 3", district="Boyle Heights")
        for place, name in enumerate("abcxyz")
    }
    world = IncidentWorld(RoadGraph(roads, {"a": ["b"], "b": ["c"], "x": ["y"]}))
    world.has(
        *(alert(name, 0) for name in "abcxy"),
        alert("z", 1, level=2),
    )
    world.traffic = {"a": LiveTraffic(40.0, 30.0), "x": LiveTraffic(10.0, 90.0)}
    world.sweep(2)
    world.sweep(3)
    return world


def rows(world: IncidentWorld) -> list[dict[str, Any]]:
    found = [world.table.row(one.incident_id) for one in world.table.open_ones()]
    return congested_worst_first(found)


def test_severe_ones_come_first_then_those_that_cost_most_time() -> None:
    assert [one["incident_id"][0] for one in rows(city())] == ["z", "x", "a"]


def test_an_incident_whose_alerts_have_cleared_is_not_listed() -> None:
    world = city()
    world.has(*(alert(name, 0) for name in "abcxy"))
    world.sweep(4)

    assert len(world.table.open_ones()) == 3
    assert [one["incident_id"][0] for one in rows(world)] == ["x", "a"]


def test_a_line_says_where_how_long_how_fast_and_since_when() -> None:
    out = io.StringIO()
    show(incidents_table(rows(city())[1:2], START + 10 * MINUTE), out)

    line = " ".join(out.getvalue().splitlines()[-2].split())
    assert line == (
        "high I-5 N Boyle Heights 2.0 10 - - 2 2.7 01-15 08:00 10 min 00 s "
        f"{alert('x', 0).alert_id}"
    )


def test_a_line_says_what_is_usual_there_and_whether_it_is_unusual() -> None:
    row = {**rows(city())[1], "usual_speed": 61.4, "unusual": 1}
    assert "2.0 10 61 yes 2 2.7" in line_of(row)
    assert "2.0 10 61 no 2 2.7" in line_of({**row, "unusual": 0})
    assert shown(row)["unusual"] is True
    assert shown(rows(city())[1])["unusual"] is None


def line_of(row: dict[str, Any]) -> str:
    out = io.StringIO()
    show(incidents_table([row], START + 10 * MINUTE), out)
    return " ".join(out.getvalue().split())


def test_only_incidents_that_were_reported_and_are_slow_now_are_listed() -> None:
    row = rows(city())[0]

    unheard = {**row, "reported_at": 0}
    assert congested_worst_first([row, unheard, {**row, "segments": 0}]) == [row]


def test_json_has_the_congested_segments_and_nothing_internal() -> None:
    (first,) = [shown(one) for one in rows(city()) if one["segments"] == 3]

    assert first["segment_ids"] == ["a", "b", "c"]
    assert (first["head"], first["tail"], first["length_km"]) == ("c", "a", 3.0)
    assert not {"members", "outbox", "version", "open_flag"} & set(first)
