"""What a controller reads: the worst first, grave before less grave, age beside all."""

from __future__ import annotations

import argparse
import io
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from trafficctl.aws.city_tables import plain_item
from trafficctl.cli.output import show
from trafficctl.errors import UserError
from trafficctl.watch.render import (
    SegmentFilter,
    age_s,
    alerts_table,
    headline,
    reporting,
    segments_table,
)
from trafficctl.watch.views import (
    alerts_of_local_day,
    all_alerts,
    recent_days,
    select_segments,
)

NOW = int(datetime(2026, 11, 22, 18, 32, tzinfo=timezone.utc).timestamp() * 1000)


def segment(segment_id, **fields):
    return {"segment_id": segment_id, **fields}


JAMMED = segment(
    "S1",
    name="I-405 N",
    district="Los Angeles",
    congestion_score=84.2,
    speed=21.4,
    free_flow_speed=105,
    flow=3120,
    level_of_service="F",
    sensors=10,
    sensors_reporting=0.9,
    observed_at=NOW - 3000,
    alert_level="severe",
    alert_since=NOW - 723_000,
)
FREE = segment("S2", congestion_score=0, speed=101.0, observed_at=NOW, district="Bay")
SLOW = segment("S3", congestion_score=55, alert_level="high", observed_at=NOW)
UNHEARD = segment("S0", name="Main St", free_flow_speed=50)
CITY = [FREE, UNHEARD, JAMMED, SLOW]


def lines_of(renderable):
    out = io.StringIO()
    show(renderable, out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (SegmentFilter(), ["S1", "S3", "S2", "S0"]),
        (SegmentFilter(worst=2), ["S1", "S3"]),
        (SegmentFilter(district="los angeles"), ["S1"]),
        (SegmentFilter(level="high"), ["S3"]),
        (SegmentFilter(level="none"), ["S2", "S0"]),
        (SegmentFilter(district="Bay", level="severe"), []),
    ],
)
def test_the_worst_come_first_and_the_unheard_of_last(wanted, ids):
    assert [item["segment_id"] for item in wanted.apply(CITY)] == ids


def test_segments_of_equal_congestion_come_slowest_first():
    fast = segment("A", congestion_score=50, speed_ratio=0.8)
    slow = segment("B", congestion_score=50, speed_ratio=0.3)

    assert SegmentFilter().apply([fast, slow]) == [slow, fast]


def test_a_segment_reads_as_one_line_with_units_above():
    lines = lines_of(segments_table([JAMMED], NOW))

    assert lines[-2] == (
        "S1 I-405 N, Los Angeles 84 21 105 3,120 F 9/10 3 s severe, 12 min 00 s"
    )


def test_an_empty_road_has_no_speed_but_a_congestion_of_zero():
    empty = segment("S", congestion_score=0, flow=0, observed_at=NOW)

    assert lines_of(segments_table([empty], NOW))[-2] == "S - 0 - unknown 0 - - 0 s"


def test_a_segment_never_heard_of_has_no_age():
    assert age_s(UNHEARD, NOW) is None
    assert age_s(JAMMED, NOW) == 3.0


@pytest.mark.parametrize(
    ("known", "share", "text"),
    [(10, 0.9, "9/10"), (3, 1 / 3, "1/3"), (5, 0, "0/5"), (None, None, "-")],
)
def test_sensors_that_report_stand_beside_those_known(known, share, text):
    assert reporting({"sensors": known, "sensors_reporting": share}) == text


def test_a_segment_whose_sensors_are_silent_is_not_counted_as_calm():
    silent = {**FREE, "sensors": 3, "sensors_reporting": 0}

    assert headline([silent, FREE, {**JAMMED, "sensors_reporting": 0}]) == (
        "3 segments: 1 severe, 0 high, 1 without alert, 1 whose sensors are silent"
    )


def test_the_headline_counts_the_whole_city():
    assert headline(CITY) == (
        "4 segments: 1 severe, 1 high, 1 without alert, 1 without data yet"
    )


def alert(alert_id, **fields):
    return {
        "alert_id": alert_id,
        "segment_id": alert_id.split("@", maxsplit=1)[0],
        "alert_status": "open",
        "level": "high",
        "opened_at": NOW - 600_000,
        **fields,
    }


