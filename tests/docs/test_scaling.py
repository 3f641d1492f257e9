"""The page on capacity states the thresholds and metrics in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from traffic.shard_scaler import decide
from traffic.shard_scaler.aws import TAG
from traffic.shard_scaler.decide import Hold, Minute, StreamState
from traffic.shard_scaler.function import figures
from traffic.shard_scaler.history import CHANGES_A_DAY

from ..template.template import TEXT as TEMPLATE
from .pages import states

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "capacity.md").read_text()


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


@pytest.mark.parametrize(
    "facts",
    [
        ("three", percent(decide.UP_SHARE)),
        ("newest", percent(decide.SUDDEN_SHARE)),
        ("refused", percent(decide.TROUBLED_SHARE)),
        (f"{decide.LATE_MS // 1000} s", percent(decide.TROUBLED_SHARE)),
        (f"{decide.QUIET_MINUTES} minutes",),
        (f"`{TAG}`",),
        (f"{CHANGES_A_DAY} changes", "24 hours"),
    ],
)
def test_the_page_states_the_thresholds_in_force(facts: tuple[object, ...]) -> None:
    assert states(PAGE, *facts)


def test_the_words_of_the_page_stand_for_these_numbers() -> None:
    assert decide.NEWEST_MINUTES == 3
    assert decide.DOWN_SHARE == 0.5
    assert decide.QUIET_S == 3_600
    assert decide.SPARE_CHANGES == 1
    assert round(decide.UP_SHARE / decide.DOWN_SHARE, 3) == 1.4


def test_the_page_names_every_metric() -> None:
    seen = StreamState(2, [Minute(0, 0, 0)])
    printed = figures(seen, Hold(""), "city", 0)
    (metrics,) = json.loads(printed)["_aws"]["CloudWatchMetrics"]

    assert [one["Name"] for one in metrics["Metrics"] if one["Name"] not in PAGE] == []


def test_alarms_and_parameters_that_the_page_names_exist() -> None:
    for name in ("processor-behind", "stream-write-throttled", "stream-at-its-limit"):
        assert f"`{name}`" in PAGE
        assert f"-{name}\n" in TEMPLATE
