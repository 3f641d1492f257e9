"""How many environments many viewers keep busy, and how often the tables are read.

A simulation: a viewer polls every 2 s; an environment answers one poll at a time, and
each that is idle is as likely as the others to get the next (AWS documents no order).
"""

from __future__ import annotations

import heapq
import random
from typing import NamedTuple

from traffic.live_map.changes import TTL_MS
from traffic.live_map.sharing import AGAIN_MS

POLL_S = 2.0
COLD_S = 1.0  # a guess
SIMULATED_S = 300.0
SETTLED_S = 120.0  # before this nothing is counted
RETRY_S = 1.75  # the page's shortest wait after a refusal


class Times(NamedTuple):
    """Seconds of a read with its hand-over, of taking the stored view, of the rest."""

    read_s: float
    take_s: float
    answer_s: float


class Load(NamedTuple):
    """What came of it, a second; *cached* is the share of polls without any call."""

    environments: int
    reads: float
    takes: float
    cached: float
    refused: float
    busy: float


class _Environment:
    def __init__(self) -> None:
        self.free_s = 0.0
        self.view_s = -1e9  # when the read of its view began
        self.due_s = 0.0


def simulate(viewers: int, times: Times, most: int, is_shared: bool) -> Load:
    """Return the load of some viewers on at most so many environments.

    Unless *is_shared*, each environment reads for itself.
    """
    chance = random.Random(viewers)  # noqa: S311 - traffic, no secret
    polls = [(chance.random() * POLL_S, number) for number in range(viewers)]
    heapq.heapify(polls)
    city, environments = _City(times, is_shared), list[_Environment]()
    told = dict.fromkeys(("polls", "read", "take", "cached", "refused"), 0)
    busy_s, used = 0.0, set[int]()
    while polls[0][0] < SIMULATED_S:
        now_s, viewer = heapq.heappop(polls)
        idle = [one for one in environments if one.free_s <= now_s]
        if not idle and len(environments) == most:
            told["refused"] += now_s >= SETTLED_S
            heapq.heappush(polls, (now_s + RETRY_S + chance.random() / 4, viewer))
            continue
        cold_s = 0.0 if idle else COLD_S
        if not idle:
            environments.append(_Environment())
        one = chance.choice(idle or environments[-1:])
        kind, took_s = city.look(one, now_s)
        one.free_s = now_s + cold_s + took_s
        heapq.heappush(polls, (max(now_s + POLL_S, one.free_s), viewer))
        if now_s >= SETTLED_S:
            told["polls"] += 1
            told[kind] += 1
            busy_s += took_s
            used.add(id(one))
    counted_s = SIMULATED_S - SETTLED_S
    return Load(
        len(used),
        told["read"] / counted_s,
        told["take"] / counted_s,
        told["cached"] / told["polls"],
        told["refused"] / (told["polls"] + told["refused"]),
        busy_s / counted_s,
    )


class _City:
    """When the city was read, and when it may be read again."""

    def __init__(self, times: Times, is_shared: bool) -> None:
        self.times = times
        self.is_shared = is_shared
        self.begun_s = self.stored_s = -1e9  # of the newest read: began, was stored
        self.before_s = -1e9  # when the read before it began

    def look(self, one: _Environment, now_s: float) -> tuple[str, float]:
        """What an environment does for a poll, and how long it takes."""
        times, ttl_s = self.times, TTL_MS / 1_000
        if now_s < one.due_s:
            return "cached", times.answer_s
        if not self.is_shared:
            one.due_s = now_s + ttl_s
            return "read", times.read_s + times.answer_s
        if now_s >= max(self.begun_s + ttl_s, self.stored_s):
            self.before_s, self.begun_s = self.begun_s, now_s
            self.stored_s = now_s + times.read_s
            one.due_s = now_s + ttl_s
            return "read", times.read_s + times.answer_s
        one.view_s = self.begun_s if now_s >= self.stored_s else self.before_s
        one.due_s = max(one.view_s + ttl_s, now_s + AGAIN_MS / 1_000)
        return "take", times.take_s + times.answer_s
