"""The demo's rules: how news is timed, what the page shows, and when all is well."""

from __future__ import annotations

import http.client
import io
import json
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from traffic import policy
from trafficctl.demo import board, plan, ticker
from trafficctl.demo.alerts import Matcher, Told, plain_text, queue_policy
from trafficctl.demo.page import Page
from trafficctl.demo.probe import Probe, percentile
from trafficctl.demo.summary import Outcome, all_is_well, checks, view
from trafficctl.demo.worker import Worker
from trafficctl.errors import UserError
from trafficctl.output import show
from trafficctl.reconcile import DeadLetters, Published, Stored, reconcile


def detail(**fields):
    return {
        "event_id": "S1@0/opened@0",
        "transition": "opened",
        "level": "high",
        "segment_id": "S1",
        "name": "I-405 N",
        "congestion_score": 62.5,
        "speed": 38.2,
        "free_flow_speed": 105.0,
        "since": "2026-11-22T13:05Z",
        "link": "http://127.0.0.1:1/#segment=S1",
        "observed_at": 0,
        **fields,
    }


def words(event):
    return json.dumps(
        f"Congestion {event['transition']} at I-405 N: high, "
        f"since {event['since']}. {event['link']}"
    )


def tap(event):
    return json.dumps({"source": "city.traffic", "detail": event})


def heard(*messages):
    """The alerts known after *messages*, each a body and its arrival."""
    matcher = Matcher()
    told = [matcher.take(body, at) for body, at in messages]
    left = len(matcher.texts) + len(matcher.details)
    return [each for each in told if each is not None], left


@pytest.mark.parametrize("words_first", [True, False])
def test_words_and_event_find_each_other_in_either_order(words_first):
    event = detail()
    messages = [(words(event), 700), (tap(event), 900)]

    told, left = heard(*(messages if words_first else reversed(messages)))

    assert told == [Told(json.loads(words(event)), event, arrived_at=700)]
    assert left == 0


def test_an_alert_counts_from_when_its_words_arrive_not_its_event():
    event = detail()

    ((alert,), _) = heard((tap(event), 5), (words(event), 90_000))

    assert alert.arrived_at == 90_000


def test_transitions_of_one_segment_are_told_apart():
    opened = detail()
    cleared = detail(event_id="S1@0/cleared@9", transition="cleared")

    told, left = heard(
        (tap(cleared), 1), (tap(opened), 2), (words(opened), 3), (words(cleared), 4)
    )

    assert [(t.detail["transition"], t.arrived_at) for t in told] == [
        ("opened", 3),
        ("cleared", 4),
    ]
    assert left == 0


def test_an_event_delivered_twice_is_one_alert():
    event = detail()

    told, left = heard((tap(event), 1), (tap(event), 2), (words(event), 3))

    assert (len(told), left) == (1, 0)


def test_words_without_an_event_are_left_over_and_counted():
    assert heard((words(detail()), 1)) == ([], 1)


def test_words_come_as_a_json_string_or_plain():
    assert plain_text('"Congestion opened"') == "Congestion opened"
    assert plain_text("Congestion opened") == "Congestion opened"
    assert plain_text("21") == "21"


def test_each_service_may_send_for_its_own_resource_only():
    policy = queue_policy("arn:q", [("sns.amazonaws.com", "arn:topic")])

    (statement,) = policy["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:topic"}}
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}


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


def clock(event_ms):
    return datetime.fromtimestamp(event_ms / 1000, timezone.utc)


def test_the_citys_speed_is_weighted_by_the_vehicles_that_have_it():
    jam = {"observed_at": 1, "alert_level": "severe", "flow": 3000, "speed_ratio": 0.2}
    free = {"observed_at": 1, "flow": 1000, "speed_ratio": 1.0}
    empty = {"observed_at": 1, "flow": 0}
    unheard = {"segment_id": "D"}

    glance = board.city_at_a_glance([jam, free, empty, unheard])

    assert glance == {
        "segments": 4,
        "severe": 1,
        "high": 0,
        "calm": 2,
        "speed_ratio": pytest.approx(0.4),
    }


def test_a_city_without_readings_has_no_speed_rather_than_zero():
    assert board.city_at_a_glance([{"segment_id": "A"}])["speed_ratio"] is None


