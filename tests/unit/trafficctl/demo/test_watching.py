"""The demo: its address, its workers, its lines on how the city stands."""

from __future__ import annotations

import time

import pytest

from trafficctl.demo import board
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
