"""Times of a replay file: formats, zones, the hour that is missing or repeated."""

from __future__ import annotations

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
        ("31.12.9999 24:00", "%d.%m.%Y %H:%M", "between 1970 and 9999|a time like"),
        ("2026-13-01T00:00", "iso", "ms since the epoch"),
        ("\ud800", "iso", "ms since the epoch"),
        ("", "iso", "ms since the epoch"),
    ],
)
def test_what_is_no_time_says_what_was_expected(
    text: str, written: str, said: str
) -> None:
    with pytest.raises(WrongTimeError, match=said.replace("?", r"\?")):
        read(text, written)


def test_a_number_of_thousands_of_digits_is_no_time() -> None:
    clock = Clock(Time(day="2026-01-01", plus="s"), zone_of("UTC"))
    assert clock.read({"s": "60"}, "") == 1767225660000
    for text, said in (("9" * 5000, "number in"), ("9" * 20, "between 1970 and 9999")):
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
