"""Decisions remembered, where one is asked for with each message."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

# IAM and IoT themselves take longer to notice a changed policy.
TTL_S = 1.0
MAX_ENTRIES = 100_000

T = TypeVar("T")


class Memo(Generic[T]):
    """Answers by question, each good for `ttl_s`."""

    def __init__(
        self, ttl_s: float = TTL_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl_s, self._clock = ttl_s, clock
        self._known: dict[Hashable, tuple[float, T]] = {}

    def get(self, question: Hashable, ask: Callable[[], T]) -> T:
        """The remembered answer to `question`, or what `ask` says now."""
        now = self._clock()
        known = self._known.get(question)
        if known is not None and known[0] > now:
            return known[1]
        answer = ask()
        if len(self._known) >= MAX_ENTRIES:
            self._known.clear()
        self._known[question] = (now + self._ttl_s, answer)
        return answer
