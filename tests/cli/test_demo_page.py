"""The demo: what its page shows, and who may read it."""

from __future__ import annotations

import http.client
import json
import time
from datetime import datetime, timezone

import pytest

from trafficctl.demo import board
from trafficctl.demo.alerts import Told
from trafficctl.demo.page import Page
from trafficctl.demo.worker import Worker
from trafficctl.errors import UserError


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
    told = [
        Told(
            "",
            {
                "name": f"R{n}",
                "observed_at": n,
                "segment_id": "S1",
                "transition": "opened",
                "level": "high",
                "congestion_score": 62.5,
                "speed": 38.2,
                "free_flow_speed": 105.0,
                "link": "",
            },
            0,
        )
        for n in range(30)
    ]

    shown = board.news(told, clock)

    assert [each["name"] for each in shown] == [f"R{n}" for n in range(29, 21, -1)]
    assert shown[0]["note"] == "opened: score 62, 38 of 105 km/h"


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
