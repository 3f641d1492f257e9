"""The demo: how readings are timed, and when all is well."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace

import pytest

from trafficctl.__main__ import main
from trafficctl.audit.identity import DeadLetters, Published, Stored, reconcile
from trafficctl.cli.output import show
from trafficctl.demo import plan
from trafficctl.demo.command import LEAST_S
from trafficctl.demo.probe import Probe, percentile
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


def test_readings_from_before_the_first_are_not_timed():
    watching = probe()

    watching.look([{"segment_id": "S1", "observed_at": 200}], 1_200)
    watching.look([{"segment_id": "S1", "observed_at": 1_500}], 2_000)

    assert watching.delays_s == [1.0, 0.5]


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
    incidents_recorded=7,
    seconds=10.0,
)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({}, []),
        ({"segments_heard": 206}, [0]),
        ({"segments": 0, "segments_heard": 0}, [0]),
        ({"incidents_recorded": 8}, [1]),
        ({"alerts_unmatched": 1}, [1]),
        ({"transitions": Counter(), "incidents_recorded": 0}, [1]),
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
    assert "incidents opened 7" in lines
    assert "reading to viewer 1.0 s p50; p99 3.0 s" in lines
    assert "ok reading to viewer within 10 s: p99 3.0 s" in lines
    assert lines[-1] == "All checks passed."


def test_a_summary_of_nothing_measured_says_so():
    lines = lines_of(view(replace(WELL, freshness_s=[], alert_delays_s=[])))

    assert "reading to viewer -" in lines
    assert "FAIL reading to message within 30 s: nothing was measured" in lines
    assert lines[-1].startswith("Checks failed")


def test_the_shortest_demo_has_live_readings():
    assert 2 * plan.STEP_S <= LEAST_S


@pytest.mark.parametrize("given", ["0", "-3", "ten", "nan", "inf", "9.9"])
def test_a_demo_too_short_to_measure_anything_is_refused_in_a_sentence(
    given, monkeypatch, capsys
):
    monkeypatch.setenv("DEMO_SECONDS", given)

    with pytest.raises(SystemExit) as ended:
        main(["demo"])

    assert ended.value.code == 2
    *_usage, told = capsys.readouterr().err.splitlines()
    assert repr(given) in told
