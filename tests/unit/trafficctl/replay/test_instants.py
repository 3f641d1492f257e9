"""Times of a replay file: formats, zones, the hour that is missing or repeated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trafficctl.errors import UserError
from trafficctl.replay.instants import Clock, WrongTimeError, zone_of
from trafficctl.replay.mapping import Time

from .files_of import mapped, opened

BERLIN = "Europe/Berlin"
AT = 1774000000000  # 2026-03-20T09:46:40Z


def read(text: str, written: str = "iso", zone: str | None = None) -> int:
    return Clock(Time(format=written), zone_of(zone)).read({"timestamp": text}, "s")


@pytest.mark.parametrize(
    ("text", "written", "zone", "expected"),
    [
        ("1774000000000", "iso", None, AT),
        ("1774000000", "seconds", None, AT),
        ("1774000000.5", "seconds", None, AT + 500),
        ("1774000000000.0", "milliseconds", None, AT),
        ("2026-03-20T10:46:40", "iso", BERLIN, AT),
        ("2026-03-20 10:46:40.250", "iso", BERLIN, AT + 250),
        ("2026-03-20T10:47", "iso", BERLIN, AT + 20_000),
        ("2026-03-20", "iso", "UTC", AT - 35_200_000),
        ("2026-03-20T09:46:40Z", "iso", BERLIN, AT),
        ("20.03.2026 10:46:40", "%d.%m.%Y %H:%M:%S", BERLIN, AT),
        ("20.03.2026 24:00", "%d.%m.%Y %H:%M", "UTC", AT + 51_200_000),
        ("2026-03-20T05:24:00Z", "iso", None, AT - 15_760_000),
        ("20/Mar/2026 10:46:40 +0100", "%d/%b/%Y %H:%M:%S %z", None, AT),
    ],
)
def test_a_time_is_read_in_its_format(
    text: str, written: str, zone: str | None, expected: int
) -> None:
    assert read(text, written, zone) == expected


@pytest.mark.parametrize(
    ("text", "written", "said"),
    [
        ("1774000000", "iso", "are these seconds?"),
        ("1774000000", "milliseconds", "are these seconds?"),
        ("1774000000000", "seconds", "are these milliseconds?"),
        ("20260320094640", "iso", "is it a date?"),
        ("9" * 5000, "iso", "milliseconds since the epoch"),
        ("2026-03-20T10:46:40", "iso", "--zone NAME"),
        ("20.03.2026", "%Y-%m-%d", "a time like %Y-%m-%d"),
        ("24:00:30 20.03.2026", "%H:%M:%S %d.%m.%Y", "a time like"),
        ("6:00", "iso", "day and year (does the name of the file say the day"),
        ("06:00", "%H:%M", "day and year (does the name of the file say the day"),
        ("31.12.9999 24:00", "%d.%m.%Y %H:%M", "between 1970 and 9999|a time like"),
        ("2026-13-01T00:00", "iso", "ms since the epoch"),
        ("\ud800", "iso", "ms since the epoch"),
        ("", "iso", "ms since the epoch"),
    ],
)
def test_what_is_no_time_says_what_was_expected(
    text: str, written: str, said: str
) -> None:
    with pytest.raises(WrongTimeError, match=re.sub(r"([?()])", r"\\\1", said)):
        read(text, written)


def test_a_file_may_begin_with_a_row_without_a_time() -> None:
    with pytest.raises(WrongTimeError, match="ms since the epoch"):
        read("", zone=BERLIN)


def test_a_number_of_thousands_of_digits_is_no_time() -> None:
    clock = Clock(Time(day="2026-01-01", plus="s"), zone_of("UTC"))
    assert clock.read({"s": "60"}, "") == 1767225660000
    for text, said in (("9" * 5000, "a number"), ("9" * 20, "between 1970 and 9999")):
        with pytest.raises(WrongTimeError, match=said):
            clock.read({"s": text}, "")


def test_the_repeated_hour_of_autumn_is_told_apart_and_reported(tmp_path: Path) -> None:
    times = ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")
    content = "timestamp,segment_id,vehicle_count\n" + "".join(
        f"2026-10-25T{time}:00,{sensor},1\n" for time in times for sensor in "ab"
    )
    source = opened(tmp_path, content, mapped(tmp_path, ""), BERLIN)

    minutes = [row.event_ms // 60_000 for row in source if row.segment_id == "b"]
    assert [one - minutes[0] for one in minutes] == [0, 30, 60, 90, 120, 150]
    assert source.warnings() == [
        "8 times fall into the hour that occurs twice in Europe/Berlin: what a sensor "
        "says first is taken for the first"
    ]


def utc(text: str) -> int:
    return read(f"{text}Z")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        # hours named by the clock of their begin
        (("01", "02", "03", "03", "04"), ("23", "00", "01", "02", "03")),
        # hours named by the clock of their end
        (("01", "02", "02", "03", "04"), ("23", "00", "01", "02", "03")),
        (("04", "03", "03", "02", "01"), ("03", "02", "01", "00", "23")),
    ],
)
def test_an_interval_that_ends_after_the_repeated_hour_began_in_it(
    tmp_path: Path,
    ends: tuple[str, ...],
    expected: tuple[str, ...],
) -> None:
    content = "timestamp,segment_id,vehicle_count\n" + "".join(
        f"2026-10-25T{end}:00,a,1\n" for end in ends
    )
    mapping = mapped(tmp_path, "interval = 3600\n")
    found = [row.event_ms for row in opened(tmp_path, content, mapping, BERLIN)]

    days = [24 if one == "23" else 25 for one in expected]
    assert found == [
        utc(f"2026-10-{day}T{hour}:00")
        for day, hour in zip(days, expected, strict=True)
    ]


def test_quarters_of_the_repeated_hour_follow_each_other(tmp_path: Path) -> None:
    quarters = ("00", "15", "30", "45")
    times = [f"02:{one}" for one in quarters] * 2 + ["03:00", "03:15"]
    content = "timestamp,segment_id,vehicle_count\n" + "".join(
        f"2026-10-25T{time},a,1\n" for time in times
    )
    source = opened(tmp_path, content, mapped(tmp_path, "interval = 900\n"), BERLIN)

    minutes = [row.event_ms // 60_000 for row in source]
    assert [one - minutes[0] for one in minutes] == [n * 15 for n in range(10)]


def test_the_repeated_hour_of_a_file_with_the_newest_first_runs_backwards(
    tmp_path: Path,
) -> None:
    times = ("03:00", "02:30", "02:00", "02:30", "02:00", "01:30")
    content = "timestamp,segment_id,vehicle_count\n" + "".join(
        f"2026-10-25T{time},a,1\n" for time in times
    )
    source = opened(tmp_path, content, mapped(tmp_path, ""), BERLIN)

    minutes = [row.event_ms // 60_000 for row in source]
    assert [minutes[0] - one for one in minutes] == [0, 30, 60, 90, 120, 150]
    (said,) = source.warnings()
    assert said.endswith("for the first, or newest first for the second")


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("20.03.2026 09:46:40Z", "%d.%m.%Y %H:%M:%SZ", AT),
        ("20.03.2026 09:46:40 UTC", "%d.%m.%Y %H:%M:%S UTC", AT),
        ("GMT 20.03.2026 09:46:40", "GMT %d.%m.%Y %H:%M:%S", AT),
        ("20.03.2026 24:00 +0200", "%d.%m.%Y %H:%M %z", AT + 44_000_000),
        ("20/Mar/24:00:15:00", "%d/%b/%y:%H:%M:%S", 1710890100000),
        ("24:00:00 20.03.2026", "%H:%M:%S %d.%m.%Y", AT + 47_600_000),
    ],
)
def test_what_a_text_says_of_zone_and_midnight_is_taken_at_its_word(
    text: str, written: str, expected: int
) -> None:
    assert read(text, written, BERLIN) == expected


def test_the_day_of_a_files_name_goes_before_the_time_of_its_rows(
    tmp_path: Path,
) -> None:
    text = '[time]\nday = "2026-03-20"\ncolumn = "time"\nzone = "UTC"\n'
    content = "time,segment_id,vehicle_count\n06:00,a,1\n24:00,a,1\n"
    source = opened(tmp_path, content, mapped(tmp_path, text))

    assert [row.event_ms for row in source] == [
        utc("2026-03-20T06:00"),
        utc("2026-03-21T00:00"),
    ]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("2026-03-20,", "column time: expected a part of the time, got nothing"),
        (",06:00", "column day: expected a part of the time, got nothing"),
    ],
)
def test_a_time_that_lacks_a_part_is_refused(
    tmp_path: Path, cells: str, said: str
) -> None:
    text = '[time]\ncolumn = ["day", "time"]\nzone = "UTC"\n'
    content = f"day,time,segment_id,vehicle_count\n{cells},a,1\n"

    with pytest.raises(UserError, match=f"line 2, {said}"):
        list(opened(tmp_path, content, mapped(tmp_path, text)))


def test_what_is_added_to_the_time_is_named_by_its_own_column(tmp_path: Path) -> None:
    text = '[time]\nplus = "minute"\nzone = "UTC"\n'
    content = "timestamp,minute,segment_id,vehicle_count\n2026-03-20,7h,a,1\n"

    with pytest.raises(UserError, match="column minute: expected a number, got '7h'"):
        list(opened(tmp_path, content, mapped(tmp_path, text)))


def test_an_interval_may_end_where_the_missing_hour_begins() -> None:
    two = {"timestamp": "2026-03-29T02:00"}
    three = {"timestamp": "2026-03-29T03:00"}
    ends, starts = (
        Clock(Time(stands_for=what), zone_of(BERLIN)) for what in ("end", "start")
    )

    assert ends.read(two, "s") == ends.read(three, "s")
    with pytest.raises(WrongTimeError, match="clocks skip this one"):
        starts.read(two, "s")
    with pytest.raises(WrongTimeError, match="clocks skip this one"):
        ends.read({"timestamp": "2026-03-29T02:15"}, "s")


def test_the_missing_hour_of_spring_is_refused(tmp_path: Path) -> None:
    content = "timestamp,segment_id,vehicle_count\n2026-03-29T02:30:00,a,1\n"

    with pytest.raises(
        UserError, match=r"line 2, column timestamp: .*is the zone right"
    ):
        list(opened(tmp_path, content, mapped(tmp_path, ""), BERLIN))


def test_times_of_the_start_are_published_as_the_end(tmp_path: Path) -> None:
    text = 'interval = 300\n[time]\nstands_for = "start"\n'
    content = "timestamp,segment_id,vehicle_count\n2026-03-20T09:46:40Z,a,1\n"
    (row,) = opened(tmp_path, content, mapped(tmp_path, text))

    assert (row.event_ms, row.reading.timestamp) == (AT + 300_000, AT + 300_000)
