"""The page promises what the code holds to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.traffic.sensor_health.bounds import (
    DETECTION_TIMES,
    WINDOWS,
    latest_detection_ms,
)
from traffic.sensor_health import thresholds
from traffic.sensor_health.faults import Fault, opened, with_local_time
from traffic.sensor_health.sweep import FIGURES
from trafficctl.sensors.health import LABELS

from ..unit.traffic.segment.builders import ms
from .pages import names, states

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "explanation" / "sensor-health.md").read_text()
EVENTS = (
    (DOCS / "reference" / "wire-format.md").read_text().partition("## Sensor Health")[2]
).partition("\n## ")[0]

ODD = (
    "- `impossible`, `impossible_flow`, `chatter`, `unit`: "
    "5 max(I, P) + I + 2 P (8 min)"
)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("silent", "- `silent`: max(S, 3 I, I + 4 min) + 2 P (7 min)"),
        (
            "stuck",
            "- `stuck`: min(20 max(I, P), max(1 h, 13 max(I, P))) + I + 2 P (23 min)",
        ),
        ("stuck_speed", "- `stuck_speed`: 20 max(I, P) + I + 2 P (23 min)"),
        ("locked_on", "- `locked_on`: max(30 min, 5 max(I, P)) + I + 2 P (33 min)"),
        (
            "lane_blocked",
            "- `lane_blocked`: max(4 min, 4 max(I, P)) + I + 2 P (7 min)",
        ),
        *((kind, ODD) for kind in ("impossible", "impossible_flow", "chatter", "unit")),
        (
            "no_hits",
            "- `no_hits`: max(I, P) + I + 2 P, once 100 vehicles have passed beside "
            "it (4 min)",
        ),
        ("clock", "- `clock`: max(1 h, 11 max(I, P)) + I + 2 P (63 min)"),
        (
            "effective_length",
            "- `effective_length`: 3 h + I + 2 P, where 60 vehicles an hour are seen "
            "in free flow (183 min)",
        ),
        (
            "lane_share",
            "- `lane_share`: 3 d + I + 2 P, from the ninth day on (4323 min)",
        ),
    ],
)
def test_the_bounds_are_those_of_the_code(kind: str, line: str) -> None:
    minutes = latest_detection_ms(kind, 60_000, 300_000) / 60_000

    assert f"\n{line}\n" in PAGE
    assert line.endswith(f" ({minutes:.0f} min)")


@pytest.mark.parametrize(
    "facts",
    [
        (
            "`stuck`",
            thresholds.STUCK_SAMPLES + 1,
            thresholds.STUCK_SPEED_SAMPLES,
            thresholds.CHANGED_SAMPLES,
        ),
        ("`stuck_speed`", thresholds.STUCK_SPEED_SAMPLES, thresholds.CHANGED_SAMPLES),
        (
            "`locked_on`",
            thresholds.LOCKED_ON_SAMPLES,
            f"{thresholds.LOCKED_ON_MS // 60_000} min",
            thresholds.BLOCKED_VEHICLES,
            f"{thresholds.LOCKED_ON_DOUBTFUL_MS // 3_600_000} h",
            thresholds.FREE_SAMPLES,
        ),
        ("`impossible`", thresholds.SOUND_SAMPLES),
        (
            "`impossible_flow`",
            f"{thresholds.LANE_FLOW:,}",
            f"{thresholds.LANE_FLOW_LONG:,}",
            thresholds.GROWING_SAMPLES,
            thresholds.SOUND_SAMPLES,
        ),
        ("`no_hits`", thresholds.NO_HITS_VEHICLES, thresholds.HIT_SAMPLES),
        ("lane", f"{thresholds.NO_HITS_GAPS} times"),
        ("`lane_blocked`", thresholds.BLOCKED_VEHICLES, thresholds.FREE_SAMPLES),
        ("`clock`", thresholds.CLOCK_SAMPLES + 1),
        (
            "`effective_length`",
            thresholds.LENGTH_SHORT,
            thresholds.LENGTH_LONG,
            thresholds.LENGTH_WINDOWS,
            thresholds.LENGTH_VEHICLES,
        ),
        ("Readings", f"{thresholds.LENGTH_SPEED_RATIO * 100:.0f} %"),
        ("window", f"{thresholds.LENGTH_OCCUPANCY * 100:.0f} %"),
        (
            "`lane_share`",
            thresholds.SHARE_DAYS,
            f"{thresholds.SHARE_USUAL * 100 - 100:.0f} %",
        ),
        ("lane", f"{thresholds.SHARE_VEHICLES} vehicles a day"),
        ("`intermittent`", f"{thresholds.INTERMITTENT_MS // 3_600_000} h"),
        ("sweep", f"{thresholds.MOST_MAILS} mails"),
        ("`chatter`", "`unit`", thresholds.ODD_STEP, 1, thresholds.ODD_RAISED),
        ("sweep", f"{thresholds.MOST_RAISED:,}"),
    ],
)
def test_the_page_states_the_limits_in_force(facts: tuple[object, ...]) -> None:
    assert states(PAGE, *facts)


def test_every_kind_has_its_row_and_each_that_leaves_out_stands_together() -> None:
    table = PAGE.partition("## Kinds")[2].partition("## Left out")[0]
    rows = names(table)

    assert set(rows) == set(thresholds.KINDS)
    first, last = rows.index("locked_on"), rows.index("clock")
    assert set(rows[first : last + 1]) == set(thresholds.LEFT_OUT_KINDS)
    assert rows[first : last + 2][-1] == "lane_blocked"


def test_the_page_names_every_metric() -> None:
    section = PAGE.partition("## Metrics")[2]

    assert set(re.findall(r"`([A-Z]\w+[a-z])`", section)) - {"Stack"} >= set(FIGURES)


def test_the_page_of_events_names_every_field_and_no_other() -> None:
    fault = Fault("sensor", "s/a", "silent", ms(0), ms(300))
    (event,) = opened(fault).outbox
    told = {*names(EVENTS), "place", "affected"}

    assert told == {*with_local_time(event, "UTC"), "quiet"}


def test_every_kind_has_a_word_and_a_span() -> None:
    assert set(LABELS) == set(thresholds.KINDS)
    assert {*DETECTION_TIMES, *WINDOWS} == set(thresholds.SUSPECT_KINDS)
