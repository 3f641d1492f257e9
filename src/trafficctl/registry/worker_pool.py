"""Processes many devices in parallel, until all are done or an error stops it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from trafficctl.errors import CityError
from trafficctl.registry.iot_calls import InDoubtError

PARALLEL = 12
MAX_DOUBTS = 2 * PARALLEL  # in one pass: AWS does not respond at all
PASSES = 3  # over items in doubt, whose responses were lost
RETRY_HINT = "repeat the command in a minute: it continues where it stopped"

T = TypeVar("T")
Progress = Callable[[int], object]


def no_lookup(_remaining: object) -> None:
    """No lookup before a pass."""


def process_all(
    items: Sequence[T],
    work: Callable[[T], object],
    progress: Progress,
    look_up: Callable[[Sequence[T]], None] = no_lookup,
) -> None:
    """Do `work` for all `items`, reporting `progress` after each.

    Items in doubt are retried after `look_up`, which finds out what happened to them.
    Raises CityError if some remain in doubt, and any other error.
    """
    remaining = items
    for _ in range(PASSES):
        look_up(remaining)
        remaining = _each(remaining, work, progress)
        if not remaining:
            return
    raise CityError(
        f"no response from AWS for {len(remaining)} of {len(items)} devices - "
        f"{RETRY_HINT}"
    )


def _each(
    items: Sequence[T], work: Callable[[T], object], progress: Progress
) -> list[T]:
    """Do `work` for each item; returns those in doubt.

    An item starts when another has completed and was checked: after an error or an
    interrupt, running items finish and no more start.
    """
    doubtful, rest = list[T](), iter(items)
    with ThreadPoolExecutor(PARALLEL) as pool:
        running = {pool.submit(work, item): item for item in islice(rest, PARALLEL)}
        while running:
            completed, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in completed:
                item = running.pop(future)
                try:
                    future.result()
                except InDoubtError as exc:
                    doubtful.append(item)
                    if len(doubtful) >= MAX_DOUBTS:
                        raise CityError(f"{exc} - {RETRY_HINT}") from exc
                else:
                    progress(1)
            for item in islice(rest, len(completed)):
                running[pool.submit(work, item)] = item
    return doubtful
