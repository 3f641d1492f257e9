"""What holds of every profile, whatever the days were."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from traffic.profiles.day_records import RECORD_BYTES, UNKNOWN, lows_of, medians_of
from traffic.profiles.local_days import KINDS, SLOTS
from traffic.profiles.unusual import bound_of, expected_of, usual_of
from traffic.profiles.usual_speeds import PROFILE_BYTES, of_kind, profile_of

Days = list[tuple[int, bytes]]


@st.composite
def some_days(draw: st.DrawFn) -> Days:
    """Days of any kinds, with speeds that are sometimes unknown."""
    rng = draw(st.randoms(use_true_random=False))
    return [
        (draw(st.sampled_from(range(len(KINDS)))), some_record(rng))
        for _ in range(draw(st.integers(0, 9)))
    ]


def some_record(rng: random.Random) -> bytes:
    """Medians, lows of the same half hours, and quiet hours: known or unknown."""
    speeds = [*range(0, 120, 7), UNKNOWN]
    mids = rng.choices(speeds, k=SLOTS)
    lows = [mid if mid == UNKNOWN else rng.randint(0, mid) for mid in mids]
    return bytes([*mids, *lows, *rng.choices(speeds, k=RECORD_BYTES - 2 * SLOTS)])


@given(some_days(), st.randoms(use_true_random=False))
def test_the_order_of_days_never_matters(days: Days, rng: random.Random) -> None:
    shuffled = rng.sample(days, len(days))

    assert profile_of(shuffled) == profile_of(days)
    assert len(profile_of(days)) == PROFILE_BYTES


@given(some_days())
def test_what_is_usual_lies_within_what_was_seen(days: Days) -> None:
    for kind in range(len(KINDS)):
        part = of_kind(profile_of(days), kind)
        records = [record for one, record in days if one == kind]
        for slot in range(SLOTS):
            seen = [medians_of(one)[slot] for one in records]
            known = [speed for speed in seen if speed != UNKNOWN]
            usual = usual_of(part, slot)
            assert (usual is not None) == (len(known) >= 3)
            if usual is not None:
                assert min(known) <= usual <= max(known)


@given(some_days())
def test_no_day_that_was_learned_is_unusual_for_its_lowest_ten_minutes(
    days: Days,
) -> None:
    for kind in range(len(KINDS)):
        records = [record for one, record in days if one == kind]
        if not 3 <= len(records) <= 6:  # of more, the 5 % quantile is not the least
            continue
        part = of_kind(profile_of(days), kind)
        for slot in range(SLOTS):
            bound = bound_of(part, slot)
            lows = [lows_of(one)[slot] for one in records]
            if bound is not None:
                assert min(lows) >= bound


@given(some_days(), st.integers(0, 1439), st.floats(0, 250))
def test_an_expected_speed_lies_between_the_present_and_the_usual_ones(
    days: Days, minute: int, speed: float
) -> None:
    part = of_kind(profile_of(days), 0)
    known = [one for one in part[:SLOTS] if one != UNKNOWN]

    for ahead in (15, 30, 60):
        guess = expected_of(part, part, minute, ahead, speed)
        if guess is not None:
            spread = max(known) - min(known)
            assert 0 <= guess <= max(speed, *known) + spread


def test_a_record_is_as_long_as_the_laws_assume() -> None:
    assert RECORD_BYTES == 144
