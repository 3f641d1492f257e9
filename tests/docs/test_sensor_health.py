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
from ..docs.pages import states

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "explanation" / "sensor-health.md").read_text()
EVENTS = (
    (DOCS / "reference" / "wire-format.md").read_text().partition("## Sensor Health")[2]
)

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
    "facts",
    [
        (
            "`stuck`",
            limits.STUCK_SAMPLES + 1,
            limits.STUCK_SPEED_SAMPLES,
            limits.CHANGED_SAMPLES,
        ),
        ("`stuck_speed`", limits.STUCK_SPEED_SAMPLES, limits.CHANGED_SAMPLES),
        (
            "`locked_on`",
            limits.LOCKED_ON_SAMPLES,
            f"{limits.LOCKED_ON_MS // 60_000} min",
            limits.FREE_SAMPLES,
        ),
        ("`impossible`", limits.SOUND_SAMPLES),
        (
            "`impossible_flow`",
            f"{limits.LANE_FLOW:,}",
            f"{limits.LANE_FLOW_LONG:,}",
            limits.GROWING_SAMPLES,
            limits.SOUND_SAMPLES,
        ),
        ("`no_hits`", limits.NO_HITS_VEHICLES, limits.HIT_SAMPLES),
        ("lane", f"{limits.NO_HITS_GAPS} times"),
        ("`lane_blocked`", limits.BLOCKED_VEHICLES, limits.FREE_SAMPLES),
        ("`clock`", limits.CLOCK_SAMPLES + 1),
        (
            "`effective_length`",
            limits.LENGTH_SHORT,
            limits.LENGTH_LONG,
            limits.LENGTH_WINDOWS,
            limits.LENGTH_VEHICLES,
        ),
        ("Readings", f"{limits.LENGTH_SPEED_RATIO * 100:.0f} %"),
        ("window", f"{limits.LENGTH_OCCUPANCY * 100:.0f} %"),
        (
            "`lane_share`",
            limits.SHARE_DAYS,
            f"{limits.SHARE_USUAL * 100 - 100:.0f} %",
        ),
        ("lane", f"{limits.SHARE_VEHICLES} vehicles a day"),
        ("`intermittent`", f"{limits.INTERMITTENT_MS // 3_600_000} h"),
        ("sweep", f"{limits.MOST_MAILS} mails"),
        ("`chatter`", "`unit`", limits.ODD_STEP, 1, limits.ODD_RAISED),
        ("sweep", f"{limits.MOST_RAISED:,}"),
    ],
)
def test_the_page_states_the_limits_in_force(facts: tuple[object, ...]) -> None:
    assert states(PAGE, *facts)


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
