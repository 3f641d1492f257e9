"""Each ready-made mapping reads a small file of its form."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.errors import UserError
from trafficctl.replay.mapping import EXAMPLE, READY, load

from .files_of import Told, opened, told

MPH = 1.609344

PEMS = """\
08/01/2014 07:50:00,400001,4,101,N,ML,.5,50,100,210,.085,61.5,50,110,.09,60.1,1
08/01/2014 07:50:00,400002,4,101,N,ML,.5,0,100,,,,0,,,,0
08/01/2014 07:50:00,400003,4,101,S,ML,.21,0,0,187,.0712,64.9,0,93,.07,65.2,0,,,,,
"""
WEBTRIS = """\
"Site Name","Report Date","Time Period Ending","Time Interval","0 - 520 cm","61 - 70 mph","Avg mph","Total Volume"
"M4/2295A","2024-07-01T00:00:00","00:14:00","0","40","","63","52"
"M4/2295A","2024-07-01T00:00:00","00:29:00","1","","","",""
"""  # noqa: E501 - a header of the form
UTD19 = """\
"day","interval","detid","flow","occ","error","city","speed"
2017-05-06,300,"U1-52G",120,0.05,NA,"berlin",48.5
2017-05-06,600,"U1-52G",9999,1,1,"berlin",NA
2017-05-06,900,"U1-52G",0,0,0,"berlin",NA
"""
INTERVAL = (
    '<interval begin="{}" end="{}" id="e1:0" nVehContrib="{}" flow="0" '
    'occupancy="{}" speed="{}" harmonicMeanSpeed="-1.00" length="-1.00" '
    'nVehEntered="0"/>\n'
)
SUMO = (
    '<?xml version="1.0" encoding="UTF-8"?>\n\n'
    "<!-- generated on 2026-01-01 by Eclipse SUMO sumo -->\n"
    '<detector xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:noNamespaceSchemaLocation="http://sumo.dlr.de/xsd/det_e1_file.xsd">\n'
    + INTERVAL.format("0.00", "60.00", 10, "5.50", "12.50")
    + INTERVAL.format("60.00", "120.00", 0, "0.00", "-1.00")
    + "</detector>\n"
)
GERMAN = """\
TKNR;Zst;Land;Strklas;Strnum;Datum;Wotag;Fahrtzw;Stunde;KFZ_R1;K_KFZ_R1;KFZ_R2;K_KFZ_R2;Lkw_R1;K_Lkw_R1
3526;5104;5;A;1;240101;1;s; 1;  812;-;   -1;a;  4;-
3526;5104;5;A;1;240101;1;s;24; 1440;-; 1391;s;  9;-
"""


def utc(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000)


FORMS: dict[str, tuple[str, list[Told], str]] = {
    "pems-5min": (
        PEMS,
        [
            (
                utc("2014-08-01T14:55"),
                "400001",
                "400001",
                210,
                61.5 * MPH,
                None,
                0.085,
            )
        ],
        "readings without data left out: 2",
    ),
    "webtris": (
        WEBTRIS,
        [
            (
                utc("2024-06-30T23:15"),
                "M4-2295A",
                "M4-2295A",
                52,
                63 * MPH,
                None,
                None,
            )
        ],
        "columns ignored: Time Period Ending, 0 - 520 cm, 61 - 70 mph\n"
        "readings without data left out: 1\n"
        "characters of ids replaced: 'M4/2295A' is M4-2295A",
    ),
    "utd19": (
        UTD19,
        [
            (utc("2017-05-05T22:10"), "U1-52G", "U1-52G", 10, 48.5, None, 0.05),
            (utc("2017-05-05T22:20"), "U1-52G", "U1-52G", 0, None, None, 0.0),
        ],
        "columns ignored: city\nreadings without data left out: 1",
    ),
    "sumo": (
        SUMO,
        [
            (utc("2026-01-01T00:01"), "e1:0", "e1:0", 10, 45.0, None, 0.055),
            (utc("2026-01-01T00:02"), "e1:0", "e1:0", 0, None, None, 0.0),
        ],
        "columns ignored: flow, harmonicMeanSpeed, length, nVehEntered",
    ),
    "german-hourly": (
        GERMAN,
        [
            (utc("2024-01-01T00:00"), "5104-R1", "5104-R1", 812, None, None, None),
            (utc("2024-01-01T23:00"), "5104-R1", "5104-R1", 1440, None, None, None),
            (utc("2024-01-01T23:00"), "5104-R2", "5104-R2", 1391, None, None, None),
        ],
        "columns ignored: TKNR, Land, Strklas, Strnum, Wotag, Fahrtzw, K_KFZ_R1, "
        "K_KFZ_R2, Lkw_R1, K_Lkw_R1\nreadings without data left out: 1",
    ),
}


@pytest.mark.parametrize("name", READY)
def test_a_ready_made_mapping_reads_its_form(name: str, tmp_path: Path) -> None:
    content, expected, said = FORMS[name]
    zone = "Europe/Berlin" if name == "utd19" else None
    source = opened(tmp_path, content, load(name), zone)

    assert [told(row) for row in source] == [
        tuple(pytest.approx(one) if isinstance(one, float) else one for one in row)
        for row in expected
    ]
    assert "\n".join(source.warnings()) == said


def test_intervals_are_those_of_the_form(tmp_path: Path) -> None:
    intervals = {
        name: next(iter(opened(tmp_path, content, load(name), "UTC"))).reading.interval
        for name, (content, _, _) in FORMS.items()
    }

    assert intervals == {
        "pems-5min": 300,
        "webtris": 900,
        "utd19": 300,
        "sumo": 60,
        "german-hourly": 3600,
    }


@pytest.mark.parametrize("name", [None, *READY])
def test_a_mapping_is_printed_for_a_copy(
    name: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay", "--columns-example", *([name] if name else [])])

    assert ended.value.code == 0
    copy = tmp_path / "copy.toml"
    copy.write_text(capsys.readouterr().out)
    assert load(str(copy)) == load(name or EXAMPLE)


def test_the_example_reads_the_file_that_it_describes(tmp_path: Path) -> None:
    content = (
        "Road;Lane;Date;Time;Volume;Mean speed;Occ;Status\n"
        "B1;2;25.10.2026;07:55;41;31,5;12,5;ok\n"
        "B1;2;25.10.2026;08:00;41;255;-1;ok\n"
        "B1;2;25.10.2026;08:05;41;30;10;error\n"
    )
    rows = list(opened(tmp_path, content, load(EXAMPLE)))

    assert [told(row) for row in rows] == [
        (
            utc("2026-10-25T07:00"),
            "B1",
            "B1-2",
            41,
            pytest.approx(31.5 * MPH),
            None,
            0.125,
        ),
        (utc("2026-10-25T07:05"), "B1", "B1-2", 41, None, None, None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mapping_may_be_saved_as_windows_does(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text('segment_id = "Straße"\n', encoding)

    assert load(str(path)).segment_id == "Straße"


def test_a_mapping_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('interval = 60\nsegment_id = "Straße"\n', "cp1252")

    with pytest.raises(UserError, match=r"map.toml line 2: byte 0xdf is not UTF-8"):
        load(str(path))
