"""A dry run shows what is understood of a file, and what would be wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.cli.output import instant
from trafficctl.roads.geojson import feature, feature_collection

from .test_order import AT, MINUTE, dry_run, written


def test_a_dry_run_shows_the_first_readings_and_the_span(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, [*range(3), *range(4, 21), 3])
    code, shown, said = dry_run(capsys, str(path))

    assert code == 0
    assert [row["vehicle_count"] for row in shown] == [0, 1, 2, *range(4, 11)]
    assert shown[0] == {
        "timestamp": AT,
        "segment_id": "s0",
        "sensor_id": "a",
        "vehicle_count": 0,
        "average_speed": 50.0,
        "congestion_score": None,
        "occupancy": None,
        "interval": None,
    }
    assert said == (
        f"21 readings of 3 segments from {instant(AT)} until "
        f"{instant(AT + 20 * MINUTE)}, 1 out of order; nothing was published\n"
    )


@pytest.mark.parametrize(
    ("bad", "code"),
    [("1774137600000,s1,a,1,999,", 0), ("x,s1,a,1,50,", 2), (f"{AT},s1,a,1,999,", 2)],
)
def test_a_bad_row_of_another_day_is_of_no_concern(
    tmp_path: Path, bad: str, code: int
) -> None:
    path = written(tmp_path, [0])
    path.write_text(f"{path.read_text()}{bad}\n")

    until = ["--until", "2026-03-21T00:00Z", "--dry-run"]
    assert main(["replay", str(path), *until]) == code


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["s0", "s1"], ""),
        (["s0", "x"], "1 of 2 segments are not in roads.geojson: s1 - do both files"),
    ],
)
def test_a_dry_run_names_segments_that_the_road_file_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ids: list[str], said: str
) -> None:
    roads = tmp_path / "roads.geojson"
    points = [feature([(52.5, 13.4)], segment_id=one) for one in ids]
    roads.write_text(json.dumps(feature_collection(points)))
    code, _, told = dry_run(
        capsys, str(written(tmp_path, [0, 1])), "--roads", str(roads)
    )

    assert code == 0
    assert said in told
    assert ("not in" in told) == bool(said)


def test_a_dry_run_shows_readings_of_a_file_with_faults_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, [0, 1])
    path.write_text(path.read_text() + "x,s1,a,1,50,\n")
    code, shown, said = dry_run(capsys, str(path))

    assert (code, len(shown)) == (2, 2)
    assert "replay.csv line 4, column timestamp: expected" in said
