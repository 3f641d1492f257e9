"""CSV: the right rows, bounded, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv

import pytest

from tests.unit.trafficctl.cli.formulas import FORMULAS
from traffic.live_map import routes

from ..fakes import NOW_MS, City, alert, segment
from .checks import fetched, some_city

ASKED = {
    "segment_id": "a",
    "from": "2026-11-22T18:00:00Z",
    "to": "2026-11-22T19:00:00Z",
}
NO_FROM = (
    "expected `from` to be an instant with an offset, such as 2026-11-22T18:00:00Z "
    "(+ is written %2B)"
)
NO_TIME = "expected `to` after `from`, by at most 168 hours"


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(body.decode().splitlines()))


@pytest.fixture
def city() -> City:
    made = City()
    made.reader.put(segment("a"))
    minutes = ("17:59", "18:00", "18:30", "18:59", "19:00")
    made.reader.history = [
        {"minute": f"2026-11-22T{at}Z", "speed": 50.5, "flow": 0, "readings": 2}
        for at in minutes
    ]
    return made


def test_history_is_the_minutes_from_one_until_before_the_other(city: City) -> None:
    told = rows(fetched(city, "history.csv", **ASKED))

    assert [row["minute"][11:16] for row in told] == ["18:00", "18:30", "18:59"]
    assert told[0] == {
        "segment_id": "a",
        "minute": "2026-11-22T18:00Z",
        "speed": "50.5",
        "flow": "0",
        "congestion_score": "",
        "occupancy": "",
        "readings": "2",
    }


def test_history_is_one_query_of_the_asked_for_minutes(city: City) -> None:
    fetched(city, "history.csv", **ASKED)

    assert city.reader.calls == [
        ("segment", "a"),
        ("minutes", "a", "2026-11-22T18:00Z", "2026-11-22T18:59Z"),
    ]


def test_any_offset_will_do(city: City) -> None:
    asked = {**ASKED, "from": "2026-11-22T19:00:00+01:00", "to": "2026-11-22T18:00:30Z"}

    assert len(rows(fetched(city, "history.csv", **asked))) == 1


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"from": ""}, 400, NO_FROM),
        ({"from": "2026-11-22"}, 400, NO_FROM),
        ({"from": "2026-11-22T18:00:00"}, 400, NO_FROM),
        ({"from": "2026-11-22T18:00:00 01:00"}, 400, NO_FROM),
        ({"from": "1e12"}, 400, NO_FROM),
        ({"to": "tomorrow"}, 400, NO_FROM.replace("from", "to", 1)),
        ({"to": ASKED["from"]}, 400, NO_TIME),
        ({"from": "2026-11-22T19:00:01Z"}, 400, NO_TIME),
        ({"from": "2026-11-15T18:59:59Z"}, 400, NO_TIME),
        (
            {"segment_id": ""},
            400,
            "expected a segment id: 1-64 of letters, digits, _ : . -",
        ),
        (
            {"segment_id": "a b"},
            400,
            "expected a segment id: 1-64 of letters, digits, _ : . -",
        ),
        (
            {"segment_id": "b"},
            404,
            "no segment b: expected one of /feeds/segments.geojson",
        ),
    ],
)
def test_a_bad_question_is_told_what_was_expected(
    city: City, change: dict[str, str], status: int, message: str
) -> None:
    asked = {**ASKED, **change}

    assert city.refusal("/feeds/history.csv", query=asked) == (status, message)
    assert city.reader.count("minutes") == 0


def test_a_week_is_the_most_that_is_read(city: City) -> None:
    asked = {**ASKED, "from": "2026-11-15T19:00:00Z"}

    assert routes.MOST_FEED_HOURS == 168
    assert len(rows(fetched(city, "history.csv", **asked))) == 4


def test_alerts_are_a_row_each_with_times_to_read() -> None:
    told = {row["segment_id"]: row for row in rows(fetched(some_city(), "alerts.csv"))}

    assert told["silent"] == {
        "alert_id": f"silent@{NOW_MS - 3_600_000}",
        "segment_id": "silent",
        "name": "'=1",
        "district": "",
        "latitude": "",
        "longitude": "",
        "level": "high",
        "peak_level": "high",
        "peak_congestion": "61.5",
        "opened_at": "2026-11-22T17:32:00Z",
        "level_since": "2026-11-22T17:32:00Z",
        "acknowledged_at": "2026-11-22T18:31:55Z",
    }


@pytest.mark.parametrize("name", ["alerts.csv", "situations.xml", "segments.geojson"])
def test_no_feed_names_a_person(name: str) -> None:
    assert b"@city.example" not in fetched(some_city(), name)


def named_row(name: str) -> list[str]:
    """The row of an alert on a segment of that name, as a reader of CSV has it."""
    city = City()
    city.reader.put(segment("-1"))
    city.reader.warn(alert("-1", name=name, latitude=-34.5))
    (row,) = csv.reader(fetched(city, "alerts.csv").decode().split("\r\n")[1:-1])
    return row


@pytest.mark.parametrize("before", ["", "\t", "\r", "\n", "\x00", " "])
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_text_is_a_formula(start: str, before: str) -> None:
    row = named_row(f"{before}{start}HYPERLINK(1)")

    assert row[1:3] == ["'-1", f"'{start}HYPERLINK(1)"]
    assert [cell for cell in row if cell.startswith(start)] in ([], ["-34.5"])


@pytest.mark.parametrize(("name", "cell"), FORMULAS)
def test_no_part_of_a_text_is_a_formula(name: str, cell: str) -> None:
    if "\t" in name:  # a feed puts a blank there, which separates nothing
        cell = name.replace("\t", " ")
    assert named_row(name)[2] == cell.replace("' @", "'@")


def test_a_text_is_on_one_line_without_control_characters() -> None:
    assert named_row('Main\r\nStreet,\x00"North"\x1b')[2] == ('Main Street, "North"')
