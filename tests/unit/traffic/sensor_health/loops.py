"""Loops that count too many or too few, on lanes made up vehicle by vehicle."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from trafficctl.simulate.vehicles import LoopDetector, Traffic, TrafficAt

from .street import Says

Ratio = Callable[[float], float]  # what a loop counts for each vehicle, by the second


def flowing(speed: float = 58.0, flow: float = 900.0) -> TrafficAt:
    """Free flow, day and night."""
    return lambda _: Traffic(speed, flow)


def from_to(ratio: float, start_s: float, end_s: float = float("inf")) -> Ratio:
    """A loop that miscounts during that span."""
    return lambda at: ratio if start_s < at <= end_s else 1.0


def loop(
    state: TrafficAt,
    end_s: int,
    ratio: Ratio = lambda _: 1.0,
    step_s: int = 60,
    seed: int = 1,
) -> Says:
    """What a loop says; it misses or adds vehicles, and is covered by all of them."""
    luck = random.Random(seed)  # noqa: S311 - made-up traffic guards no secret
    lane = LoopDetector(state, luck)
    said = [
        _said(lane, luck, at, ratio(at)) for at in range(0, end_s + 1, step_s) if at
    ]
    return lambda at: said[max(0, int(min(at, end_s)) // step_s - 1)]


def _said(
    lane: LoopDetector, luck: random.Random, at: int, ratio: float
) -> dict[str, Any]:
    vehicles, speed, occupancy = lane.read(at)
    count = sum(int(ratio + luck.random()) for _ in range(vehicles))
    told = round(speed, 1) if speed is not None and count else None
    return {"vehicle_count": count, "speed": told, "occupancy": round(occupancy, 3)}
