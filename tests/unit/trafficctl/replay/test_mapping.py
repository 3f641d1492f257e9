"""What a mapping file says is what the readings are made of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trafficctl.errors import UserError
from trafficctl.replay.csv_file import ReplayFile
from trafficctl.replay.mapping import (
    EXAMPLE,
    ColumnMapping,
    FileFormat,
    Long,
    NoData,
    Time,
    Units,
    path_of,
)

from .files_of import mapped, opened, told

AT = 1774000000000
TIME = "2026-03-20T09:46:40Z"
COLUMNS = 'segment_id = "road"\nvehicle_count = "q"\naverage_speed = "v"\n'
COLUMNS += 'interval = 300\n[time]\ncolumn = "time"\n'


@pytest.mark.parametrize(
    ("units", "cells", "expected"),
    [
        ("", "12,50", (12, 50.0)),
        ('average_speed = "mph"', "12,50", (12, 80.4672)),
        ('average_speed = "m/s"', "12,50", (12, 180.0)),
        ('vehicle_count = "veh/h"', "120,50", (10, 50.0)),
        ('vehicle_count = "veh/h"', "125,50", (10, 50.0)),
        ('vehicle_count = "veh/h"', "0,50", (0, 50.0)),
    ],
)
def test_numbers_are_converted_from_their_units(
    tmp_path: Path, units: str, cells: str, expected: tuple[float, float]
) -> None:
    mapping = mapped(tmp_path, f"{COLUMNS}[units]\n{units}\n")
    (row,) = opened(tmp_path, f"time,road,q,v\n{TIME},A1,{cells}\n", mapping)

    assert told(row) == (AT, "A1", "A1", expected[0], expected[1], None, None)


@pytest.mark.parametrize(
    ("unit", "cell", "expected"),
    [("percent", "0.8", 0.008), ("percent", "100", 1.0), ("share", "0.8", 0.8)],
)
def test_occupancy_at_night_is_read_in_its_unit(
    tmp_path: Path, unit: str, cell: str, expected: float
) -> None:
    text = f'{COLUMNS}[units]\noccupancy = "{unit}"\n'
    content = f"time,road,q,v,occupancy\n{TIME},A1,0,,{cell}\n"
    (row,) = opened(tmp_path, content, mapped(tmp_path, text))

    assert row.reading.occupancy == pytest.approx(expected)


@pytest.mark.parametrize(
    ("units", "cells", "said"),
    [
        ('average_speed = "mph"', "1,200", "column v: expected a speed in mph"),
        ('vehicle_count = "veh/h"', "400000,50", "column q: expected veh/h"),
        ('average_speed = "m/s"', "1,fast", "column v: expected a speed in m/s"),
    ],
)
def test_a_number_that_is_out_of_range_in_its_unit_is_refused(
    tmp_path: Path, units: str, cells: str, said: str
) -> None:
    mapping = mapped(tmp_path, f"{COLUMNS}[units]\n{units}\n")

    with pytest.raises(UserError, match=f"replay.csv line 2, {said}"):
        list(opened(tmp_path, f"time,road,q,v\n{TIME},A1,{cells}\n", mapping))


@pytest.mark.parametrize(
    ("no_data", "cells", "expected"),
    [
        ('any = ["-1"]', "-1,50", (None, 50.0)),
        ("any = [-1]", "-1.00,50", (None, 50.0)),
        ("average_speed = [255]", "255,255", (255, None)),
        ("any = [-9999999]", "-9999999,50", (None, 50.0)),
        ('any = ["n/a"]', "12,N/A", (12, None)),
        ("count_and_speed_0 = false", "0,0", (0, 0.0)),
        ("count_and_speed_0 = true", "0,50", (0, 50.0)),
    ],
)
def test_what_stands_for_no_data_is_absent(
    tmp_path: Path, no_data: str, cells: str, expected: tuple[object, object]
) -> None:
    mapping = mapped(tmp_path, f"{COLUMNS}[no_data]\n{no_data}\n")
    (row,) = opened(tmp_path, f"time,road,q,v\n{TIME},A1,{cells}\n", mapping)

    assert told(row)[3:5] == expected


def test_rows_without_data_are_left_out_and_counted(tmp_path: Path) -> None:
    text = f"{COLUMNS}[no_data]\ncount_and_speed_0 = true\n[skip]\nstate = [1234567]\n"
    content = "time,road,q,v,state\n" + "".join(
        f"{TIME},A{n},{cells}\n"
        for n, cells in enumerate(("0,0,1", ",,1", "1,2,1234567"))
    )
    source = opened(tmp_path, f"{content}{TIME},B,1,2,1\n", mapped(tmp_path, text))

    assert [row.segment_id for row in source] == ["B"]
    assert source.warnings() == ["readings without data left out: 3"]


def test_ids_are_made_of_several_columns_and_of_text(tmp_path: Path) -> None:
    text = 'segment_id = "=B1"\nsensor_id = "{Road}:{Lane No}"\n'
    content = (
        "timestamp,road,lane_no,vehicle_count,average_speed\n"
        f"{TIME},A100,2,5,60\n{TIME},A100,3,5,\n"
    )
    rows = list(opened(tmp_path, content, mapped(tmp_path, text)))

    assert [told(row)[1:3] for row in rows] == [("B1", "A100:2"), ("B1", "A100:3")]


@pytest.mark.parametrize("other", ["\\", "\\g<1>", " "])
def test_what_replaces_characters_of_ids_is_taken_literally(
    tmp_path: Path, other: str
) -> None:
    text = f"other_characters = '{other}'\n{COLUMNS}"
    content = f"time,road,q,v\n{TIME},A 1,1,50\n"

    with pytest.raises(UserError, match="line 2, column road: expected 1-64 of"):
        list(opened(tmp_path, content, mapped(tmp_path, text)))


@pytest.mark.parametrize("first", ["A 1", "A-1"])
def test_two_ids_never_become_one(tmp_path: Path, first: str) -> None:
    text = f'other_characters = "-"\n{COLUMNS}'
    content = f"time,road,q,v\n{TIME},{first},1,50\n{TIME},A/1,1,50\n"

    with pytest.raises(UserError, match="line 3, column road: expected an id other"):
        list(opened(tmp_path, content, mapped(tmp_path, text)))


def test_a_row_for_each_value_becomes_one_reading(tmp_path: Path) -> None:
    text = (
        'segment_id = "road"\nvehicle_count = "Flow"\naverage_speed = "Speed"\n'
        '[time]\ncolumn = "time"\n[long]\nname = "what"\nvalue = "value"\n'
    )
    content = "time,road,what,value\n" + "".join(
        f"{time},A1,{what}\n"
        for what in ("flow,5", "temperature,3", 'speed,"61,5"', "flow,6")
        for time in ("2026-03-20T09:47:40Z", TIME)
    )
    source = opened(tmp_path, content, mapped(tmp_path, text))

    one, again = (AT, "A1", "A1", 5, 61.5), (AT, "A1", "A1", 6, None)
    assert (
        [told(row)[:5] for row in source]
        == [
            one,
            again,  # the same value again: the city counts it as a duplicate
            (AT + 60_000, *one[1:]),
            (AT + 60_000, *again[1:]),
        ]
    )
    assert source.warnings() == [
        "read with decimal comma",
        "values ignored: temperature",
    ]


def test_a_column_that_the_file_does_not_have_is_named_with_the_nearest(
    tmp_path: Path,
) -> None:
    mapping = mapped(tmp_path, COLUMNS.replace('"q"', '"volumes"'))

    with pytest.raises(
        UserError, match=r"'volumes' is missing - did you mean 'Volume'"
    ):
        list(opened(tmp_path, f"time,road,Volume,v\n{TIME},A1,1,1\n", mapping))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segment_id = ", "map.toml: "),
        (f"interval = {'9' * 5000}", "map.toml: Exceeds the limit"),
        (f"interval = {'[' * 5000}", "map.toml: "),
        ("segment = 'x'", "unknown field `segment`"),
        ("[time]\nzone = 1", r"at `\$.time.zone`"),
        ("[units]\naverage_speed = 'knots'", r"at `\$.units.average_speed`"),
        ("[units]\nvehicle_count = 'veh/h'", "interval: veh/h and times of the start"),
        ("[time]\nstands_for = 'start'", "interval: veh/h and times of the start"),
        ("interval = 0", "interval: expected over 0 to 3600 s"),
        ("[file]\ndelimiter = '::'", "file.delimiter: expected one character"),
        ('[file]\nencoding = "\\u0000"', "file.encoding: "),
        ("[file]\ndelimiter = ''", "file.delimiter: expected one character"),
        ("sensor_in_header = 'flow'", "sensor_in_header: expected one of vehicle_"),
        ("[time]\nformat = '%H:%M %Z'", "time.format: %Z would leave the zone unread"),
        ("[time]\nday = '2026-03-20'", "time.day: expected the column of the time of"),
        (
            "segment_id = 'r'\n[[readings]]\nvehicle_count = 'a'\n"
            "[[readings]]\nvehicle_count = 'b'\n",
            "readings: two have segment_id 'r' - give each sensor a sensor_id",
        ),
        (
            "segment_id = 'r'\n[[readings]]\nsensor_id = 'x'\n[[readings]]\n"
            "sensor_id = 'y'\n[[readings]]\nsensor_id = 'x'\n",
            "readings: two have segment_id 'r' and sensor_id 'x' - give each",
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_key(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        mapped(tmp_path, text)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ('[file]\nencoding = "rot13"\n', "replay.csv: 'rot13' is not a text encoding"),
        (
            '[time]\nzone = "Europe/Berln"\n',
            "no time zone 'Europe/Berln' - did you mean",
        ),
        ('[file]\nencoding = "utf-9"\n', "map.toml: file.encoding: unknown encoding"),
    ],
)
def test_a_zone_or_encoding_that_is_none_is_refused(
    tmp_path: Path, mapping: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        list(opened(tmp_path, "", mapped(tmp_path, mapping)))


def test_the_interval_may_be_a_column(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, COLUMNS.replace("interval = 300", 'interval = "s"'))
    content = f"time,road,q,v,s\n{TIME},A1,1,50,60\n{TIME},A2,1,50,\n"
    path = tmp_path / "replay.csv"
    path.write_text(f"{content}{TIME},A3,1,50,0\n")

    good, absent, bad = ReplayFile(path, mapping)
    assert [getattr(one, "reading", one).interval for one in (good, absent)] == [
        60,
        None,
    ]  # type: ignore[union-attr]
    assert "column s: expected a number above 0" in bad.messages(path)[0]  # type: ignore[union-attr]


def test_a_row_without_the_interval_that_its_time_needs_is_refused(
    tmp_path: Path,
) -> None:
    text = COLUMNS.replace("300", '"s"') + 'stands_for = "start"\n'
    content = f"time,road,q,v,s\n{TIME},A1,1,50,\n"

    with pytest.raises(UserError, match="line 2, column s: expected a number above 0"):
        list(opened(tmp_path, content, mapped(tmp_path, text)))


def test_the_example_explains_every_key() -> None:
    text = path_of(EXAMPLE).read_text()
    tables = (ColumnMapping, FileFormat, Time, Units, NoData, Long)
    keys = {key for table in tables for key in table.__struct_fields__}

    assert {key for key in keys if not re.search(rf"\b{key}\b", text)} == set()
