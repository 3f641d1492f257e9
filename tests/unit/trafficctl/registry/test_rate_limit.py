"""Devices are registered under the quotas, slower at a complaint, and fast again."""

from __future__ import annotations

import pytest

from trafficctl.registry.rate_limit import (
    DEFAULT_RATE,
    RECOVERY_S,
    SLOWEST,
    RateLimiter,
)

LOWEST_QUOTA = 10  # a second: CreateThing, RegisterThing


def starts(pace: RateLimiter, seconds: float) -> list[float]:
    """When devices begin, each as soon as it may."""
    now, found = 0.0, list[float]()
    while now < seconds:
        now += pace.reserve(now)
        found.append(now)
    return found


def test_devices_begin_evenly() -> None:
    assert starts(RateLimiter(4, 0.0), 1.0) == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


def test_the_usual_rate_leaves_room_under_the_lowest_quota() -> None:
    for second in range(5):
        begun = [
            s for s in starts(RateLimiter(DEFAULT_RATE, 0.0), 6) if int(s) == second
        ]
        assert len(begun) < LOWEST_QUOTA


def test_a_pause_is_not_made_up_for() -> None:
    pace = RateLimiter(4, 0.0)
    pace.reserve(0.0)

    assert pace.reserve(100.0) == 0
    assert pace.reserve(100.0) == 0.25


def test_the_rate_halves_at_a_complaint() -> None:
    pace = RateLimiter(8, 0.0)
    pace.throttled(1.0)

    assert pace.rate == 4


def test_complaints_of_one_moment_are_one() -> None:
    pace = RateLimiter(8, 0.0)
    for _ in range(12):
        pace.throttled(1.0)

    assert pace.rate == 4


def test_nobody_begins_right_after_a_complaint() -> None:
    pace = RateLimiter(8, 0.0)
    wait_s = pace.throttled(1.0)

    assert pace.reserve(1.0) >= wait_s > 0


def test_the_rate_recovers_while_nobody_complains_and_no_further() -> None:
    pace = RateLimiter(8, 0.0)
    pace.throttled(0.0)
    rates = []
    for second in (5, 10, 2 * RECOVERY_S):
        pace.reserve(second)
        rates.append(pace.rate)

    assert 4 < rates[0] < rates[1] < 8
    assert rates[2] == 8


def test_it_never_stops_altogether() -> None:
    pace = RateLimiter(8, 0.0)
    for second in range(0, 100, 2):
        pace.throttled(second)

    assert pace.rate >= SLOWEST
