"""The demo: how readings are planned and timed, and when all is well."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import groupby, islice

import pytest

from trafficctl import metr_la
from trafficctl.__main__ import main
from trafficctl.audit.identity import DeadLetters, Published, Stored, reconcile
from trafficctl.cli.output import show
from trafficctl.demo import plan
from trafficctl.demo.command import LEAST_S
from trafficctl.demo.probe import Probe, percentile
from trafficctl.demo.run import PARAMETERS
from trafficctl.demo.summary import DemoResult, all_passed, checks, view


def probe():
    """Readings of a segment every 500 ms from 1 s on."""
    return Probe(first_ms=1_000, step_ms=500)


def test_every_reading_is_timed_when_it_can_first_be_seen():
    watching = probe()

    watching.look([{"segment_id": "S1", "observed_at": 1_000}], 1_500)
    watching.look([{"segment_id": "S1", "observed_at": 1_000}], 2_500)
    watching.look([{"segment_id": "S1", "observed_at": 2_000}], 4_500)

    # 1 s seen after 0.5 s; then 1.5 s after 3 s and 2 s after 2.5 s
    assert watching.delays_s == [0.5, 3.0, 2.5]


def test_steps_of_no_whole_milliseconds_are_all_counted():
    watching = Probe(first_ms=5_000 / 3, step_ms=5_000 / 3)

    for step in range(1, 3_001):
        observed = round(step * 5_000 / 3)
        watching.look([{"segment_id": "S1", "observed_at": observed}], observed)

    assert len(watching.delays_s) == 3_000
    assert max(map(abs, watching.delays_s)) < 0.001


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


WELL = DemoResult(
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
        ({"alerts_unmatched": 1}, [1]),
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

    assert [n for n, c in enumerate(checks(outcome)) if not c.passed] == failed
    assert all_passed(outcome) == (failed == [])


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
    assert "ok reading to viewer within 10 s: p99 3.0 s" in lines
    assert lines[-1] == "All checks passed."


def test_a_summary_of_nothing_measured_says_so():
    lines = lines_of(view(replace(WELL, freshness_s=[], alert_delays_s=[])))

    assert "reading to viewer -" in lines
    assert "FAIL reading to alert within 30 s: nothing was measured" in lines
    assert lines[-1].startswith("Checks failed")


BEGAN = 1_795_000_123_456
PLAN = plan.DemoSchedule(BEGAN)
WEEK = metr_la.load_week()
DETECTORS = len(WEEK.detectors)


def steps(first, last):
    """Rows of the demo from one step to another, a list of each step."""
    rows = islice(plan.endless_rows(WEEK), (first - 1) * DETECTORS, last * DETECTORS)
    return [list(tick) for _event_ms, tick in groupby(rows, lambda row: row.event_ms)]


def test_a_reading_is_stamped_with_the_time_when_it_is_published():
    for row, *_others in steps(1, 200):
        due_ms = BEGAN + PLAN.due_s(row.event_ms) * 1000

        assert abs(PLAN.published_time_of(row.event_ms) - due_ms) <= 0.5


def test_sped_up_an_hour_passes_in_twenty_seconds():
    (first, *_), *_between, (last, *_) = steps(1, 13)

    assert PLAN.due_s(first.event_ms) == pytest.approx(300 / 180)
    assert PLAN.due_s(last.event_ms) - PLAN.due_s(first.event_ms) == pytest.approx(20)


def test_the_recording_keeps_its_own_time():
    (first, *_), *_between, (last, *_) = steps(1, 13)

    times = [
        PLAN.street_time(PLAN.published_time_of(r.event_ms)) for r in (first, last)
    ]

    assert [f"{time:%A %d %B %Y %H:%M %z}" for time in times] == [
        "Thursday 01 March 2012 08:35 -0800",
        "Thursday 01 March 2012 09:35 -0800",
    ]


STEPS_LEFT = (WEEK.end - plan.BEGIN) // timedelta(seconds=plan.STEP_S)


def test_after_the_last_reading_of_the_week_comes_its_first():
    before, after = steps(STEPS_LEFT, STEPS_LEFT + 1)

    assert before[0].segment_id == after[0].segment_id
    speeds = WEEK.speeds[WEEK.detectors[0].detector]
    assert before[0].reading.average_speed == round(speeds[-1], 1)
    assert after[0].reading.average_speed == round(speeds[0], 1)
    waits = PLAN.due_s(after[0].event_ms) - PLAN.due_s(before[0].event_ms)
    assert waits == pytest.approx(300 / 180)
    published = PLAN.published_time_of(after[0].event_ms)
    assert f"{PLAN.street_time(published):%A %d %H:%M}" == "Thursday 01 00:05"


def test_an_alert_takes_two_readings_and_the_shortest_demo_holds_more():
    step_s = plan.STEP_S / plan.SPEEDUP
    hold_s = float(PARAMETERS["AlertHoldSeconds"])

    assert 0 < hold_s < step_s
    assert 2 * step_s < LEAST_S


@pytest.mark.parametrize("given", ["0", "-3", "ten", "nan", "inf", "4.9"])
def test_a_demo_too_short_to_measure_anything_is_refused_in_a_sentence(
    given, monkeypatch, capsys
):
    monkeypatch.setenv("DEMO_SECONDS", given)

    with pytest.raises(SystemExit) as ended:
        main(["demo"])

    assert ended.value.code == 2
    *_usage, told = capsys.readouterr().err.splitlines()
    assert repr(given) in told


def test_rows_carry_what_was_measured_and_derived():
    cells = [("2012-03-05T05:35:00-08:00", "S1", "717446", 7, 101.2, None, 0.04, 300)]

    (row,) = plan.rows_of(cells)

    assert row.event_ms == 1330954500000
    assert (row.segment_id, row.reading.sensor_id) == ("S1", "717446")
    assert row.reading.average_speed == 101.2
    assert row.reading.congestion_score is None