def test_the_page_shows_how_old_each_segments_data_is():
    items = [{"segment_id": "A", "observed_at": 60_000}, {"segment_id": "B"}]

    shown = board.worst(items, now_ms=2_500, wall_time_of=lambda ms: ms / 60)

    assert [(s["name"], s["age_s"]) for s in shown] == [("A", 1.5)]


def test_open_alerts_show_severe_ones_first_then_the_newest():
    alerts = [
        {"segment_id": "A", "level": "high", "opened_at": 1},
        {"segment_id": "B", "level": "high", "opened_at": 60_000},
        {"segment_id": "C", "level": "severe", "opened_at": 0, "peak_congestion": 91.4},
    ]

    shown = board.open_alerts(alerts, 120_000, clock)

    assert [(a["name"], a["note"], a["time"]) for a in shown] == [
        ("C", "for 2 min 00 s, peak 91", "00:00"),
        ("B", "for 1 min 00 s", "00:01"),
        ("A", "for 2 min 00 s", "00:00"),
    ]


def test_news_shows_the_newest_first_and_not_all_of_it():
    told = [Told("", detail(name=f"R{n}", observed_at=n), 0) for n in range(30)]

    shown = board.news(told, clock)

    assert [each["name"] for each in shown] == [f"R{n}" for n in range(29, 21, -1)]
    assert shown[0]["note"] == "opened: score 62, 38 of 105 km/h"


def ticked(*told):
    return [str(line) for line in ticker.lines(told, clock)]


def test_an_alert_is_one_line_that_reads_from_time_to_place():
    assert ticked(Told("", detail(district="Van Nuys", observed_at=3_600_000), 0)) == [
        "Thu 01:00  opened    high     62   38 of 105 km/h   I-405 N, Van Nuys"
    ]


def test_a_cleared_alert_has_no_level_and_may_have_no_speed():
    gone = detail(transition="cleared", level="none", congestion_score=0.0, speed=None)

    (line,) = ticked(Told("", gone, 0))

    assert line.split() == ["Thu", "00:00", "cleared", "0", "I-405", "N"]


def test_of_many_alerts_the_gravest_are_shown_in_order_of_time_and_the_rest_counted():
    told = [
        Told("", detail(transition="cleared", level="none", name="gone"), 0),
        *(Told("", detail(name=f"high{n}", observed_at=n), 0) for n in range(9, 3, -1)),
        Told("", detail(level="severe", name="grave", observed_at=99), 0),
    ]

    lines = ticked(*told)

    assert [line.split()[-1] for line in lines[:4]] == [
        "high7",
        "high8",
        "high9",
        "grave",
    ]
    assert lines[4].strip() == "and 1 cleared, 3 opened more"


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


@pytest.fixture
def served():
    page = Page(0, lambda: {"clock": "Monday 07:42"})
    yield page.address
    page.close()


def get(address, path):
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=9)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_the_page_is_served_on_this_machine_only(served):
    status, headers, body = get(served, "/")

    assert served.startswith("http://127.0.0.1:")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<title>City Traffic</title>" in body


def test_the_state_is_served_as_json_and_never_cached(served):
    status, headers, body = get(served, "/api/now.json?fresh")

    assert (status, json.loads(body)) == (200, {"clock": "Monday 07:42"})
    assert headers["Cache-Control"] == "no-store"


def test_nothing_else_is_served(served):
    assert get(served, "/../../etc/passwd")[0] == 404


def test_a_busy_port_names_the_option_to_change_it(served):
    port = int(served.rpartition(":")[2])

    with pytest.raises(UserError, match="choose another with --port or DEMO_PORT"):
        Page(port, dict)


def test_a_worker_that_fails_says_so_when_it_is_stopped():
    def step():
        raise ValueError("broken")

    worker = Worker(step)
    while worker.is_running:
        time.sleep(0.01)

    with pytest.raises(ValueError, match="broken"):
        worker.stop()


def test_a_worker_takes_steps_until_it_is_stopped():
    steps = []
    worker = Worker(lambda: steps.append(1))
    while len(steps) < 3:
        time.sleep(0.01)

    worker.stop()

    assert not worker.is_running
