"""The demo: its address, its workers, its lines on how the city stands."""

from __future__ import annotations

import time

import pytest

from traffic.incidents.function import is_of_clock
from trafficctl.demo import board
from trafficctl.demo.functions import sweeper
from trafficctl.demo.worker import PeriodicThread
from trafficctl.errors import UserError
from trafficctl.map.proxy import Proxy


def test_only_segments_heard_from_are_counted_by_level():
    jam = {"segment_id": "A", "observed_at": 1, "alert_level": "severe"}
    free = {"segment_id": "B", "observed_at": 1, "alert_level": "none"}
    unheard = {"segment_id": "C"}

    levels = board.levels([jam, free, free, unheard])

    assert levels == {"severe": 1, "none": 2}
    assert levels["high"] == 0


def test_a_busy_port_names_the_option_to_change_it():
    proxy = Proxy(0)
    try:
        with pytest.raises(UserError, match="choose another with --port or DEMO_PORT"):
            Proxy(proxy.port)
    finally:
        proxy.close()


class Queue:
    """The session, client and queue that a sweep is asked for through."""

    def __init__(self):
        self.sent = []

    def client(self, *_service, **_options):
        return self

    def get_queue_url(self, QueueName):  # noqa: N803 - boto3's name
        return {"QueueUrl": f"url of {QueueName}"}

    def send_message(self, QueueUrl, MessageBody):  # noqa: N803 - boto3's names
        self.sent.append((QueueUrl, {"body": MessageBody}))


def test_a_demo_asks_for_the_sweep_that_judges_what_is_unusual():
    queue = Queue()

    sweeper(queue, "demo")()

    ((url, record),) = queue.sent
    assert url == "url of demo-incidents"
    assert is_of_clock({"Records": [record]})


def test_a_worker_that_fails_says_so_when_it_is_stopped():
    def step():
        raise ValueError("broken")

    worker = PeriodicThread(step)
    while worker.is_running:
        time.sleep(0.01)

    with pytest.raises(ValueError, match="broken"):
        worker.stop()


def test_a_worker_takes_steps_until_it_is_stopped():
    steps = []
    worker = PeriodicThread(lambda: steps.append(1))
    while len(steps) < 3:
        time.sleep(0.01)

    worker.stop()

    assert not worker.is_running
