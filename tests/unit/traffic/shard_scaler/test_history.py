"""The scaler's memory: what it saw and did, in one tag."""

from __future__ import annotations

import pytest

from traffic.shard_scaler.history import (
    DAY_S,
    ShardCount,
    changes_left,
    doublings,
    read,
    text,
    with_count,
)

from .builders import NOW_S, always, changes


def test_a_tag_tells_the_history_back() -> None:
    history = changes(2, 4, 8)

    assert read(text(history)) == history
    assert text(history).endswith(f" {NOW_S - 90 * 60}:8")


@pytest.mark.parametrize(
    "tag", ["", "by hand", "12", "12:0", "12:-4", "1:2:3", "1:2 x:4", "1.5:2"]
)
def test_a_tag_that_cannot_be_read_is_no_history(tag: str) -> None:
    assert read(tag) == ()


def test_the_tag_fits_into_what_aws_allows_and_keeps_the_newest() -> None:
    long = tuple(ShardCount(NOW_S + i, 2 + i % 2) for i in range(40))

    assert len(text(long)) <= 256
    assert read(text(long)) == long[-len(read(text(long))) :]
    assert len(read(text(long))) > 10  # as many as AWS allows, and where they began


def test_only_a_new_count_is_noted() -> None:
    assert with_count((), 2, NOW_S) == (ShardCount(NOW_S, 2),)
    assert with_count(always(2), 2, NOW_S) == always(2)
    assert with_count(always(2), 4, NOW_S) == (*always(2), ShardCount(NOW_S, 4))


def test_of_what_is_older_than_a_day_only_the_last_is_kept() -> None:
    ages_h = (50, 30, 24, 23, 1)
    history = tuple(ShardCount(NOW_S - 3_600 * age, 2 + age % 2) for age in ages_h)

    assert with_count(history, 3, NOW_S) == history[2:]


def test_what_a_person_wrote_of_the_future_is_forgotten() -> None:
    ahead = (*always(2), ShardCount(NOW_S + 1, 8))

    assert with_count(ahead, 2, NOW_S) == always(2)


def test_each_change_of_a_day_is_one_of_ten() -> None:
    assert changes_left(always(2), NOW_S) == 10
    assert changes_left(changes(2, 4, 8, 4), NOW_S) == 7
    assert changes_left(changes(2, *[4, 2] * 7), NOW_S) == 0


def test_a_change_is_free_again_after_a_day() -> None:
    history = (
        ShardCount(NOW_S - 2 * DAY_S, 2),
        ShardCount(NOW_S - DAY_S, 4),
        ShardCount(NOW_S, 8),
    )

    assert changes_left(history, NOW_S) == 9
    assert changes_left(history, NOW_S - 1) == 8


def test_a_jump_was_as_many_changes_as_it_takes() -> None:
    assert changes_left(changes(2, 16), NOW_S) == 7
    assert changes_left(changes(16, 2), NOW_S) == 7


@pytest.mark.parametrize(
    ("low", "high", "steps"), [(2, 2, 0), (2, 3, 1), (2, 4, 1), (3, 24, 3), (1, 256, 8)]
)
def test_a_way_up_has_so_many_steps(low: int, high: int, steps: int) -> None:
    assert doublings(low, high) == steps
