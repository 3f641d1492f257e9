"""`trafficctl evaluate` as a person types it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from trafficctl.__main__ import main
from trafficctl.evaluate import policies
from trafficctl.evaluate.recorded import week_figures
from trafficctl.files import METR_LA
from trafficctl.metr_la import LOS_ANGELES, Week, load_week, replay_rows, road_network
from trafficctl.replay.csv_file import write_rows
from trafficctl.stack import template

FIGURES = [
    "alerts",
    "short_share",
    "reopened_share",
    "cover",
    "hours_ratio",
    "open_most",
    "per_segment_day",
    "hours",
    "plain_hours",
    "segments",
    "days",
]
MONDAY = datetime(2012, 3, 5, 5, tzinfo=LOS_ANGELES)
HOURS = 8


@pytest.fixture(scope="module")
def week() -> Week:
    """Eleven detectors of the week."""
    whole = load_week()
    some = whole.detectors[::20]
    return Week(some, {one.detector: whole.speeds[one.detector] for one in some})


@pytest.fixture(scope="module")
def files(week: Week, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Monday morning as a replay file, and its road file."""
    folder = tmp_path_factory.mktemp("evaluate")
    with (folder / "day.csv").open("w", newline="") as file:
        write_rows(file, replay_rows(week, MONDAY, HOURS, 60))
    (folder / "roads.geojson").write_text(json.dumps(road_network(week)))
    return folder


def evaluated(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, str, str]:
    code = main(["evaluate", *given])
    said = capsys.readouterr()
    return code, said.out, said.err


def figures(capsys: pytest.CaptureFixture[str], *given: str) -> dict[str, Any]:
    code, out, _ = evaluated(capsys, *given, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_policy_is_that_of_the_template() -> None:
    declared = template.parameters(policies.TEMPLATE.read_text())
    policy = policies.deployed()

    assert policy.high_score == float(declared["CongestionHighThreshold"])
    assert policy.severe_score == float(declared["CongestionSevereThreshold"])
    assert policy.clear_score == float(declared["CongestionClearThreshold"])
    assert policy.hold_s == float(declared["AlertHoldSeconds"])
    assert policy.clear_hold_s == float(declared["AlertClearSeconds"])


@pytest.mark.parametrize(("clear_hold_s", "short"), [(120, 0.16), (300, 0.05)])
def test_the_week_is_covered_by_few_short_alerts(
    week: Week, clear_hold_s: float, short: float
) -> None:
    policy = replace(policies.deployed(), clear_hold_s=clear_hold_s)
    found = week_figures(week, 60, policy)

    assert (found.segments, found.days) == (11, 7)
    assert found.cover is not None
    assert found.cover >= 0.97
    assert found.short_share is not None
    assert found.short_share <= short
    assert found.alerts / found.segments / found.days == found.per_segment_day


def test_a_replay_file_has_the_figures_of_its_span(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roads = str(files / "roads.geojson")
    found = figures(capsys, str(files / "day.csv"), "--roads", roads)

    assert list(found) == FIGURES
    assert found["segments"] == 11
    assert found["days"] == pytest.approx(HOURS / 24, abs=0.01)
    assert found["alerts"] >= 5
    assert found["cover"] > 0.95


def test_options_change_the_policy(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(files / "day.csv"), "--roads", str(files / "roads.geojson")]
    patient = [*given, "--clear-hold", "1800"]

    assert figures(capsys, *patient)["short_share"] == 0
    assert (
        figures(capsys, *given, "--hold", "3600")["alerts"]
        < (figures(capsys, *given)["alerts"])
    )
    assert "clear hold 1800 s" in evaluated(capsys, *patient)[2]


def test_people_read_a_table(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = evaluated(capsys, str(files / "day.csv"))

    assert code == 0
    assert "reopened within 30 min" in out
    assert "5,280 readings" in err
    assert "11 of 11 segments have no free-flow speed" in err
    assert "--roads" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: 'timestamp' is missing"),
        ("a,b\n1,2\n", "'timestamp' is missing"),
        (
            "timestamp,segment_id,sensor_id,vehicle_count,average_speed,"
            "congestion_score\n1774000000000,s,a,x,50,\n",
            "line 2, column vehicle_count: expected a whole number 0-15000 or empty",
        ),
        (
            "timestamp,segment_id,sensor_id,vehicle_count,average_speed,"
            "congestion_score\n",
            "readings of fewer than two instants",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(content)
    code, out, err = evaluated(capsys, str(path))

    assert (code, out) == (2, "")
    assert f"broken.csv {said}" in err or said in err


def test_a_file_that_is_no_text_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "week.csv"
    path.write_bytes(b"\xfd7\x00\x00\xff")
    code, _, err = evaluated(capsys, str(path))

    assert code == 2
    assert "week.csv line 1: expected UTF-8, got other bytes" in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["nowhere.csv"],
            "file not found: nowhere.csv - give a replay file",
        ),
        (["metr-la", "--roads", "x"], "--roads needs a replay file"),
        (["metr-la", "--day"], "--day needs rates"),
        (["rates", "--seed", "1"], "--seed needs simulated"),
        (["rates", "--high", "80"], "expected --clear < --high < --severe, got"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = evaluated(capsys, *given)

    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--high", "120"], "'120' is not a number from 0 to 100"),
        (["--hold", "-1"], "'-1' is not a number from 0 to 3600"),
        (["--clear-hold", "0"], "'0' is not a number from 1 to 3600"),
        (["--severe", "nan"], "'nan' is not a number from 0 to 100"),
    ],
)
def test_absurd_numbers_are_refused(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", "metr-la", *given])

    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_week_that_is_missing_or_broken_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = evaluated(capsys, "metr-la", "--data", str(tmp_path))
    assert code == 2
    assert "detectors.csv is missing - reinstall city-traffic" in err

    shutil.copy(METR_LA / "detectors.csv", tmp_path)
    cut = (METR_LA / "speeds-mph.csv.xz").read_bytes()[:1000]
    (tmp_path / "speeds-mph.csv.xz").write_bytes(cut)
    code, _, err = evaluated(capsys, "rates", "--data", str(tmp_path))
    assert code == 2
    assert "is corrupt" in err