def test_open_alerts_come_before_cleared_ones_and_severe_before_high():
    cleared = alert(
        "C@1",
        alert_status="cleared",
        peak_level="severe",
        opened_at=NOW - 7_200_000,
        cleared_at=NOW - 3_600_000,
        duration_s=3600,
        peak_congestion=91,
    )
    items = [cleared, alert("H@1"), alert("S@1", level="severe"), alert("O@1")]

    lines = lines_of(alerts_table(items, NOW))

    assert [line.split()[:2] for line in lines[-5:-1]] == [
        ["severe", "S"],
        ["high", "H"],
        ["high", "O"],
        ["severe", "C"],
    ]
    assert lines[-2] == "severe C - 11-22 16:32 1 h 00 min 91 - - cleared 11-22 17:32"


def test_an_open_alert_says_how_long_it_has_lasted():
    line = lines_of(alerts_table([alert("H@1", name="I-5")], NOW))[-2]

    assert line == "high H I-5 11-22 18:22 10 min 00 s - - - open"


def test_times_of_alerts_are_local_and_name_the_zone():
    lines = lines_of(alerts_table([alert("H@1")], NOW, ZoneInfo("Europe/Berlin")))

    assert "Europe/Berlin" in lines[1] + lines[2]
    assert lines[-2] == "high H - 11-22 19:22 10 min 00 s - - - open"


def at(text):
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_the_alerts_of_a_day_are_those_of_the_citys_day():
    early = alert("E@1", opened_at=at("2026-11-21T23:30:00+00:00"))  # 00:30 in Berlin
    before = alert("B@1", opened_at=at("2026-11-21T22:30:00+00:00"))
    late = alert("L@1", opened_at=at("2026-11-22T22:59:00+00:00"))
    after = alert("A@1", opened_at=at("2026-11-22T23:00:00+00:00"))
    by_day = {"2026-11-21": [before, early], "2026-11-22": [late, after]}
    city = FakeCity([], by_day)
    city.zone = "Europe/Berlin"

    assert alerts_of_local_day(city, "2026-11-22") == [early, late]
    assert city.asked == ["2026-11-21", "2026-11-22"]


class FakeCity:
    """A city of dicts, that notes which days were asked for."""

    zone = "UTC"

    def __init__(self, open_ones, by_day):
        self.open_ones, self.by_day, self.asked = open_ones, by_day, []

    def open_alerts(self):
        return list(self.open_ones)

    def alerts_of_day(self, day):
        self.asked.append(day)
        return list(self.by_day.get(day, []))


def test_all_alerts_are_the_open_ones_and_a_week_by_day_each_once():
    old, today = alert("OLD@1"), alert("T@1")
    cleared = alert("C@1", alert_status="cleared")
    city = FakeCity([old, today], {"2026-11-22": [today], "2026-11-16": [cleared]})

    found = all_alerts(city, NOW)

    assert [item["alert_id"] for item in found] == ["OLD@1", "T@1", "C@1"]
    assert city.asked == recent_days(NOW)
    assert (city.asked[0], city.asked[-1]) == ("2026-11-22", "2026-11-16")


def test_items_of_the_table_become_plain_values():
    item = {
        "flow": {"N": "1200"},
        "speed": {"N": "21.4"},
        "tiny": {"N": "1E-7"},
        "name": {"S": "I-5"},
        "parts": {"L": [{"N": "1"}, {"NULL": True}]},
        "place": {"M": {"on": {"BOOL": False}}},
    }

    assert plain_item(item) == {
        "flow": 1200,
        "speed": 21.4,
        "tiny": 1e-7,
        "name": "I-5",
        "parts": [1, None],
        "place": {"on": False},
    }


class City(FakeCity):
    """The same with segments."""

    def segments(self):
        return list(CITY)

    def segment(self, segment_id):
        return next((s for s in CITY if s["segment_id"] == segment_id), None)


def asked(**given):
    options = {"segment": None, "district": None, "worst": None, "level": None}
    return argparse.Namespace(**{**options, **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"segment": "s1"}, "segment 's1' not found - did you mean 'S1'"),
        (
            {"segment": "road"},
            "segment 'road' not found - `trafficctl segments` lists them",
        ),
        ({"district": "Los Angles"}, "did you mean 'Los Angeles'?"),
        (
            {"district": "West"},
            "district 'West' not found - the districts are Bay, ",
        ),
    ],
)
def test_a_name_that_the_city_does_not_have_is_an_error(given, said):
    with pytest.raises(UserError) as caught:
        select_segments(City([], {}), asked(**given))

    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_known_district_without_such_segments_is_no_error():
    found, everything = select_segments(
        City([], {}), asked(district="bay", level="severe")
    )

    assert (found, everything) == ([], CITY)
