"""Files as cities have them: each is read, or refused with the place and the reason.

The name of a file says what is special about it; its text is as it was met.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.errors import UserError
from trafficctl.replay.source import ReplaySource

FILES = Path(__file__).parent / "files"

READ = {  # the count, speed and occupancy of the first reading, and what is said
    "c01-semicolon": ((5, 50.0, None), "read with delimiter semicolon"),
    "c02-decimal-comma": ((5, 50.4, None), "read with decimal comma"),
    "c03-semicolon-decimal-comma-bom": (
        (5, 50.4, None),
        "read with delimiter semicolon, decimal comma",
    ),
    "c04-bom": ((5, 50.0, None), ""),
    "c05-utf16-excel": ((5, 50.0, None), "read with UTF-16, delimiter tab"),
    "c07-header-spaces": ((5, 50.0, None), ""),
    "c08-header-case": ((5, 50.0, None), ""),
    "c09-extra-columns": ((5, 50.0, None), "columns ignored: status, _id"),
    "c10-float-count": ((12, 50.0, None), ""),
    "c14-empty-rows": ((5, 50.0, None), ""),
    "c18-space-offset": ((5, 50.0, None), ""),
    "c19-offset-nocolon": ((5, 50.0, None), ""),
    "c20-no-seconds": ((5, 50.0, None), ""),
    "c22-24h": ((5, 50.0, None), ""),
    "c24-nanos": ((5, 50.0, None), ""),
    "c28-lower": ((5, 50.0, None), ""),
    "c30-spaces-cells": ((5, 50.0, None), ""),
    "c32-hour-count": ((1850, 88.0, None), ""),
    "c33-15min-carriageway": ((1243, 101.0, None), ""),
    "c34-percent-occupancy": (
        (12, 50.0, 12.5),
        'line 2: sensor d1, occupancy 12.5 - percent? occupancy = "percent" under '
        "[units] of a mapping reads all of the file so",
    ),
    "c35-cr-only": ((5, 50.0, None), ""),
    "c36-crlf": ((5, 50.0, None), ""),
    "c41-sep-line": ((5, 50.0, None), ""),
    "c42-comment-lines": ((5, 50.0, None), ""),
    "c45-plus": ((5, 50.0, None), ""),
    "c49-negzero": ((0, 0.0, None), ""),
    "c51-empty-count": ((None, 61.0, None), ""),
    "s02-epoch-ms-hour": ((10, 60.0, None), ""),
    "s07-backlog-after-live": ((10, 50.0, None), ""),
}

SECONDS = "expected ms since the epoch (are these seconds?"
TIME = "line 2, column timestamp: expected ms since the epoch"
REFUSED = {
    "c11-nan": "line 2, column average_speed: expected a number 0-250",
    "c11b-nan-count": "line 2, column vehicle_count: expected a whole number 0-15000",
    "c11c-NaN-occ": "line 2, column occupancy: expected a number 0-1",
    "c11d-inf": "line 2, column average_speed: expected a number 0-250",
    "c12-minus1": "line 2, column occupancy: expected a number 0-1",
    "c13-none-NA-null": "line 5, column average_speed: expected a number",
    "c15-epoch-seconds": f"line 2, column timestamp: {SECONDS}",
    "c16-epoch-us": TIME,
    "c17-naive-local": "--zone NAME, or zone under [time] of a mapping",
    "c21-basic-iso": TIME,
    "c23-leap": TIME,
    "c25-float-ms": TIME,
    "c26-sci": TIME,
    "c27-us-date": TIME,
    "c29-unix-minus": TIME,
    "c31-nul": "line 3: ",
    "c37-quoted-newline": "line 3, column sensor_id: expected 1-64 of letters",
    "c38-unclosed-quote": "line 2: unexpected end of data - does a quotation mark",
    "c39-empty": "line 1: 'timestamp' is missing",
    "c40-header-only": "no readings to publish",
    "c43-short-rows": "line 2: expected 8 cells, got 6 cells",
    "c44-thousands": "line 2, column vehicle_count: expected a whole number",
    "c46-bool": "line 2, column vehicle_count: expected a whole number",
    "c47-hex-underscore": "line 2, column average_speed: expected a number",
    "c48-arabic-digits": "line 2, column vehicle_count: expected a whole number",
    "c50-old-1969": TIME,
    "s01-epoch-seconds-hour": f"line 21, column timestamp: {SECONDS}",
}


def test_every_file_has_its_line_here() -> None:
    assert {path.stem for path in FILES.iterdir()} == {*READ, *REFUSED}


@pytest.mark.parametrize("name", READ)
def test_a_file_that_can_be_understood_is_read(name: str) -> None:
    values, said = READ[name]
    source = ReplaySource(FILES / f"{name}.csv", skip_bad=False)
    first = next(iter(rows := list(source))).reading

    found = (first.vehicle_count, first.average_speed, first.occupancy)
    assert found == values
    assert "\n".join(source.warnings()) == said
    assert len(rows) == len({(r.event_ms, r.reading.sensor_id) for r in rows})


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_is_refused_with_its_place(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = FILES / f"{name}.csv"

    assert main(["replay", str(path)]) == 2
    told = capsys.readouterr().err
    assert f"{name}.csv" in told
    assert REFUSED[name] in told
    assert "fault of trafficctl" not in told


@pytest.mark.parametrize(
    ("name", "mapping", "rows"),
    [
        ("s01-epoch-seconds-hour", 'format = "seconds"', 60),
        ("c17-naive-local", 'zone = "Europe/Berlin"', 1),
        ("c27-us-date", 'format = "%m/%d/%Y %H:%M:%S"\nzone = "UTC"', 1),
    ],
)
def test_what_is_refused_is_read_once_its_time_is_explained(
    name: str,
    mapping: str,
    rows: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns = tmp_path / "map.toml"
    columns.write_text(f"[time]\n{mapping}\n")
    given = [str(FILES / f"{name}.csv"), "--columns", str(columns), "--dry-run"]

    assert main(["replay", *given]) == 0
    assert f"{rows} readings of 1 segments" in capsys.readouterr().err


def test_latin_1_is_refused_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "c06.csv"
    text = (FILES / "c04-bom.csv").read_text("utf-8-sig").replace("road-1", "Straße-1")
    path.write_text(text, "latin-1")

    with pytest.raises(UserError, match=r"c06.csv line 2: expected UTF-8, got other"):
        list(ReplaySource(path, skip_bad=False))
