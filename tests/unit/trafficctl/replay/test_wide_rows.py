"""A row may hold several readings: a column for each sensor, or for each hour."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from .files_of import mapped, opened, told

TIME = "2026-03-20T09:46:40Z"


def test_a_wide_row_holds_several_sensors(tmp_path: Path) -> None:
    text = (
        'segment_id = "road"\n[time]\ncolumn = "time"\n'
        '[[readings]]\nsensor_id = "{road}-1"\nvehicle_count = "q1"\n'
        '[[readings]]\nsensor_id = "{road}-2"\nvehicle_count = "q2"\n'
    )
    content = f"time,road,q1,q2\n{TIME},A1,5,7\n"
    rows = list(opened(tmp_path, content, mapped(tmp_path, text)))

    assert [told(row)[1:4] for row in rows] == [("A1", "A1-1", 5), ("A1", "A1-2", 7)]


HOURS = "".join(
    f'[[readings]]\nvehicle_count = "H{n:02}"\nplus_s = {3600 * n}\n' for n in range(24)
)


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        ("2026-03-28", [*range(-1, 23)]),  # in hours of UTC; Berlin is at +1
        ("2026-03-29", [-1, 0, *range(1, 22)]),  # no clock shows 02:00
        (
            "2026-10-25",
            [-2, -1, 0, *range(2, 23)],
        ),  # 02:00 comes twice
    ],
)
def test_a_column_for_each_hour_of_the_clock(
    tmp_path: Path, day: str, begins: list[int]
) -> None:
    text = (
        'segment_id = "site"\ninterval = 3600\n'
        f'[time]\ncolumn = "day"\nzone = "Europe/Berlin"\nstands_for = "start"\n{HOURS}'
    )
    counts = [f"{n}" if (day, n) != ("2026-03-29", 2) else "" for n in range(24)]
    header = ",".join(f"H{n:02}" for n in range(24))
    content = f"site,day,{header}\nA1,{day},{','.join(counts)}\n"
    rows = list(opened(tmp_path, content, mapped(tmp_path, text)))

    midnight = datetime.fromisoformat(f"{day}T00:00+00:00").timestamp()
    ends = [(row.event_ms / 1000 - midnight) / 3600 for row in rows]
    assert ends == [begin + 1 for begin in begins]
    assert [f"{row.reading.vehicle_count}" for row in rows] == [c for c in counts if c]


def test_a_column_for_each_sensor(tmp_path: Path) -> None:
    text = 'sensor_in_header = "average_speed"\n[time]\ncolumn = "time"\n'
    content = f"time,717447,717446\n{TIME},64.5,0\n"
    rows = list(opened(tmp_path, content, mapped(tmp_path, text)))

    assert [told(row)[1:5] for row in rows] == [
        ("717447", "717447", None, 64.5),
        ("717446", "717446", None, 0.0),
    ]


def test_the_day_may_stand_in_the_name_of_the_file(tmp_path: Path) -> None:
    text = (
        'segment_id = "site"\ninterval = 3600\n'
        '[time]\nday = "2026-03-20"\nzone = "UTC"\n'
        '[[readings]]\nvehicle_count = "H01"\nplus_s = 3600\n'
        '[[readings]]\nvehicle_count = "H02"\nplus_s = 7200\n'
    )
    rows = list(opened(tmp_path, "site,H01,H02\nA1,5,7\n", mapped(tmp_path, text)))

    midnight = datetime.fromisoformat("2026-03-20T00:00+00:00").timestamp() * 1000
    assert [row.event_ms - midnight for row in rows] == [3_600_000, 7_200_000]


def test_a_row_without_a_measure_is_ignored_without_an_interval_too(
    tmp_path: Path,
) -> None:
    text = (
        'segment_id = "site"\nvehicle_count = "q"\ninterval = "s"\n'
        '[time]\ncolumn = "time"\nstands_for = "start"\n'
    )
    content = f"site,time,s,q\nA1,{TIME},60,5\nA1,{TIME},,\n"
    source = opened(tmp_path, content, mapped(tmp_path, text))

    assert [row.reading.vehicle_count for row in source] == [5]
    assert source.warnings() == ["readings without data left out: 1"]
