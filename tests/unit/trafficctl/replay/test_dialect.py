"""How a file is written is found out; what is no text file is wrong input."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.errors import UserError
from trafficctl.replay.source import ReplaySource, survey

from .files_of import mapped, opened

HEADER = "timestamp,segment_id,sensor_id,vehicle_count,average_speed,congestion_score"
GOOD = "2026-11-22T18:32:00Z,s1,a,5,63.2,"


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_the_delimiter_is_found_by_the_names_of_the_header(
    tmp_path: Path, delimiter: str
) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n".replace(",", delimiter))
    (row,) = ReplaySource(path, skip_bad=False)

    assert row.reading.average_speed == 63.2


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_of_a_spreadsheet_names_the_delimiter(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(f"{line}\r\n{HEADER}\r\n{GOOD}\r\n".replace(",", ";"))
    (row,) = ReplaySource(path, skip_bad=False)

    assert row.reading.vehicle_count == 5


def test_lines_are_counted_past_comments_and_empty_ones(tmp_path: Path) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(f"# one\n\n# two, 2\n{HEADER}\n# three\n{GOOD}\n\n{GOOD[:-5]}x,\n")

    with pytest.raises(UserError, match=r"replay.csv line 8, column average_speed"):
        list(ReplaySource(path, skip_bad=False))


@pytest.mark.parametrize(
    ("speeds", "expected"),
    [
        (["63,5", "64"], [63.5, 64.0]),
        (["63.5", "64"], [63.5, 64.0]),
        (["63", "64"], [63.0, 64.0]),
        (["0,125", "1,234"], [0.125, 1.234]),
    ],
)
def test_the_decimal_sign_is_found_by_the_measured_columns(
    tmp_path: Path, speeds: list[str], expected: list[float]
) -> None:
    rows = [f"2026-11-22T18:32:00Z;s1;a,1;{speed};" for speed in speeds]
    content = "timestamp;segment_id;sensor_id;average_speed;note\n" + "\n".join(rows)
    mapping = mapped(tmp_path, 'sensor_id = "segment_id"')

    found = [r.reading.average_speed for r in opened(tmp_path, content, mapping)]
    assert found == expected


def test_a_file_that_mixes_decimal_signs_is_refused_where_it_does(
    tmp_path: Path,
) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(
        f"{HEADER}\n{GOOD}\n{GOOD.replace('63.2', chr(34) + '63,2' + chr(34))}"
    )

    with pytest.raises(UserError, match=r"line 3, column average_speed: .* got '63,2'"):
        list(ReplaySource(path, skip_bad=False))


def test_thousands_are_not_taken_for_a_decimal_comma(tmp_path: Path) -> None:
    text = 'interval = 300\n[units]\nvehicle_count = "veh/h"\n'
    content = f'timestamp,segment_id,vehicle_count\n{GOOD[:20]},s1,"1,234"\n'

    with pytest.raises(UserError, match=r"line 2, column vehicle_count: .* '1,234'"):
        list(opened(tmp_path, content, mapped(tmp_path, text)))

    says = mapped(tmp_path, f'{text}[file]\ndecimal = ","\n')
    (row,) = opened(tmp_path, content, says)
    assert row.reading.vehicle_count == 0


def test_a_gzip_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "replay.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{GOOD}\n".encode()))

    assert survey(ReplaySource(path, skip_bad=False), path).rows == 1


def test_a_file_in_another_encoding_is_read_once_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(f"{HEADER},Straße\n{GOOD},Köln\n", "cp1252")
    mapping = mapped(tmp_path, '[file]\nencoding = "cp1252"\n')
    source = opened(tmp_path, "", mapping)
    path.write_text(f"{HEADER},Straße\n{GOOD},Köln\n", "cp1252")

    assert survey(source, path).rows == 1
    assert source.warnings() == ["columns ignored: Straße"]


def test_a_header_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(f"{HEADER},\x1b[2J\n{GOOD},\n")
    source = ReplaySource(path, skip_bad=False)

    assert survey(source, path).rows == 1
    assert source.warnings() == [r"columns ignored: '\x1b[2J'"]


def tar(name: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return packed.getvalue()


LARGE = f"{GOOD}\n" * 5_000
GZIP = gzip.compress(f"{HEADER}\n{LARGE}".encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'{HEADER}\n{GOOD}\n"{LARGE}'.encode(), "line 3: field larger than"),
        (f'{HEADER}\n{GOOD}\n"a"b{LARGE}'.encode(), "line 3: "),
        (f"{HEADER}\n{'9' * 5000},s1,a,1,2,\n".encode(), "line 2, column timestamp"),
        (
            f"{HEADER}\n{GOOD.replace('63.2', '9' * 5000)}\n".encode(),
            "line 2, column average_speed: expected a number 0-250 or empty, got '9999",
        ),
        (
            f"{HEADER}\n{GOOD.replace(',5,', ',' + '9' * 5000 + ',')}\n".encode(),
            "line 2, column vehicle_count",
        ),
        (f"{HEADER}\n{GOOD}\n".encode() + b"\xed\xa0\x80\n", "line 3: expected UTF-8"),
        (f"{HEADER}\n{GOOD}\n\0\n".encode(), "line 3: "),
        (b"\0" * 1000, "line 1: "),
        (b"<!DOCTYPE html>\n", "HTML, XML or JSON, not CSV"),
        (b'{"readings": []}', "HTML, XML or JSON, not CSV"),
        (b"\xff\xfe\x00\xd8\n\x00", "expected UTF-16, got other bytes"),
        (b"PK\x03\x04rest", "a ZIP archive or an Excel workbook - unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an Excel workbook - save it as CSV"),
        (b"PAR1\x15", "a Parquet file - save it as CSV"),
        (bz2.compress(b"x"), "a file packed by bzip2 - unpack it"),
        (lzma.compress(b"x"), "a file packed by xz - unpack it"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive - unpack it"),
        (gzip.compress(tar("a.csv"), mtime=0), "a tar archive - unpack it"),
        (b'[{"timestamp": 1}]', "HTML, XML or JSON, not CSV"),
        (b'\xef\xbb\xbf\r\n [\n  {"t": 1}]', "HTML, XML or JSON, not CSV"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "HTML, XML or JSON, not CSV"),
        (b"\n\n  <html>", "HTML, XML or JSON, not CSV"),
        ("<html>".encode("utf-16"), "HTML, XML or JSON, not CSV"),
        (b"[time],[q]\n1,2\n", "line 1: 'timestamp' is missing"),
        (GZIP[:200], "the gzip file is damaged"),
        (GZIP[:-1], "replay.csv: Compressed file ended before the end"),
        (GZIP[:-8] + bytes(8), "replay.csv: CRC check failed"),
        (GZIP + b"rest", "replay.csv: Not a gzipped file"),
        (GZIP[:40] + b"x" * 40 + GZIP[80:], "replay.csv"),
        (b"<detector>\n</detector>\n", "name the element in a mapping"),
        (f"{HEADER}\n".encode() + b"x\n" * 30_000, "and 9,980 more"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_file_is_wrong_input_and_never_a_fault_of_the_tool(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "replay.csv"
    path.write_bytes(content)

    assert main(["replay", str(path)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert max(len(line) for line in told.splitlines()) < 700


@pytest.mark.parametrize(
    "encoding",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
)
def test_wide_characters_are_read_with_a_mark_and_without(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "replay.csv"
    path.write_bytes(f"{HEADER}\n{GOOD}\n".encode(encoding))

    assert main(["replay", "--dry-run", str(path)]) == 0
    assert f"read with {encoding[:6].upper()}" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_byte_order_mark_says_more_than_the_mapping(
    tmp_path: Path, encoding: str
) -> None:
    mapping = mapped(tmp_path, f'[file]\nencoding = "{encoding}"\n')
    for mark in ("utf-8-sig", "utf-16"):
        source = opened(tmp_path, "", mapping)
        (tmp_path / "replay.csv").write_text(f"{HEADER}\n{GOOD}\n", mark)

        assert [row.segment_id for row in source] == ["s1"]


def test_what_is_no_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for path, kind in ((pipe, "a pipe or a device"), (tmp_path, "a folder")):
        with pytest.raises(UserError, match=f"{path}: {kind}, and a replay reads"):
            list(ReplaySource(path, skip_bad=False))


def test_lines_that_look_like_comments_among_the_rows_are_counted(
    tmp_path: Path,
) -> None:
    content = f"# made by\n{HEADER}\n{GOOD}\n#12,{GOOD}\n  #13,{GOOD}\n"
    source = opened(tmp_path, content, mapped(tmp_path, ""))

    for _ in range(2):
        assert len(list(source)) == 1
        assert source.warnings() == ["lines that begin with # left out: 2"]


def test_a_header_may_end_in_a_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(f"{HEADER},,\n{GOOD}\n{GOOD},\n{GOOD},,x\n")

    assert [row.segment_id for row in ReplaySource(path, skip_bad=False)] == ["s1"] * 3
