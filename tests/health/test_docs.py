"""The page promises what the code holds to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from traffic.health import limits
from traffic.health.faults import Fault, opened
from traffic.health.sweep import FIGURES
from trafficctl.sensors.health import WORDS

from ..core.builders import ms

DOCS = Path(__file__).parents[2] / "docs"
PAGE = " ".join((DOCS / "sensor-health.md").read_text().split())
EVENTS = (DOCS / "wire-format.md").read_text().partition("## Sensor Health")[2]

ODD = (
    "| `impossible`, `impossible_flow`, `chatter`, `unit` "
    "| 5 max(I, P) + I + 2 P | 8 min |"
)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("silent", "| `silent` | max(S, 3 I, I + 4 min) + 2 P | 7 min |"),
        (
            "stuck",
            "| `stuck` | min(20 max(I, P), max(1 h, 13 max(I, P))) + I + 2 P "
            "| 23 min |",
        ),
        ("stuck_speed", "| `stuck_speed` | 20 max(I, P) + I + 2 P | 23 min |"),
        ("locked_on", "| `locked_on` | max(30 min, 5 max(I, P)) + I + 2 P | 33 min |"),
        (
            "lane_blocked",
            "| `lane_blocked` | max(4 min, 4 max(I, P)) + I + 2 P | 7 min |",
        ),
        *((kind, ODD) for kind in ("impossible", "impossible_flow", "chatter", "unit")),
        (
            "no_hits",
            "| `no_hits` | max(I, P) + I + 2 P, once 100 vehicles have passed beside "
            "it | 4 min |",
        ),
        ("clock", "| `clock` | max(1 h, 11 max(I, P)) + I + 2 P | 63 min |"),
        (
            "effective_length",
            "| `effective_length` | 3 h + I + 2 P, where 60 vehicles an hour are seen "
            "in free flow | 183 min |",
        ),
        (
            "lane_share",
            "| `lane_share` | 3 d + I + 2 P, from the ninth day on | 4323 min |",
        ),
    ],
)
def test_the_bounds_are_those_of_the_code(kind: str, line: str) -> None:
    minutes = limits.latest_detection_ms(kind, 60_000, 300_000) / 60_000

    assert line in PAGE
    assert line.endswith(f"| {minutes:.0f} min |")


@pytest.mark.parametrize(
    "promise",
    [
        f"the same in {limits.STUCK_SAMPLES + 1} readings in a row, over an hour",
        f"| {limits.CHANGED_SAMPLES} readings in a row that differ |",
        f"in {limits.LOCKED_ON_SAMPLES} readings in a row, over "
        f"{limits.LOCKED_ON_MS // 60_000} min",
        f"| {limits.FREE_SAMPLES} readings without cover |",
        f"| {limits.SOUND_SAMPLES} sound readings |",
        f"more vehicles than {limits.LANE_FLOW:,} an hour and lane, "
        f"or {limits.LANE_FLOW_LONG:,} over intervals of 5 min",
        f"in {limits.GROWING_SAMPLES} rises",
        f"or in {limits.STUCK_SPEED_SAMPLES} readings with vehicles",
        f"while {limits.NO_HITS_VEHICLES} passed on the median other lane",
        f"when {limits.NO_HITS_GAPS} times as many have passed",
        f"| {limits.HIT_SAMPLES} readings with a vehicle |",
        f"while {limits.BLOCKED_VEHICLES} vehicles passed on the median other lane",
        f"in {limits.CLOCK_SAMPLES + 1} readings in a row, over an hour",
        f"below {limits.LENGTH_SHORT} or above {limits.LENGTH_LONG} of the road's own, "
        f"in {limits.LENGTH_WINDOWS} windows in a row of an hour and "
        f"{limits.LENGTH_VEHICLES} vehicles in free flow",
        f"from {limits.LENGTH_SPEED_RATIO * 100:.0f} % of free-flow speed on",
        f"for less than {limits.LENGTH_OCCUPANCY * 100:.0f} % of the time",
        "less than half of the least or more than twice the most of its days, on "
        f"{limits.SHARE_DAYS} days in a row, while most other lanes are within "
        f"{limits.SHARE_USUAL * 100 - 100:.0f} % of theirs",
        f"{limits.SHARE_VEHICLES} vehicles a day",
        f"within {limits.INTERMITTENT_MS // 3_600_000} h of its return",
        f"A sweep sends {limits.MOST_MAILS} mails at most",
        f"fill by {limits.ODD_STEP} with each odd reading and empty by 1 with each "
        f"sound one, up from {limits.ODD_RAISED} on",
        f"A sweep takes up to {limits.MOST_RAISED:,} new faults upon itself",
    ],
)
def test_the_page_tells_the_limits_in_force(promise: str) -> None:
    assert promise in PAGE


def test_every_kind_has_its_row_and_each_that_leaves_out_stands_together() -> None:
    table = PAGE.partition("## Kinds")[2].partition("## Left out")[0]
    rows = re.findall(r"\| `(\w+)` \|", table)

    assert set(rows) == set(limits.KINDS)
    first, last = rows.index("locked_on"), rows.index("clock")
    assert set(rows[first : last + 1]) == set(limits.LEFT_OUT_KINDS)
    assert rows[first : last + 2][-1] == "lane_blocked"


def test_the_page_names_every_metric() -> None:
    section = PAGE.partition("## Metrics")[2]

    assert set(re.findall(r"`([A-Z]\w+[a-z])`", section)) - {"Stack"} >= set(FIGURES)


def test_the_page_of_events_names_every_field_and_no_other() -> None:
    fault = Fault("sensor", "s/a", "silent", ms(0), ms(300))
    (event,) = opened(fault).outbox
    rows = [line for line in EVENTS.splitlines() if line.startswith("| `")]
    first = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    told = first | {"place", "affected"}

    assert told == {*event, "quiet"}


def test_every_kind_has_a_word_and_a_span() -> None:
    assert set(WORDS) == set(limits.KINDS)
    assert {*limits.SPANS, *limits.WINDOWS} == set(limits.SUSPECT_KINDS)
