"""What a cell may hold, and what it is taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.errors import UserError

from .files_of import mapped, opened

TIME = "2026-03-20T09:46:40Z"


@pytest.mark.parametrize(
    ("cells", "blank"),
    [("A1,", ["Lane"]), (",2", ["Road"]), (" , ", ["Road", "Lane"])],
)
@pytest.mark.parametrize("other", ["", 'other_characters = "-"\n'])
def test_an_id_that_lacks_a_part_is_none(
    tmp_path: Path, cells: str, blank: list[str], other: str
) -> None:
    mapping = mapped(tmp_path, f'{other}segment_id = "{{Road}}-{{Lane}}"\n')
    content = f"timestamp,road,lane,vehicle_count\n{TIME},{cells},5\n"

    with pytest.raises(UserError) as caught:
        list(opened(tmp_path, content, mapping))
    assert str(caught.value).splitlines()[:-1] == [
        f"replay.csv line 2, column {name}: expected 1-64 of letters, digits, _ : . -, "
        "got nothing"
        for name in blank
    ]


@pytest.mark.parametrize(
    ("told", "cells", "expected"),
    [
        ("[1]", ("1", "1.0", "0", "0.0"), ["0", "0.0"]),
        ('["1"]', ("1.00", "2", ""), ["2", ""]),
        ('["error"]', ("Error", "1"), ["1"]),
    ],
)
def test_a_number_that_marks_rows_to_skip_may_be_written_in_any_way(
    tmp_path: Path, told: str, cells: tuple[str, ...], expected: list[str]
) -> None:
    mapping = mapped(tmp_path, f"[skip]\nstate = {told}\n")
    content = "timestamp,segment_id,state,vehicle_count\n" + "".join(
        f"{TIME},s,{cell},{n}\n" for n, cell in enumerate(cells)
    )

    found = [row.reading.vehicle_count for row in opened(tmp_path, content, mapping)]
    assert [cells[n] for n in found if n is not None] == expected


@pytest.mark.parametrize(
    ("decimal", "cell", "expected"),
    [("", "12.0", 12), ("", "0.000", 0), ('decimal = "."', "1.000", 1)],
)
def test_a_count_may_be_written_with_a_point(
    tmp_path: Path, decimal: str, cell: str, expected: int
) -> None:
    mapping = mapped(tmp_path, f"[file]\n{decimal}\n")
    content = f"timestamp,segment_id,vehicle_count\n{TIME},s,{cell}\n"
    (row,) = opened(tmp_path, content, mapping)

    assert row.reading.vehicle_count == expected


@pytest.mark.parametrize(
    ("decimal", "cell", "expected"),
    [
        (".", "1,024", 1_024),
        (",", "1.024", 1_024),
        (",", "1.024,0", 1_024),
        (".", "1,024.0", 1_024),
        (None, "1 024", 1_024),
        (None, "1\u202f024", 1_024),
        (".", "1'024", 1_024),
    ],
)
def test_thousands_are_read_where_they_can_be_nothing_else(
    tmp_path: Path, decimal: str | None, cell: str, expected: int
) -> None:
    says = f'[file]\ndecimal = "{decimal}"\n' if decimal else ""
    content = f"timestamp;segment_id;vehicle_count\n{TIME};s;{cell}\n"
    (row,) = opened(tmp_path, content, mapped(tmp_path, f"interval = 3600\n{says}"))

    assert row.reading.vehicle_count == expected


@pytest.mark.parametrize("cell", ["1,02", "1,0245", "1,024,5", "0,024", "1 02", ",024"])
def test_other_groups_than_thousands_are_no_number(tmp_path: Path, cell: str) -> None:
    mapping = mapped(tmp_path, '[file]\ndecimal = "."\n')
    content = f"timestamp;segment_id;vehicle_count\n{TIME};s;{cell}\n"

    with pytest.raises(UserError, match=f"a whole number .* got '{cell}'"):
        list(opened(tmp_path, content, mapping))


@pytest.mark.parametrize("cell", ["12.4%", "12.4 %", "12.4\u00a0%", "12.4"])
def test_a_percentage_may_have_its_sign(tmp_path: Path, cell: str) -> None:
    mapping = mapped(tmp_path, '[units]\noccupancy = "percent"\n')
    content = f"timestamp,segment_id,occupancy\n{TIME},s,{cell}\n"
    (row,) = opened(tmp_path, content, mapping)

    assert row.reading.occupancy == pytest.approx(0.124)


@pytest.mark.parametrize(
    ("cells", "column", "hint"),
    [
        ("1.000;50", "vehicle_count", 'decimal = "," if these are thousands)'),
        ("12.345.678;50", "vehicle_count", 'decimal = "," if these are thousands)'),
        ("1.234;31,5", "vehicle_count", 'decimal = "," if these are thousands)'),
        ("1,234.5;31.5", "vehicle_count", '(set decimal = "." under [file] of a map'),
        ("5;1,234", "average_speed", 'decimal = "." if these are thousands)'),
    ],
)
def test_a_number_that_may_be_another_is_refused_with_what_says_which(
    tmp_path: Path, cells: str, column: str, hint: str
) -> None:
    content = f"timestamp;segment_id;vehicle_count;average_speed\n{TIME};s;{cells}\n"

    with pytest.raises(UserError) as caught:
        list(opened(tmp_path, content, mapped(tmp_path, "")))
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"replay.csv line 2, column {column}: expected")
    assert hint in first
