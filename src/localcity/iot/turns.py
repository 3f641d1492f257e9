"""Turns of the event loop, shared by devices and requests."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """Lets at most so many devices be read in each turn of the loop.

    A request takes a dozen turns: were each as long as hundreds of devices take, all
    functions would stand still while devices send.
    """

    def __init__(self, most: int) -> None:
        self._most = self._left = most
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_due = False

    async def take(self) -> None:
        """Return in a turn that has room, in the order of the calls."""
        loop = asyncio.get_running_loop()
        if not self._is_due:
            self._is_due = True
            loop.call_soon(self._begin, loop)
        if self._left:
            self._left -= 1
            return
        place = loop.create_future()
        self._waiting.append(place)
        await place

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left, self._is_due = self._most, bool(self._waiting)
        while self._waiting and self._left:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                self._left -= 1
        if self._is_due:
            loop.call_soon(self._begin, loop)
