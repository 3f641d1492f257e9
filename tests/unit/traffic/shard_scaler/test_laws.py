"""Whatever the traffic does: the limits are kept, and the way up stays open."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.scaling import STEP_S, Scenario, run
from traffic.shard_scaler.decide import Bounds, Minute, Scale, StreamState, decide
from traffic.shard_scaler.history import (
    DAY_S,
    ShardCount,
    changes_left,
    doublings,
    read,
    text,
    with_count,
)

from .builders import NOW_S
from .laws import is_within_limits

ODD = [1, 2, 3, 5, 7, 10, 12, 16, 24, 50, 100, 256]
# Four doublings from 2 to 32 split 30 shards, each in half a minute; before each of
# them metrics are two minutes late, fill two minutes, and are looked at within one. A
# halving under way, of 32 shards at most, is to end first.
SHORT_S = 30 * 30 + 4 * 5 * 60 + 16 * 30


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    low, high = sorted([draw(st.sampled_from(ODD)), draw(st.sampled_from(ODD))])
    return Bounds(low, high)


def hour(now_s: int, demand: float) -> list[Minute]:
    begin = now_s - now_s % 60
    return [Minute(begin - 60 * ago, 60_000 * demand, 0) for ago in range(60, 2, -1)]


@settings(max_examples=200)
@given(
    bounds(),
    st.lists(
        st.tuples(
            # Minutes that pass; what is filled then of the most shards there may be.
            st.one_of(st.sampled_from([1, 3, 60, 61, 1_440]), st.integers(1, 400)),
            st.one_of(st.sampled_from([0.0, 0.001, 1.0]), st.floats(0, 2)),
        ),
        min_size=20,
        max_size=120,
    ),
)
def test_every_way_down_can_be_taken_back(
    limits: Bounds, story: list[tuple[int, float]]
) -> None:
    """From any count, the changes left reach to the upper bound."""
    now_s, shards, made = NOW_S, limits.least, []
    history = (ShardCount(now_s - 2 * DAY_S, shards),)
    for minutes, share in story:
        now_s += 60 * minutes
        history = with_count(read(text(history)), shards, now_s)
        seen = StreamState(shards, hour(now_s, share * limits.most))
        decision = decide(seen, history, now_s, limits)
        if isinstance(decision, Scale):
            assert limits.least <= decision.target <= limits.most
            assert shards / 2 <= decision.target <= 2 * shards
            shards = decision.target
            made.append(now_s)
            assert len([at for at in made if at > now_s - DAY_S]) <= 10
        else:
            assert "no change left" not in decision.reason
        history = with_count(history, shards, now_s)
        assert changes_left(history, now_s) >= doublings(shards, limits.most)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(1, 90), st.floats(0.01, 0.69 * 32)),
        min_size=1,
        max_size=12,
    )
)
def test_demand_within_the_upper_bound_is_met_in_bounded_time(
    plan: list[tuple[int, float]],
) -> None:
    levels = [level for minutes, level in plan for _ in range(minutes * 60 // STEP_S)]

    def demand(second: int) -> float:
        return levels[second // STEP_S]

    hours = len(levels) * STEP_S / 3_600
    outcome = run(Scenario("", demand, hours, 2, Bounds(2, 32)))

    assert is_within_limits(outcome.stream)
    assert outcome.shortfall_s <= SHORT_S
    assert outcome.failed_looks == 0
    assert outcome.total("ScalerHeldBack") == 0
