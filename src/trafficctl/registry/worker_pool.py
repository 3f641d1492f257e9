"""Work on many devices at a time, until all are done or something stops it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from trafficctl.errors import CityError
from trafficctl.registry.iot_calls import InDoubtError

PARALLEL = 12
MANY_DOUBTS = 2 * PARALLEL  # in one pass: AWS is not answering at all
PASSES = 3  # over what stayed in doubt: AWS was asked, and its answer was lost
RETRY_HINT = "repeat the command in a minute: it goes on from where it was"

T = TypeVar("T")
Progress = Callable[[int], object]


def no_lookup(_remaining: object) -> None:
    """What has to be looked up before a pass: nothing."""


def process_all(
    items: Sequence[T],
    work: Callable[[T], object],
    progress: Progress,
    look_up: Callable[[Sequence[T]], None] = no_lookup,
) -> None:
    """Do `work` for all of `items`, telling `done` after each.

    What stays in doubt is tried again, after `look_up`, which settles what became of
    it. Raises CityError when some are still in doubt, and whatever else stops it.
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
    """Do `work` for each; gives those in doubt.

    An item is begun when another is over and was looked at: at an error or an
    interrupt, what is under way is finished, and nothing is begun.
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
                    if len(doubtful) >= MANY_DOUBTS:
                        raise CityError(f"{exc} - {RETRY_HINT}") from exc
                else:
                    progress(1)
            for item in islice(rest, len(completed)):
                running[pool.submit(work, item)] = item
    return doubtful
