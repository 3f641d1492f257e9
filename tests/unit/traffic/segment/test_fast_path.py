"""A reading takes the fast path only if it cannot change a calm alert."""

from __future__ import annotations

import math

import pytest

from traffic.policy import PLATOON_VEHICLES
from traffic.segment.fast_path import fast_path_of
from traffic.segment.validation import MS_PER_VEHICLE, SLOW_KMH
from traffic.segment.windows import tenths_of


@pytest.mark.parametrize("high", range(50, 1_001, 5))
def test_no_score_below_the_limit_rounds_up_to_the_threshold(high: int) -> None:
    limit = fast_path_of(10.0, 10_000, True, 50.0, high).score_limit
    below = math.nextafter(limit, 0.0)

    assert tenths_of(below) == high - 1
    assert tenths_of(limit + 0.01) == high


def test_a_platoon_is_believed_and_a_full_carriageway_is_not_questioned() -> None:
    short, long = (fast_path_of(None, ms, False, 0.0, 500) for ms in (1_000, 60_000))

    assert short.max_count == PLATOON_VEHICLES
    assert long.max_count == 60_000 // MS_PER_VEHICLE


def test_slow_traffic_is_looked_at_closely() -> None:
    assert fast_path_of(None, 1_000, False, 0.0, 500).min_speed == SLOW_KMH
    assert fast_path_of(None, 1_000, False, 52.5, 500).min_speed == 52.5
    assert fast_path_of(None, 1_000, True, 52.5, 500).min_speed == SLOW_KMH
