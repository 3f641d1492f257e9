"""A replay file with faults: all of them are listed, and nothing is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.errors import UserError
from trafficctl.replay.source import ReplaySource, survey

HEADER = "timestamp,segment_id,sensor_id,vehicle_count,average_speed,congestion_score"
GOOD = "2026-11-22T18:32:00Z,s1,a,5,63.2,"


def faults_of(tmp_path: Path, *lines: str) -> list[str]:
    path = tmp_path / "replay.csv"
    path.write_text("\n".join((HEADER, *lines)) + "\n")
    with pytest.raises(UserError) as caught:
        survey(ReplaySource(path, skip_bad=False), path)
    return str(caught.value).splitlines()


def test_every_fault_of_every_row_is_listed(tmp_path: Path) -> None:
    last = "2026-11-22T18:32:00Z,s1,a,5,251,101"

    told = faults_of(tmp_path, "x,s 1,a,5.5,fast,", GOOD, last)

    assert [line.partition(":")[0] for line in told[:-1]] == [
        "replay.csv line 2, column timestamp",
        "replay.csv line 2, column segment_id",
        "replay.csv line 2, column vehicle_count",
        "replay.csv line 2, column average_speed",
        "replay.csv line 4, column average_speed",
        "replay.csv line 4, column congestion_score",
    ]
    assert told[-1].startswith("nothing was published")


def test_a_flood_of_bad_rows_is_cut(tmp_path: Path) -> None:
    told = faults_of(tmp_path, *["x,s1,a,5,60,"] * 34)

    assert (len(told), told[-2]) == (22, "and 14 more")


def test_a_row_that_measures_nothing_says_so(tmp_path: Path) -> None:
    (told, _) = faults_of(tmp_path, "2026-11-22T18:32:00Z,s1,a,,,")

    assert "column vehicle_count: expected one of vehicle_count, average_speed" in told


@pytest.mark.parametrize("row", ["12.0,50,", "12,,", ",50,", ",,70"])
def test_a_row_of_a_sensor_that_measures_a_part_is_read(
    tmp_path: Path, row: str
) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(f"{HEADER}\n2026-11-22T18:32:00Z,s1,a,{row}\n")

    assert survey(ReplaySource(path, skip_bad=False), path).rows == 1
