"""The page on incidents states the rules and limits in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic.incidents import items, reporting, unusual
from traffic.incidents.aws import GRAPH_MS
from traffic.incidents.events import (
    CLEARED,
    CONGESTED,
    ESCALATED,
    GREW,
    MAILED,
    MERGED,
    OPENED,
    UNUSUAL,
    event_of,
)
from traffic.incidents.incident import HOLD_MS, Incident
from traffic.network import links, roads
from traffic.network.roads import RoadGraph
from trafficctl.evaluate.patterns import PARTS

from ..unit.traffic.incidents.street import WORDS, alert
from .pages import names, states

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "explanation" / "incidents.md").read_text()
ROADS = (DOCS / "guides" / "roads.md").read_text()
EVENT = (DOCS / "reference" / "wire-format.md").read_text()


@pytest.mark.parametrize(
    "facts",
    [
        ("two links", f"{roads.MOST_KM:g} km"),
        ("It is over", f"{HOLD_MS // 60_000} minutes"),
        ("`grew`", f"{reporting.GREW_AGAIN_MS // 60_000} minutes"),
        ("Delay is added up", "five minutes"),
        ("read again every five minutes",),
        ("or one has been for", f"{unusual.LONG_MS // 60_000} minutes"),
        ("two ten-minute means", f"{unusual.BIN_MINUTES} minutes".replace("5", "five")),
        (f"`{items.UNUSUAL_KEY}`",),
    ],
)
def test_the_page_states_the_limits_in_force(facts: tuple[object, ...]) -> None:
    assert states(PAGE, *facts)


def test_numbers_in_words_are_those_of_the_code() -> None:
    assert (roads.MOST_HOPS, reporting.GROWN_TIMES, reporting.GROWN_MORE) == (2, 2, 2)
    assert unusual.MANY == 2
    assert GRAPH_MS == reporting.LONGEST_STEP_MS == 5 * 60_000


@pytest.mark.parametrize(
    "kind", [OPENED, CONGESTED, UNUSUAL, ESCALATED, CLEARED, GREW, MERGED]
)
def test_each_transition_says_whether_people_get_it(kind: str) -> None:
    mailed = [f"`{name}`" for name, one in MAILED.items() if kind in one["transition"]]
    assert list(MAILED) == ["incidents", "unusual"]
    told = {0: "neither", 2: "both"}.get(len(mailed)) or mailed[0]
    assert f"\n- `{kind}` ({told}): " in PAGE


def test_the_table_has_a_row_for_each_part_of_the_week() -> None:
    table = PAGE.partition("| days |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines()[2:]]

    assert rows == list(PARTS)


@pytest.mark.parametrize(
    "facts",
    [
        ("Lines meet", f"{links.MEET_KM * 1000:.0f} m", f"{links.TURN_DEGREES:.0f}"),
        ("nearest segment ahead", f"{roads.MOST_KM:g} km"),
    ],
)
def test_the_guide_states_how_links_are_derived(facts: tuple[object, ...]) -> None:
    assert states(ROADS, *facts)


def test_the_event_is_described_field_by_field() -> None:
    one = alert("a")
    incident = Incident(one.alert_id, one.opened_at, unusual=False)
    event = event_of(incident, OPENED, RoadGraph({}, {}), one.opened_at, WORDS)
    section = EVENT.partition("## Traffic Incident")[2].partition("\n## ")[0]

    assert set(names(section)) == set(event)
