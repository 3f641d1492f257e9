"""The demo: how the recording becomes the present, and what its days before teach."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import groupby, islice
from zoneinfo import ZoneInfo

import msgspec
import pytest

from traffic.profile_builder.roads import city_roads
from traffic.profiles.profile_file import usual_at
from trafficctl import metr_la
from trafficctl.demo import days_before, plan
from trafficctl.demo.days_before import RecordedDays
from trafficctl.roads.network import parse


def ms_at(moment):
    return round(moment.timestamp() * 1000)


WEEK = metr_la.load_week()
DETECTORS = len(WEEK.detectors)
HOURS = [datetime(2026, 11, 28, hour, 17, 3, tzinfo=timezone.utc) for hour in range(24)]
PLAN = plan.schedule_at(ms_at(HOURS[20]))  # a Saturday


@pytest.mark.parametrize("now", HOURS)
def test_whenever_a_demo_begins_it_is_a_recorded_morning_in_its_city(now):
    played = plan.schedule_at(ms_at(now))

    there = now.astimezone(ZoneInfo(played.zone))
    recorded = played.street_time(played.began_ms)
    assert f"{there:%H:%M:%S}" == f"{recorded:%H:%M:%S}" == "09:17:03"
    assert f"{recorded:%A %d %B %Y}" == "Thursday 01 March 2012"
    assert played.alike == [there.date() - timedelta(days=n) for n in (4, 3, 2, 1, 0)]
    assert played.midnight_ms == ms_at(there.replace(hour=0, minute=0, second=0))


def test_the_morning_begins_at_ten_to_nine_at_the_earliest():
    times = [HOURS[9] + timedelta(minutes=m) for m in (32, 33)]  # 9:49:03, 9:50:03

    played = [plan.schedule_at(ms_at(time)) for time in times]

    there = [one.street_time(one.began_ms) for one in played]
    assert [f"{time:%H:%M}" for time in there] == ["09:49", "08:50"]
    assert [one.zone for one in played] == ["Etc/GMT+0", "Etc/GMT+1"]


def test_the_devices_first_send_what_they_buffered_for_90_minutes():
    sent = list(plan.buffered(WEEK, PLAN))

    readings = msgspec.json.decode(sent[0].message.payload)["readings"]
    times = [PLAN.street_time(one["timestamp"]) for one in readings]
    assert [f"{time:%H:%M}" for time in (times[0], times[-1])] == ["07:50", "09:15"]
    assert {one.message.readings for one in sent} == {18}
    assert len({one.unit for one in sent}) == len(sent) == DETECTORS
    assert {one.due_s for one in sent} == {0}


def test_a_live_reading_is_stamped_with_the_time_when_it_is_published():
    rows = islice(plan.live_rows(WEEK, PLAN), 3 * DETECTORS)
    live = [next(tick) for _event_ms, tick in groupby(rows, lambda row: row.event_ms)]

    stamps = [PLAN.published_time_of(row.event_ms) for row in live]
    assert stamps[0] == plan.first_live_ms(PLAN)
    assert [PLAN.due_s(row.event_ms) for row in live] == [2, 7, 12]
    assert [stamp - PLAN.began_ms for stamp in stamps] == [2_000, 7_000, 12_000]
    assert [row.reading.interval for row in live] == [5, 5, 5]


def test_a_live_speed_lies_between_the_two_that_were_recorded():
    row = next(plan.live_rows(WEEK, PLAN))

    recorded = WEEK.speeds[row.reading.sensor_id][9 * 12 + 3 : 9 * 12 + 5]  # 09:15
    assert min(recorded) <= row.reading.average_speed <= max(recorded)


def test_the_days_before_are_the_other_working_days_in_their_order():
    rows = RecordedDays(WEEK, PLAN)
    name = WEEK.detectors[0].segment_id
    nine = PLAN.midnight_ms // 60_000 + 9 * 60
    speeds = WEEK.speeds[WEEK.detectors[0].detector]

    found = [
        [one.speed for one in rows.hour(nine - ago * 1440) if one.segment_id == name]
        for ago in (0, 1, 2, 3, 4, 5)
    ]

    # Wednesday, Tuesday, Monday and Friday, of a week that begins on Thursday
    firsts = [day * 288 + 9 * 12 for day in (6, 5, 4, 1)]
    assert found == [[], *(speeds[first : first + 12] for first in firsts), []]


class Bucket:
    """Keeps what the builder writes."""

    def __init__(self):
        self.built, self.written = {}, None

    def days(self):
        return self.built

    def day(self, day):
        return self.built[day]

    def add_day(self, file):
        self.built[file.day] = file

    def profiles(self):
        return None

    def replace_profiles(self, profiles):
        self.written = profiles

    def reports(self):
        return ()

    def add_report(self, sunday, report):
        pass


class Roads:
    """Those of the recording, of which nothing was learned."""

    def all(self):
        return city_roads(
            {k: v for k, v in vars(road).items() if v is not None}
            for road in parse(metr_la.road_network(WEEK), "METR-LA")
        )

    def learn(self, speeds):
        self.learned = speeds


def test_what_is_usual_is_known_on_every_segment_even_on_a_saturday():
    bucket, roads = Bucket(), Roads()

    days_before.build(RecordedDays(WEEK, PLAN), roads, bucket, PLAN)

    now = usual_at(bucket.written, PLAN.began_ms, ZoneInfo(PLAN.zone))
    assert {now.usual(one.segment_id) is None for one in WEEK.detectors} == {False}
    station = WEEK.detectors[0]
    half_hours = [range(day * 288 + 108, day * 288 + 114) for day in plan.DAYS_BEFORE]
    speeds = [WEEK.speeds[station.detector][row] for rows in half_hours for row in rows]
    assert min(speeds) <= now.usual(station.segment_id) <= max(speeds)


def test_rows_carry_what_was_measured_and_derived():
    cells = [("2012-03-05T05:35:00-08:00", "S1", "717446", 7, 101.2, None, 0.04, 300)]

    (row,) = plan.rows_of(cells)

    assert row.event_ms == 1330954500000
    assert (row.segment_id, row.reading.sensor_id) == ("S1", "717446")
    assert row.reading.average_speed == 101.2
    assert row.reading.congestion_score is None
