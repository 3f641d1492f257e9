"""The thread that measures what has to be asked for, writes and evaluates.

It wakes at whole tens of seconds, so that what happened before a period's end is in
the store when the period is looked at. An alarm of a shorter period, which AWS does
not have, makes it wake as often.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from ministack.services import cloudwatch

from localcity.cloudwatch import alarms, definitions, store
from localcity.cloudwatch.aggregation import tallies

TICK_S = 10.0
SHORTEST_S = 1.0

log = logging.getLogger("city.alarms")

# Called at each tick: measures what no single call shows.
Gauge = Callable[[], None]


def tick_s() -> float:
    """How long to wait between two looks, by the alarms there are."""
    periods = [
        query.period_s
        for alarm in list(cloudwatch._alarms._data.values())
        for query in alarms.queries(alarm)
    ]
    return max(SHORTEST_S, min([TICK_S, *periods]))


def tick(
    begun: float, now: float, resolution_s: float, gauges: Sequence[Gauge]
) -> None:
    """One look at `now`, at what has been added up since `begun` (both seconds)."""
    for gauge in gauges:
        gauge()
    store.write(tallies.drain(), begun, resolution_s)
    store.forget(now)
    alarms.look(now)


def start(gauges: Sequence[Gauge]) -> None:
    """Begin to watch."""
    thread = threading.Thread(target=_run, args=(gauges,), daemon=True, name="alarms")
    thread.start()


def _run(gauges: Sequence[Gauge]) -> None:
    begun = time.time()
    while True:
        every = tick_s()
        due = (math.floor(time.time() / every) + 1) * every
        definitions.changed.clear()
        if definitions.changed.wait(due - time.time()):
            continue  # perhaps of a shorter period
        now = max(due, time.time())
        try:
            tick(begun, now, every, gauges)
        except Exception:  # a fault here must not silence every alarm permanently
            log.exception("watch")
        begun = now
