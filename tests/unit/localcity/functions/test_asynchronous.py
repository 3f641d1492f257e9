"""Events for a function wait for their turn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from localcity.functions import asynchronous
from localcity.functions.asynchronous import in_turn

PATIENCE_S = 10


class Executions:
    """Executions that end when they are let go, and how many there were at once."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.lock, self.go = threading.Lock(), threading.Event()
        self.begun = threading.Semaphore(0)

    def execute(self, _function: Any, event: int) -> int:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.begun.release()
        assert self.go.wait(PATIENCE_S)
        with self.lock:
            self.running -= 1
        return event


def as_event(call: Any, *values: Any) -> Any:
    asynchronous._is_event.set(True)
    return call(*values)


@pytest.mark.parametrize(("is_event", "at_once"), [(True, 2), (False, 5)])
def test_only_events_wait_and_none_is_lost(is_event: bool, at_once: int) -> None:
    seen = Executions()
    execute = in_turn(seen.execute, 2)
    with ThreadPoolExecutor(5) as pool:
        calls = [
            pool.submit(
                copy_context().run,
                *((as_event, execute) if is_event else (execute,)),
                {"FunctionArn": "one"},
                number,
            )
            for number in range(5)
        ]
        for _ in range(at_once):
            assert seen.begun.acquire(timeout=PATIENCE_S)
        assert not seen.begun.acquire(timeout=0.1)
        seen.go.set()

        assert sorted(call.result(PATIENCE_S) for call in calls) == [0, 1, 2, 3, 4]
    assert seen.most == at_once


def test_functions_do_not_wait_for_each_other() -> None:
    seen = Executions()
    execute = in_turn(seen.execute, 1)
    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(copy_context().run, as_event, execute, {"FunctionArn": n}, 0)
            for n in ("one", "other")
        ]
        for _ in calls:
            assert seen.begun.acquire(timeout=PATIENCE_S)
        seen.go.set()
