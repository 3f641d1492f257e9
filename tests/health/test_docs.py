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


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("silent", "| `silent` | max(S, 3 I, I + 4 min) + 2 P | 7 min |"),
        ("stuck", "| `stuck` | max(1 h, 13 max(I, P)) + I + 2 P | 63 min |"),
        ("locked_on", "| `locked_on` | max(30 min, 5 max(I, P)) + I + 2 P | 33 min |"),
        ("impossible", "| `impossible`, `chatter` | 5 max(I, P) + I + 2 P | 8 min |"),
        ("chatter", "| `impossible`, `chatter` | 5 max(I, P) + I + 2 P | 8 min |"),
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
        f"more vehicles than {limits.CHATTER_FLOW:,} an hour and lane",
        f"fill by {limits.ODD_STEP} with each odd reading and empty by 1 with each "
        f"sound one, up from {limits.ODD_RAISED} on",
        f"A sweep takes up to {limits.MOST_RAISED:,} new faults upon itself",
    ],
)
def test_the_page_tells_the_limits_in_force(promise: str) -> None:
    assert promise in PAGE


def test_the_page_names_every_metric() -> None:
    section = PAGE.partition("## Metrics")[2]

    assert set(re.findall(r"`([A-Z]\w+[a-z])`", section)) - {"Stack"} >= set(FIGURES)


def test_the_page_of_events_names_every_field_and_no_other() -> None:
    fault = Fault("sensor", "s/a", "silent", ms(0), ms(300))
    (event,) = opened(fault).outbox
    rows = [line for line in EVENTS.splitlines() if line.startswith("| `")]
    first = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    told = first | {"place", "affected"}

    assert told == set(event)


def test_every_kind_has_a_word_and_a_span() -> None:
    kinds = {limits.SILENT, *limits.SUSPECT_KINDS}
    assert set(WORDS) == kinds
    assert set(limits.SPANS) == set(limits.SUSPECT_KINDS)
