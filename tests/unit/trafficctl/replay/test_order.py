"""Which rows are published, and in what order."""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.errors import UserError
from trafficctl.replay.by_time import AS_GIVEN, HeldRows
from trafficctl.replay.command import checked
from trafficctl.replay.csv_file import ReplayFile
from trafficctl.replay.mapping import ColumnMapping
from trafficctl.replay.rows import BadRow, ReplayRow
from trafficctl.replay.source import Part, ReplaySource, survey

from .files_of import mapped

HEADER = "timestamp,segment_id,sensor_id,vehicle_count,average_speed,congestion_score"
AT = 1774000000000  # 2026-03-20T09:46:40Z
MINUTE = 60_000


def written(tmp_path: Path, minutes: list[int]) -> Path:
    path = tmp_path / "replay.csv"
    rows = [f"{AT + m * MINUTE},s{m % 3},a,{m},50,\n" for m in minutes]
    path.write_text(f"{HEADER}\n{''.join(rows)}")
    return path


def test_rows_are_sorted_by_time_and_bad_ones_stay(tmp_path: Path) -> None:
    path = written(tmp_path, [n * 7919 % 10_000 for n in range(20_000)])
    given = [BadRow(2, ()), *ReplaySource(path, skip_bad=False)]

    good = [row for row in given if isinstance(row, ReplayRow)]

    held = HeldRows(given, path)
    assert held.bad == [BadRow(2, ())]
    assert list(held) == sorted(good, key=lambda row: (row.event_ms, row.segment_id))
    assert list(HeldRows(given, path, AS_GIVEN)) == good


def test_a_survey_counts_what_is_out_of_order(tmp_path: Path) -> None:
    path = written(tmp_path, [0, 30, 1, 2, 31])
    span = survey(ReplaySource(path, skip_bad=False), path)

    assert (span.out_of_order, span.first_ms, span.rows) == (2, AT, 5)
    assert survey(ReplaySource(path, skip_bad=False), path).in_order().out_of_order == 0


def test_sorted_rows_begin_with_the_earliest(tmp_path: Path) -> None:
    path = written(tmp_path, [5, 4, 3])
    span = survey(ReplaySource(path, skip_bad=False), path)

    assert span.duration_s(1) == 0
    assert (span.in_order().first_ms, span.in_order().duration_s(1)) == (
        AT + 3 * MINUTE,
        120,
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part(), [0, 1, 2, 3, 4]),
        (Part(from_ms=AT + MINUTE), [1, 2, 3, 4]),
        (Part(until_ms=AT + 3 * MINUTE), [0, 1, 2]),
        (Part(AT + MINUTE, AT + 3 * MINUTE), [1, 2]),
        (Part(from_ms=AT + MINUTE, limit=2), [1, 2]),
    ],
)
def test_a_part_of_a_file_is_taken_by_time(
    tmp_path: Path, part: Part, expected: list[int]
) -> None:
    path = written(tmp_path, [0, 1, 2, 3, 4])

    found = [
        r.reading.vehicle_count for r in ReplaySource(path, skip_bad=False, part=part)
    ]
    assert found == expected


