"""Parallel calls in daemon threads.

`concurrent.futures` joins its threads at exit, so a service that does not respond would
block the command after its result is printed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


def run_parallel(works: Sequence[Callable[[], T]], parallel: int) -> list[T]:
    """The results in order. The first error is raised at once.

    Calls in progress are then abandoned, and no more are started.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    over: SimpleQueue[tuple[int, Any, Exception | None]] = SimpleQueue()
    stop = threading.Event()
    for place in range(len(works)):
        waiting.put(place)

    def work() -> None:
        while not stop.is_set():
            try:
                place = waiting.get_nowait()
            except Empty:
                return
            try:
                over.put((place, works[place](), None))
            except Exception as exc:
                stop.set()
                over.put((place, None, exc))

    for _ in range(min(parallel, len(works))):
        threading.Thread(target=work, daemon=True).start()
    return _in_order(over, len(works))


def _in_order(
    over: SimpleQueue[tuple[int, Any, Exception | None]], count: int
) -> list[Any]:
    results: dict[int, Any] = {}
    while len(results) < count:
        place, result, fault = over.get()
        if fault is not None:
            raise fault
        results[place] = result
    return [results[place] for place in range(count)]
