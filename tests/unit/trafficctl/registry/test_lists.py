"""A list of devices: every fault is named with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.cli.wrong_input import MOST_FAULTS
from trafficctl.errors import UserError
from trafficctl.registry.csv_file import parse, read_devices
from trafficctl.registry.plan import DeviceSpec

HEADER = "device_id,segment_id\n"


def devices(text: str) -> list[tuple[str, str, str | None]]:
    found = parse(text.splitlines(keepends=True), "list.csv")
    return [(one.device_id, one.segment_id, one.note) for one in found]


def test_a_device_has_its_segment_and_maybe_a_note() -> None:
    text = "device_id,segment_id,note\nd1,s.1,on the mast\nd2,s2,\n\n"

    assert devices(text) == [("d1", "s.1", "on the mast"), ("d2", "s2", None)]


def test_columns_stand_in_any_order() -> None:
    assert devices("segment_id, device_id\n s1 , d1 \n") == [("d1", "s1", None)]


def test_a_file_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xef\xbb\xbfdevice_id,segment_id\r\nd1,s1\r\n")

    assert read_devices(path) == [DeviceSpec("d1", "s1", None, f"{path} line 2: ")]


def test_a_file_of_any_bytes_is_read_or_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("device_id,segment_id\r\nd1,s1\r\n".encode("utf-16"))

    assert read_devices(path)[0].segment_id == "s1"

    path.write_bytes(b"device_id,segment_id\nd1,Stra\xdfe\n")
    with pytest.raises(UserError, match=r"list\.csv line 2: byte 0xdf is not UTF-8"):
        read_devices(path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEADER, "list.csv: no devices"),
        ("", "list.csv line 1: expected the columns device_id,segment_id.*got nothing"),
        ("device_id\nd1\n", "line 1: expected the columns .*got device_id"),
        ("device_id,segment_id,lane\n", "line 1: .*got device_id,segment_id,lane"),
        (HEADER + "d.1,s1\n", "line 2: device_id: expected 1-64 of .*got 'd.1'"),
        (
            HEADER + "claim-1,s1\n",
            "device_id: expected an id that does not start",
        ),
        (HEADER + "d1,s 1\n", "line 2: segment_id: expected 1-64 of .*got 's 1'"),
        (HEADER + "d1,\n", "line 2: segment_id: .*got ''"),
        (HEADER + "d1\n", "line 2: expected 2 columns, got 1"),
        (HEADER + "d1,s1\nd1,s2\n", "line 3: device_id: 'd1' is already in line 2 "),
    ],
)
def test_a_fault_is_named_with_line_and_column(text: str, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        devices(text)


def test_all_faults_are_told_at_once_and_a_flood_is_cut() -> None:
    text = HEADER + "d 1,s1\nd2,s2\nd3,s 3\n"
    with pytest.raises(UserError) as one:
        devices(text)
    with pytest.raises(UserError) as many:
        devices(HEADER + "d 1,s1\n" * 50)

    assert str(one.value).count("line") == 2
    assert str(many.value).count("\n") == MOST_FAULTS + 1
    assert "and 30 more" in str(many.value)
    assert str(many.value).endswith("nothing was changed")
