"""A file that is unlike any other is replayed by what the messages say."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.errors import UserError

from .files_of import mapped, opened, told
from .test_ready_mappings import MPH, utc

# What a traffic computer writes: a delimiter of its own, decimal comma, local time with
# the hour of autumn that occurs twice, mph, ids of two columns, 255 for no data.
ROWS = """\
# Export of the traffic computer
Site~Lane~Date~Time~Vehicles~Mean~Occ
K 12~1~25.10.2026~02:45~41~31,5~12,5
K 12~2~25.10.2026~02:45~9~255~255
K 12~1~25.10.2026~02:45~40~30,0~10,0
K 12~2~25.10.2026~02:45~255~255~255
K 12~1~25.10.2026~03:00~39~28,5~7,5
"""
MAPPING = """\
segment_id = "Site"
sensor_id = "{Site}-{Lane}"
vehicle_count = "Vehicles"
average_speed = "Mean"
occupancy = "Occ"
interval = 900
{ids}
[time]
column = ["Date", "Time"]
format = "%d.%m.%Y %H:%M"
zone = "Europe/Berlin"
stands_for = "start"
[units]
average_speed = "mph"
occupancy = "percent"
[no_data]
any = [255]
[file]
{delimiter}
"""
IDS, DELIMITER = 'other_characters = "-"', 'delimiter = "~"'


def text(ids: str = IDS, delimiter: str = DELIMITER) -> str:
    return MAPPING.replace("{ids}", ids).replace("{delimiter}", delimiter)


def test_it_is_read_as_it_was_meant(tmp_path: Path) -> None:
    source = opened(tmp_path, ROWS, mapped(tmp_path, text()))

    assert [told(row) for row in source] == [
        (at, "K-12", sensor, count, speed and pytest.approx(speed * MPH), None, share)
        for at, sensor, count, speed, share in (
            (utc("2026-10-25T01:00"), "K-12-1", 41, 31.5, 0.125),
            (utc("2026-10-25T01:00"), "K-12-2", 9, None, None),
            (utc("2026-10-25T02:00"), "K-12-1", 40, 30.0, 0.1),
            (utc("2026-10-25T02:15"), "K-12-1", 39, 28.5, 0.075),
        )
    ]
    assert source.warnings() == [
        "read with decimal comma",
        "readings without data left out: 1",
        "characters of ids replaced: 'K 12' is K-12",
        "4 times fall into the hour that occurs twice in Europe/Berlin: what a sensor "
        "says first is taken for the first",
    ]


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (text(delimiter=""), r'in one column - delimiter = "\.\.\." under \[file\]'),
        (text(ids=""), r'other_characters = "-" in the mapping replaces others'),
    ],
)
def test_what_the_mapping_lacks_is_named(
    tmp_path: Path, mapping: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        list(opened(tmp_path, ROWS, mapped(tmp_path, mapping)))
