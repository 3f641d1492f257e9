"""Devices and requests share the turns of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localcity.iot.turns import Turns


def run(city: Coroutine[Any, Any, Any]) -> Any:
    """Run in a loop of its own: a browser's may run in this thread."""
    with ThreadPoolExecutor(1) as own:
        return own.submit(asyncio.run, city).result()


async def count_turns(turns: list[int]) -> None:
    """Count the turns of the loop, as a request that waits for many of them."""
    for _ in range(len(turns) + 20):
        turns.append(len(turns))
        await asyncio.sleep(0)


def test_so_many_devices_are_read_in_a_turn_and_in_their_order() -> None:
    shared, turns = Turns(3), list[int]()
    read: list[tuple[int, int]] = []

    async def device(number: int) -> None:
        await shared.take()
        read.append((len(turns), number))

    async def city() -> None:
        await asyncio.gather(*map(device, range(10)), count_turns(turns))

    run(city())

    assert [number for _, number in read] == list(range(10))
    in_a_turn = [sum(turn == one for turn, _ in read) for one, _ in read]
    assert max(in_a_turn) == 3
    assert read[-1][0] - read[0][0] <= 5


def test_a_device_alone_does_not_wait() -> None:
    shared, turns = Turns(1), list[int]()

    async def city() -> int:
        counting = asyncio.create_task(count_turns(turns))
        await shared.take()
        counting.cancel()
        return len(turns)

    assert run(city()) == 0


def test_a_device_that_goes_takes_no_place() -> None:
    shared = Turns(1)

    async def city() -> None:
        await shared.take()
        gone, waits = (asyncio.create_task(shared.take()) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait_for(waits, 1)

    run(city())
