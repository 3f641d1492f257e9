"""Several features with one id: the same, versions of each other, or a fault."""

from __future__ import annotations

from typing import Any

import pytest

from trafficctl.roads.geojson import feature
from trafficctl.roads.mapping import PropertyMapping

from .test_mapping import network, refusal
from .test_roads import EAST


def test_a_feature_that_comes_again_is_taken_once() -> None:
    one = feature(EAST, segment_id="a")

    found = network(one, feature(EAST, segment_id="b"), one)

    assert [road.segment_id for road in found.roads] == ["a", "b"]
    assert found.notices == ["1 feature left out: each repeats an earlier one"]


def test_two_versions_of_a_road_are_refused_with_what_differs() -> None:
    one, other = (feature(EAST, segment_id="a", lanes=n) for n in (1, 2))

    assert "'a' is already feature 1, with another lanes - " in refusal(one, other)
    found = network(one, other, skip_bad=True)
    assert [road.lanes for road in found.roads] == [1]


@pytest.mark.parametrize(
    "versions",
    [
        (1, 3, 2),
        ("2024-12-31", "2025-02-01", None),
        (9, "2025", 10),
        ("9", "10", ""),
        ("2026-03-20T06:00:00+02:00", "2026-03-20T05:00:00Z", None),
        ("2026-03-20", "2026-03-20 00:01", "2026-03-19T23:59:59.999"),
    ],
)
def test_the_newest_version_of_a_road_is_taken_where_asked(versions: Any) -> None:
    features = [
        feature(EAST, segment_id="a", lanes=lanes, since=since)
        for lanes, since in enumerate(versions, 1)
    ]

    found = network(*features, words=PropertyMapping(newest="since"))

    assert [road.lanes for road in found.roads] == [2]
    assert found.notices == ["2 features left out: a newer one has the same id"]


@pytest.mark.parametrize(
    "version",
    ["3/9/2026", "28.02.2026", "v9", True, float("nan"), ["2026"], "2026-02-30"],
)
def test_a_version_that_cannot_be_compared_is_refused(version: Any) -> None:
    words = PropertyMapping(newest="since")
    features = [
        feature(EAST, segment_id="a", since=one) for one in (version, "2026-03-01")
    ]

    first, *_ = refusal(*features, words=words).splitlines()
    assert first == (
        "f feature 1 'a', properties.since: expected a number, or a date or time such "
        f"as 2026-03-20 or 2026-03-20T06:00:00Z, got {version!r}"
    )
    assert len(network(*features, words=words, skip_bad=True).roads) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (None, None), (2026, "2026-03-20"), ("2026-03-20", "2026-03-20T00:00Z")],
)
def test_versions_of_which_none_is_newer_must_be_alike(one: Any, other: Any) -> None:
    words = PropertyMapping(newest="since")
    features = [
        feature(EAST, segment_id="a", name=name, since=since)
        for name, since in (("A", one), ("B", other))
    ]

    assert (
        "feature 2 'a', properties.segment_id: 'a' is already feature 1, with another "
        "name - give each its own, or correct since, which does not say which of them "
        "is newer"
    ) in refusal(*features, words=words)
    same = network(features[0], features[0], words=words)
    assert same.notices == ["1 feature left out: each repeats an earlier one"]


def test_features_without_an_id_are_not_versions_of_each_other() -> None:
    told = refusal(
        *[feature(EAST, since=1)] * 2, 7, words=PropertyMapping(newest="since")
    )

    assert [line.split(",")[0] for line in told.splitlines()[:3]] == [
        "f feature 1",
        "f feature 2",
        "f feature 3",
    ]