def dry_run(
    capsys: pytest.CaptureFixture[str], *given: str
) -> tuple[int, list[dict[str, object]], str]:
    code = main(["replay", *given, "--dry-run", "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out), said.err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--from", "2026-03-20T09:48Z"], [2, 3]),
        (["--from", "2026-03-20T10:48", "--zone", "Europe/Berlin"], [2, 3]),
        (["--until", "2026-03-20T09:48Z"], [0, 1]),
        (["--from", str(AT + MINUTE), "--until", str(AT + 2 * MINUTE)], [1]),
        (["--from", "2026-03-20", "--zone", "UTC", "--limit", "1"], [0]),
    ],
)
def test_the_command_line_takes_a_part(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    expected: list[int],
) -> None:
    path = written(tmp_path, [0, 1, 2, 3])
    code, shown, _ = dry_run(capsys, str(path), *options)

    assert (code, [row["vehicle_count"] for row in shown]) == (0, expected)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from", "2026-03-20"], "--from '2026-03-20': expected ms since"),
        (["--until", "tomorrow"], "--until 'tomorrow': expected ms since"),
        (["--zone", "Berlin"], "no time zone 'Berlin' - did you mean"),
        (["--columns", "pems"], "no mapping 'pems' - did you mean 'pems-5min'"),
        (["--columns", "x"], "give a file, or one of german-hourly, pems-5min"),
        (
            ["--from", "2026-03-21T00:00Z", "--until", "2026-03-22T00:00Z"],
            "no readings --from 2026-03-21T00:00:00.000Z --until "
            "2026-03-22T00:00:00.000Z - the file has them from "
            "2026-03-20T09:46:40.000Z until 2026-03-20T09:46:40.000Z",
        ),
        (["--roads", "nowhere.geojson"], "nowhere.geojson"),
        (["--roads", "nowhere.geojson", "--dry-run"], "nowhere.geojson"),
    ],
)
def test_an_option_that_cannot_be_met_is_wrong_input(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    assert main(["replay", str(written(tmp_path, [0])), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_cannot_be_sorted_for_lack_of_space_is_no_fault_of_the_tool(
    tmp_path: Path,
) -> None:
    def full() -> Iterator[ReplayRow]:
        raise sqlite3.OperationalError("database or disk is full")
        yield

    with pytest.raises(
        UserError, match=r"sorting replay.csv: database or disk is full"
    ):
        HeldRows(full(), tmp_path / "replay.csv")


@pytest.mark.parametrize(
    ("keep_order", "expected", "said"),
    [
        (
            False,
            [0, 1, 2, 30, 31],
            ["2 of 5 readings are out of order: sorted by time"],
        ),
        (True, [0, 30, 1, 2, 31], []),
    ],
)
def test_rows_out_of_order_are_sorted_unless_their_order_is_kept(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    keep_order: bool,
    expected: list[int],
    said: list[str],
) -> None:
    source = ReplaySource(path := written(tmp_path, [0, 30, 1, 2, 31]), skip_bad=False)
    span = checked(source, argparse.Namespace(file=path, keep_order=keep_order))

    assert [row.reading.vehicle_count for row in source] == expected
    assert (span.first_ms, span.last_ms) == (AT, AT + 31 * MINUTE)
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(" (")[0] for line in told] == said


def test_a_file_without_data_says_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, [0, 1, 2])
    columns = tmp_path / "map.toml"
    columns.write_text("[skip]\nsegment_id = ['s0', 's1', 's2']\n")

    assert main(["replay", str(path), "--columns", str(columns)]) == 2
    assert capsys.readouterr().err.splitlines()[0] == (
        "readings without data left out: 3"
    )


LONG = """\
sensor_id = "segment_id"
vehicle_count = "volume"
average_speed = "speed"
[long]
name = "what"
value = "value"
"""


class CountingFile(ReplayFile):
    """A replay file that counts how often it is read."""

    def __init__(self, path: Path, mapping: ColumnMapping) -> None:
        super().__init__(path, mapping)
        self.reads = 0

    def __iter__(self) -> Iterator[ReplayRow | BadRow]:
        self.reads += 1
        return super().__iter__()


def long_file(tmp_path: Path, *rows: str) -> CountingFile:
    path = tmp_path / "long.csv"
    path.write_text("timestamp,segment_id,what,value\n" + "\n".join(rows) + "\n")
    return CountingFile(path, mapped(tmp_path, LONG))


@pytest.mark.parametrize("keep_order", [False, True])
def test_a_file_with_a_row_for_each_value_is_read_once(
    tmp_path: Path, keep_order: bool
) -> None:
    rows = [
        f"{AT + m * MINUTE},s1,{what},{5 + m}"
        for what in ("volume", "speed")
        for m in range(3)
    ]
    file = long_file(tmp_path, *rows)
    source = ReplaySource(tmp_path / "long.csv", skip_bad=False, file=file)
    span = checked(source, argparse.Namespace(file="long.csv", keep_order=keep_order))
    readings = [
        (row.reading.vehicle_count, row.reading.average_speed) for row in source
    ]

    assert (file.reads, span.rows, readings) == (1, 3, [(5, 5), (6, 6), (7, 7)])


def test_a_bad_row_of_such_a_file_is_refused_or_left_out(tmp_path: Path) -> None:
    rows = [f"{AT},s1,volume,5", f"{AT},s1,speed,fast"]
    path = tmp_path / "long.csv"
    asked = argparse.Namespace(file=path, keep_order=False)
    refusing = ReplaySource(path, skip_bad=False, file=long_file(tmp_path, *rows))
    skipping = ReplaySource(path, skip_bad=True, file=long_file(tmp_path, *rows))

    with pytest.raises(UserError, match="line 3, column speed"):
        checked(refusing, asked)
    assert checked(skipping, asked).rows == 1
    assert [row.reading.vehicle_count for row in skipping] == [5]
    assert len(skipping.skipped) == 1
