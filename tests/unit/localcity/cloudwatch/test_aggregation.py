"""What is added up in the process is what CloudWatch's store is given."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from ministack.services import cloudwatch

from localcity.cloudwatch import store
from localcity.cloudwatch.aggregation import Key, Metric, Sum, Tallies

METRIC = Metric("000000000000", "nowhere", "Town", "Cars", (("Road", "a"),))


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cloudwatch._metrics._data.clear()


def test_values_become_one_sum() -> None:
    tallies = Tallies()
    for value in (3, 0, 5):
        tallies.add(METRIC, value)

    assert tallies.drain() == {(METRIC, None): {0: Sum(3, 8, 0, 5)}}
    assert tallies.drain() == {}


def test_nothing_is_lost_between_threads() -> None:
    tallies = Tallies()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _n: tallies.add(METRIC, 1), range(4_000)))

    assert tallies.drain()[METRIC, None][0].total == 4_000


def written(tallies: Tallies) -> list[store.Point]:
    store.write(tallies.drain(), at=105.0, resolution_s=10)
    key = ("Town", "Cars", "Road=a")
    return list(store.points(METRIC.account, METRIC.region, key, 0))


def test_a_sum_is_a_statistic_set_of_its_tenth_second() -> None:
    tallies = Tallies()
    tallies.add(METRIC, 2)
    tallies.add(METRIC, 6)

    points = written(tallies)

    assert [p["Timestamp"] for p in points] == [100.0]
    assert points[0]["Dimensions"] == {"Road": "a"}
    assert cloudwatch._calc_stats(points) == {
        "SampleCount": 2,
        "Sum": 8,
        "Average": 4,
        "Minimum": 2,
        "Maximum": 6,
    }


def test_percentiles_of_many_values_are_right_within_2_percent() -> None:
    tallies = Tallies()
    for value in range(1, 10_001):
        tallies.spread(METRIC, value)

    points = written(tallies)

    stats = cloudwatch._calc_stats(points)
    assert (stats["SampleCount"], stats["Sum"]) == (10_000, 50_005_000)
    assert len(points) < 500
    for percentile in (1, 50, 99):
        found = cloudwatch._stat_value(stats, f"p{percentile}", points)
        assert found == pytest.approx(percentile * 100, rel=0.02)


def test_zero_and_what_is_below_keep_their_sign() -> None:
    tallies = Tallies()
    for value in (-5, 0, 0, 5):
        tallies.spread(METRIC, value)

    assert sorted(p["Value"] for p in written(tallies)) == [-5, 0, 5]


def test_a_value_with_a_time_of_its_own_is_put_there() -> None:
    tallies = Tallies()
    tallies.spread(METRIC, 1, at=42.0)

    assert [p["Timestamp"] for p in written(tallies)] == [40.0]


def test_old_points_are_forgotten_and_young_ones_kept() -> None:
    found: dict[Key, dict[int, Sum]] = {
        (METRIC, at): {0: Sum(1, 1, 1, 1)} for at in (100.0, 50_000.0)
    }
    store.write(found, at=0, resolution_s=10)

    store.forget(50_000.0 + store.KEEP_S)
    key = ("Town", "Cars", "Road=a")
    left = store.points(METRIC.account, METRIC.region, key, 0)
    assert [p["Timestamp"] for p in left] == [50_000.0]

    store.forget(60_000.0 + store.KEEP_S)
    assert cloudwatch._metrics._data == {}
