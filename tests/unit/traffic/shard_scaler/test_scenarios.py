"""Days of traffic on a model of AWS's limits, seen by the function that is deployed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.scaling import (
    BEGIN_S,
    HEADERS,
    HOUR_S,
    Outcome,
    Scenario,
    figures,
    noisy,
    played,
    ramp,
    run,
    sawtooth,
)
from bench.shards import DAY_S, Stream
from tests.docs.pages import states
from traffic.shard_scaler.aws import TAG
from traffic.shard_scaler.decide import DOWN_SHARE, Bounds
from traffic.shard_scaler.history import CHANGES_A_DAY, read

from .laws import is_within_limits

# Metrics are up to two minutes late, the look comes within one, and each shard takes
# half a minute to split: from two shards to sixteen that is thirteen minutes.
THIRTEEN_MINUTES_S = 780
PAGE = Path(__file__).parents[4] / "docs" / "guides" / "capacity.md"


def at(second: int) -> int:
    return BEGIN_S + second


def counts(outcome: Outcome) -> list[int]:
    """The shards through time, each count once."""
    return [
        count for count, _ in itertools.groupby(n for _, n in outcome.stream.counts)
    ]


def test_each_scenario_keeps_to_aws_limits() -> None:
    beyond = [
        name for name, one in played().items() if not is_within_limits(one.stream)
    ]
    assert beyond == []


def test_a_morning_surge_is_met_before_it_comes() -> None:
    surge = played()["morning surge, x8 in an hour"]

    assert counts(surge) == [2, 4, 8, 16]
    assert surge.shortfall_s == 0


def test_a_burst_is_short_of_shards_for_less_than_four_minutes() -> None:
    burst = played()["burst, x3 in a minute"]

    assert counts(burst) == [4, 8, 16]
    assert 0 < burst.shortfall_s <= 240


def test_a_slow_night_gives_shards_back_step_by_step() -> None:
    night = played()["slow night"]

    assert counts(night) == [16, 8, 4, 2]
    assert night.shortfall_s == 0
    hours = [b - a for (a, _), (b, _) in itertools.pairwise(night.stream.counts)]
    assert min(hours) >= HOUR_S


def test_a_noisy_plateau_at_the_threshold_changes_shards_once() -> None:
    assert counts(played()["noisy plateau at 70 %"]) == [4, 8]


@pytest.mark.parametrize("level", [0.5, 0.7, 0.85, 1.0])
@pytest.mark.parametrize("spread", [0.05, 0.3])
def test_no_plateau_makes_shards_flap(level: float, spread: float) -> None:
    """Up at once, down after an hour: whatever comes first, the other never follows."""
    plateau = noisy(lambda _second: level * 8 * DOWN_SHARE, spread, seed=4)

    outcome = run(Scenario("", plateau, 8, 8, Bounds(2, 32)))

    assert min(outcome.ups, outcome.downs) == 0
    assert len(outcome.steps) <= 1


def test_a_week_of_commuters_is_served_with_fewer_shards_than_its_peak_needs() -> None:
    week = played()["a week of commuters"]

    assert week.shortfall_s == 0
    assert week.shard_s < week.fixed_peak * week.seconds
    assert max(counts(week)) == 16
    assert min(counts(week)) == 2


def test_an_attack_by_sawtooth_never_uses_up_the_way_to_the_top() -> None:
    attack = played()["sawtooth every 3 h, 3 days"]

    assert attack.shortfall_s <= THIRTEEN_MINUTES_S
    assert attack.total("ScalerHeldBack") == 0  # it always could go up
    assert attack.stream.shards == 32


def test_a_slower_attack_that_waits_for_each_way_down_finds_capacity_too() -> None:
    teeth = sawtooth(6 * HOUR_S, 1_800, 0.5, 20.0)

    attack = run(Scenario("", teeth, 31, 2, Bounds(2, 32)))

    assert is_within_limits(attack.stream)
    assert attack.downs > 0
    assert attack.total("ScalerHeldBack") == 0
    assert max(counts(attack)) == 32


def test_a_storm_beyond_the_bound_takes_all_that_is_allowed_and_says_so() -> None:
    storm = played()["storm beyond the upper bound"]

    assert counts(storm) == [4, 8, 16]
    assert storm.lines[-1]["ScalerHeldBack"] == 1
    assert storm.lines[-1]["ShardUtilizationPercent"] == 100
    assert "KinesisMaxShardCount 16" in storm.lines[-1]["Decision"]


def test_a_storm_beyond_the_accounts_quota_is_held_back_by_aws() -> None:
    storm = ramp(HOUR_S, 600, 2.0, 20.0)

    outcome = run(Scenario("", storm, 3, 4, Bounds(2, 32), {"quota": 8}))

    assert counts(outcome) == [4, 8]
    assert outcome.failed_looks == 0
    assert outcome.lines[-1]["ScalerHeldBack"] == 1
    assert outcome.lines[-1]["Decision"].endswith("AWS: the limit")


def test_one_key_too_hot_costs_one_doubling_too_much_and_is_named() -> None:
    hot = played()["one key too hot"]

    assert max(counts(hot)) == 8
    assert hot.stream.shards == 8
    assert hot.lines[-1]["HotShard"] == 1
    assert hot.lines[-1]["ScalerHeldBack"] == 0


def test_a_slow_processor_on_half_empty_shards_changes_nothing() -> None:
    slow = {"age_ms": lambda _now_s: 60_000.0}

    outcome = run(Scenario("", lambda _second: 1.0, 6, 4, Bounds(2, 32), slow))

    assert counts(outcome) == [4]
    assert "it is slow" in outcome.lines[-1]["Decision"]


# What goes wrong


def test_a_lost_answer_is_found_out_and_counted() -> None:
    surge = ramp(HOUR_S, HOUR_S, 0.8, 6.4)
    lost = {"answers_lost": 2}

    outcome = run(Scenario("", surge, 3, 2, Bounds(2, 16), lost))

    assert counts(outcome) == [2, 4, 8, 16]
    assert outcome.failed_looks == 2
    assert outcome.shortfall_s == 0
    assert [count.shards for count in read(outcome.stream.tags[TAG])] == [2, 4, 8, 16]


def by_hand(target: int) -> Callable[[Stream], object]:
    return lambda stream: stream.update_shard_count(TargetShardCount=target)


def test_a_persons_change_is_kept_for_an_hour_and_counted() -> None:
    outcome = run(
        Scenario("", lambda _second: 0.5, 3, 4, Bounds(4, 32)),
        by_hand={600: by_hand(8)},
    )

    assert counts(outcome) == [4, 8, 4]
    (up_s, _), (down_s, _) = outcome.stream.counts[1:]
    assert down_s - up_s >= HOUR_S
    assert len(outcome.stream.calls_s) == 2


def test_a_person_who_goes_under_the_lower_bound_is_overruled() -> None:
    outcome = run(
        Scenario("", lambda _second: 0.5, 1, 4, Bounds(4, 32)),
        by_hand={600: by_hand(2)},
    )

    assert counts(outcome) == [4, 2, 4]


def test_what_a_person_used_up_of_the_day_is_no_longer_there() -> None:
    play = {600 * (i + 1): by_hand(8 if i % 2 == 0 else 4) for i in range(10)}
    storm = ramp(3 * HOUR_S, 600, 1.0, 5.0)

    outcome = run(Scenario("", storm, 27, 4, Bounds(4, 32)), by_hand=play)

    assert is_within_limits(outcome.stream)
    assert len(outcome.stream.calls_s) == CHANGES_A_DAY + 1
    last_s = outcome.stream.calls_s[-1]
    assert last_s - outcome.stream.calls_s[0] >= DAY_S  # the first was free again
    held = [line for line in outcome.lines if line["ScalerHeldBack"]]
    assert "no change left in 24 h" in held[0]["Decision"]
    assert outcome.stream.shards == 8


def test_silent_metrics_hold_the_shards() -> None:
    night = ramp(HOUR_S, HOUR_S, 10.0, 0.5)
    silent = {"silent": lambda now_s: at(HOUR_S) <= now_s < at(8 * HOUR_S)}

    outcome = run(Scenario("", night, 12, 16, Bounds(2, 32), silent))

    assert [count_s for count_s, _ in outcome.stream.counts[1:]] != []
    assert min(count_s for count_s, _ in outcome.stream.counts[1:]) > at(8 * HOUR_S)
    blind = [line for line in outcome.lines if "no metrics" in line["Decision"]]
    assert len(blind) > 6 * 60


def test_a_cloudwatch_that_refuses_to_answer_delays_only() -> None:
    surge = ramp(HOUR_S, HOUR_S, 0.8, 6.4)
    busy = {"busy": lambda now_s: now_s // 60 % 2 == 1}

    outcome = run(Scenario("", surge, 4, 2, Bounds(2, 16), busy))

    assert outcome.failed_looks == 120
    assert counts(outcome) == [2, 4, 8, 16]
    assert outcome.shortfall_s == 0


def test_a_lost_memory_costs_a_day_of_shards_and_no_capacity() -> None:
    scenario = Scenario("", lambda _second: 0.5, 30, 8, Bounds(2, 32))
    forgetful = replace(scenario, stream={"tags": {TAG: "scribbled over"}})

    outcome = run(forgetful)

    assert counts(outcome)[:2] == [8, 4]
    assert outcome.stream.counts[1][0] >= at(DAY_S)


def test_the_page_on_capacity_has_the_figures_of_the_command() -> None:
    days = {
        name: dict(zip(HEADERS, figures(one), strict=True))
        for name, one in played().items()
    }
    burst = days["burst, x3 in a minute"]
    refused = f"{burst['refused, %']} %"
    page = PAGE.read_text()

    assert states(page, "commuters", f"{days['a week of commuters']['saved, %']} %")
    assert states(page, "burst", f"{burst['longest shortfall, s']} s", refused)
