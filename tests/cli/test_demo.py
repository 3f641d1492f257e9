"""The demo: how readings are planned and timed, and when all is well."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace

import pytest

from traffic import policy
from trafficctl.demo import plan
from trafficctl.demo.probe import Probe, percentile
from trafficctl.demo.summary import Outcome, all_is_well, checks, view
from trafficctl.output import show
from trafficctl.reconcile import DeadLetters, Published, Stored, reconcile


def probe():
    """Readings every 60 s of event time from 60 s on, published 1 s of wall apart."""
    return Probe(lambda event_ms: event_ms / 60, first_ms=60_000, step_ms=60_000)


def test_every_reading_is_timed_when_it_can_first_be_seen():
    watching = probe()

    watching.look([{"segment_id": "S1", "observed_at": 60_000}], 1_500)
    watching.look([{"segment_id": "S1", "observed_at": 60_000}], 2_500)
    watching.look([{"segment_id": "S1", "observed_at": 180_000}], 4_500)

    # 60 s seen after 0.5 s; then 120 s after 2.5 s and 180 s after 1.5 s
    assert watching.delays_s == [0.5, 2.5, 1.5]


def test_a_segment_without_readings_is_not_timed():
    watching = probe()

    watching.look([{"segment_id": "S1"}], 99_000)

    assert watching.delays_s == []


@pytest.mark.parametrize(
    ("values", "percent", "value"),
    [
        ([], 99, None),
        ([5], 50, 5),
        ([0, 0], 99, 0),
        ([4, 1, 3, 2], 50, 2),
        (range(1, 101), 99, 99),
        (range(1, 102), 99, 100),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values, percent, value):
    assert percentile(values, percent) == value


WELL = Outcome(
    report=reconcile(Published(1000, 1000, 0), Stored(990, 5, 10), 0, DeadLetters()),
    segments=207,
    segments_heard=207,
    freshness_s=[1.0] * 98 + [3.0, 4.0],
    alert_delays_s=[2.0, 2.5],
    transitions=Counter(opened=7, cleared=2),
    alerts_recorded=7,
    seconds=10.0,
)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({}, []),
        ({"segments_heard": 206}, [0]),
        ({"segments": 0, "segments_heard": 0}, [0]),
        ({"alerts_recorded": 8}, [1]),
        ({"alerts_untold": 1}, [1]),
        ({"transitions": Counter(), "alerts_recorded": 0}, [1]),
        ({"freshness_s": [1.0] * 90 + [10.0] * 10}, [2]),
        ({"freshness_s": []}, [2]),
        ({"alert_delays_s": [30.0]}, [3]),
        ({"report": reconcile(Published(9, 9), Stored(8), 0, DeadLetters())}, [4]),
        ({"report": reconcile(Published(), Stored(), 0, DeadLetters())}, [4]),
    ],
)
def test_all_is_well_only_if_every_promise_was_kept(change, failed):
    outcome = replace(WELL, **change)

    assert [n for n, c in enumerate(checks(outcome)) if not c.kept] == failed
    assert all_is_well(outcome) == (failed == [])


def lines_of(renderable):
    out = io.StringIO()
    show(renderable, out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_the_summary_reads_from_readings_to_verdict():
    lines = lines_of(view(WELL))

    assert "readings published 1,000 100 per s" in lines
    assert "accepted 990 5 of them late" in lines
    assert "alerts opened 7" in lines
    assert "reading to viewer 1.0 s p50; p99 3.0 s" in lines
    assert "ok a viewer sees a reading within 10 s: 3.0 s for 99 in 100" in lines
    assert lines[-1] == "All is well."


def test_a_summary_of_nothing_measured_says_so():
    lines = lines_of(view(replace(WELL, freshness_s=[], alert_delays_s=[])))

    assert "reading to viewer -" in lines
    assert "FAIL an alert arrives within 30 s: nothing was measured" in lines
    assert lines[-1].startswith("Not all is well")


BEGAN = 1_795_000_123_456


def test_event_times_begin_on_a_whole_step_within_the_age_a_reading_may_have():
    first = plan.first_published_ms(plan.plan(BEGAN))

    assert first % plan.STEP_MS == 0
    assert BEGAN - first + plan.STEP_MS > policy.MAX_AGE_MS - 3_600_000
    assert BEGAN - first < policy.MAX_AGE_MS


def test_the_streets_keep_the_time_of_the_measured_day():
    replay = plan.plan(BEGAN)

    first = replay.street_time(plan.first_published_ms(replay))

    assert f"{first:%A %d %B %Y %H:%M %z}" == "Monday 05 March 2012 05:35 -0800"


def test_sped_up_an_hour_passes_in_twenty_seconds():
    replay = plan.plan(BEGAN)
    first = plan.first_published_ms(replay)

    later = replay.wall_time_of(first + 3_600_000) - replay.wall_time_of(first)

    assert later == pytest.approx(20_000)


def test_no_reading_is_published_before_its_own_time():
    replay = plan.plan(BEGAN)
    first = plan.first_published_ms(replay)

    for hours in range(48):
        event = first + hours * 3_600_000
        assert replay.wall_time_of(event) >= event


def test_a_replay_that_has_caught_up_goes_on_in_real_time():
    replay = plan.plan(BEGAN)
    event = plan.first_published_ms(replay) + 40 * 3_600_000

    assert replay.wall_time_of(event) == event


def test_rows_carry_what_was_measured_and_derived():
    cells = [("2012-03-05T05:35:00-08:00", "S1", "717446", 7, 101.2, None, 0.04, 300)]

    (row,) = plan.rows_of(cells)

    assert row.event_ms == 1330954500000
    assert (row.segment_id, row.reading.sensor_id) == ("S1", "717446")
    assert row.reading.average_speed == 101.2
    assert row.reading.congestion_score is None
