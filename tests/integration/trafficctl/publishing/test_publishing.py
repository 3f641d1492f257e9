"""`simulate` and `replay` against the local city: all that is published is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trafficctl.aws.city_tables import scan
from trafficctl.local.process import LOCAL
from trafficctl.publishing import tally

COUNTERS = ("segment_id", "accepted", "duplicate")


@pytest.fixture
def trafficctl(local_city: Any) -> Callable[..., Any]:
    """`trafficctl(*arguments)`: the JSON that the command prints."""

    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "trafficctl", *arguments, "--json"],
            env=local_city.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    return run


def counted(local_city: Any, prefix: str) -> dict[str, int]:
    """The readings that the city has counted on segments of that name."""
    table = local_city.outputs["RoadSegmentsTable"]
    items = scan(local_city.client("dynamodb"), table, COUNTERS, consistent=True)
    ours = [item for item in items if item["segment_id"].startswith(prefix)]
    names = ("accepted", "duplicate")
    return {n: sum(int(item.get(n, 0)) for item in ours) for n in names}


def test_a_simulated_city_is_counted_reading_by_reading(
    local_city: Any, trafficctl: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    options = "--segments 4 --sensors-per-segment 5 --seconds 3 --rate 100 --faults 0.2"
    told = trafficctl("simulate", *options.split())
    rejected, twice = told["faulty"], told["sent_twice"]
    assert told["acknowledged"] == told["readings"] == 300 + twice
    expected = {"accepted": 300 - rejected, "duplicate": twice}
    assert eventually(lambda: counted(local_city, "sim-") == expected)
    run = tally.read(local_city.home / LOCAL / tally.FILE_NAME)[-1]
    assert (run.readings, run.acknowledged) == (told["readings"], told["readings"])


def test_a_replayed_file_is_counted_row_by_row(
    local_city: Any,
    trafficctl: Callable[..., Any],
    eventually: Callable[..., Any],
    tmp_path: Path,
) -> None:
    path = tmp_path / "week.csv"
    header = (
        "timestamp,segment_id,sensor_id,vehicle_count,average_speed,congestion_score"
    )
    rows = [
        f"2012-03-05T07:{minute:02d}:00-08:00,replayed-{segment},a,5,60,"
        for minute in range(10)
        for segment in range(3)
    ]
    path.write_text("\n".join([header, *rows, ""]))
    told = trafficctl("replay", str(path), "--speed", "1000")
    assert (told["readings"], told["acknowledged"]) == (30, 30)
    expected = {"accepted": 30, "duplicate": 0}
    assert eventually(lambda: counted(local_city, "replayed-") == expected)
