"""No change is lost on a viewer, whichever execution environments answer it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.live_map import changes
from traffic.live_map.changes import (
    Row,
    Snapshot,
    Version,
    changed_since,
    take_snapshot,
    version_of,
)

AGE = 1


def snapshot(*rounds: list[Row], step_ms: int = 2_000) -> Snapshot:
    """The last of several scans, a step apart and 100 ms long."""
    made: Snapshot | None = None
    for number, rows in enumerate(rounds, 1):
        begun = number * step_ms
        made = take_snapshot(made, rows, AGE, begun, begun + 100)
    assert made is not None
    return made


def since(made: Snapshot, environment: str = "aa") -> Version | None:
    return version_of(made.version(environment))


def test_a_first_look_gives_everything() -> None:
    made = snapshot([("a", 1), ("b", 2)])

    assert changed_since(made, "aa", None) == ([("a", 1), ("b", 2)], True)


def test_a_look_at_the_same_scan_gives_nothing() -> None:
    made = snapshot([("a", 1)])

    assert changed_since(made, "aa", since(made)) == ([], False)


def test_only_what_changed_is_given_even_at_an_equal_time_of_update() -> None:
    first = [("a", 1, 30), ("b", 1, 40), ("c", 1, 50)]
    before, after = snapshot(first), snapshot(first, [*first[:2], ("c", 1, 55)])

    assert changed_since(after, "aa", since(before)) == ([("c", 1, 55)], False)


def test_a_change_written_long_after_its_own_time_is_given() -> None:
    before = snapshot([("a", 1_900_000), ("b", 7)])
    after = snapshot([("a", 1_900_000), ("b", 7)], [("a", 1_900_000), ("b", 8)])

    assert changed_since(after, "aa", since(before)) == ([("b", 8)], False)


def test_a_replica_that_lags_does_not_turn_a_segment_back() -> None:
    made = snapshot([("a", 5, "new")], [("a", 4, "old")])

    assert list(made.rows.values()) == [("a", 5, "new")]
    assert changed_since(made, "aa", Version("aa", 1, 2_000)) == ([], False)


def test_a_segment_heard_of_for_the_first_time_is_given() -> None:
    made = snapshot([("a", 1), ("b", None)], [("a", 1), ("b", 9), ("c", None)])

    news, is_full = changed_since(made, "aa", Version("aa", 1, 2_000))
    assert (news, is_full) == ([("b", 9), ("c", None)], False)


def test_a_segment_taken_off_the_map_has_everything_given_anew() -> None:
    made = snapshot([("a", 1), ("b", 2)], [("a", 1)], [("a", 1)])

    assert changed_since(made, "aa", Version("aa", 1, 2_000)) == ([("a", 1)], True)
    assert changed_since(made, "aa", Version("aa", 2, 4_000)) == ([], False)


def test_a_version_of_an_environment_that_knows_more_is_answered_with_less() -> None:
    mine = snapshot([("a", 1)], [("a", 1)], [("a", 1)])

    assert changed_since(mine, "aa", Version("bb", 9, 90_000)) == ([], False)


def test_what_another_environment_may_have_missed_is_given_again() -> None:
    made = snapshot([("a", 1), ("b", 2)], [("a", 1), ("b", 3)])
    seen_ms = 4_100  # the end of the scan that first saw b as it is

    late = Version("bb", 1, seen_ms + changes.MARGIN_MS - 1)
    assert changed_since(made, "aa", late) == ([("b", 3)], False)
    safe = Version("bb", 1, seen_ms + changes.MARGIN_MS)
    assert changed_since(made, "aa", safe) == ([], False)


@pytest.mark.parametrize(
    "held",
    [
        Version("bb", 1, 2_000 - changes.FORGET_MS),
        Version("bb", 1, 2_000 + changes.FORGET_MS),
        Version("aa", 2, 2_000),
    ],
    ids=["too old", "from the future", "made up"],
)
def test_a_version_nobody_can_hold_is_answered_in_full(held: Version) -> None:
    made = snapshot([("a", 1)])

    assert changed_since(made, "aa", held) == ([("a", 1)], True)


@pytest.mark.parametrize(
    "text", [None, "", "1", "1-2", "x-aa-1", "1-AA-1", "1-aa-1 ", "9" * 99, "-1-aa-1"]
)
def test_what_is_no_version_is_none(text: str | None) -> None:
    assert version_of(text) is None


def test_a_version_reads_as_it_was_written() -> None:
    assert version_of("2000-aa-1") == Version("aa", 1, 2_000)
    assert str(Version("aa", 1, 2_000)) == "2000-aa-1"


@pytest.mark.parametrize(
    ("last_ms", "now_ms", "is_due"),
    [
        (None, 0, True),
        (1_000, 2_899, False),
        (1_000, 2_900, True),
        (1_000, 999, True),
    ],
)
def test_a_cache_lives_less_than_a_poll_and_distrusts_a_clock_set_back(
    last_ms: int | None, now_ms: int, is_due: bool
) -> None:
    assert changes.is_due(last_ms, now_ms, changes.TTL_MS) is is_due


@dataclass
class Environment:
    """An execution environment: its clock's error, and its last scan."""

    name: str
    skew_ms: int
    held: Snapshot | None = None


@dataclass
class World:
    """A table that changes, environments that scan it late, and one viewer.

    Replicas lag: a scan sees each row as it was up to a second before.
    """

    writes: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    shown: dict[str, Row] = field(default_factory=dict)
    version: str | None = None

    def write(self, key: str, at_ms: int, value: int) -> None:
        self.writes.setdefault(key, []).append((at_ms, value))

    def scan(self, one: Environment, at_ms: int, lag_ms: int, took_ms: int) -> None:
        rows = []
        for key, values in self.writes.items():
            seen = [v for written, v in values if written <= at_ms - lag_ms]
            if seen:
                rows.append((key, seen[-1]))
        begun = at_ms + one.skew_ms
        one.held = take_snapshot(one.held, rows, AGE, begun, begun + took_ms)

    def poll(self, one: Environment) -> None:
        assert one.held is not None
        held = version_of(self.version)
        news, is_full = changed_since(one.held, one.name, held)
        kept = {} if is_full else self.shown
        fresh = {row[0]: row for row in news}
        older = {k for k in fresh if k in self.shown and self.shown[k][1] > fresh[k][1]}
        self.shown = {**kept, **fresh, **{k: self.shown[k] for k in older}}
        self.version = one.held.version(one.name)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 100, 900, 3_000]),  # ms until the step
        st.sampled_from("abcd"),  # a row that is written before it
        st.integers(0, 1),  # who answers
        st.booleans(),  # whether its cache had to be read again
        st.booleans(),  # whether it is our viewer, or another
        st.sampled_from([0, 1_000]),  # how far the replica lags
        st.sampled_from([0, 900]),  # how long the scan takes
    ),
    max_size=12,
)


@settings(max_examples=200)
@given(STEPS, st.tuples(st.integers(-100, 100), st.integers(-100, 100)))
def test_a_viewer_ends_with_the_table_after_any_answer(
    steps: list[tuple[int, str, int, bool, bool, int, int]], skews: tuple[int, int]
) -> None:
    world = World()
    both = [Environment(n, skew) for n, skew in zip(("aa", "bb"), skews, strict=True)]
    world.write("a", 0, 0)
    at_ms = 10_000
    for value, step in enumerate(steps, 1):
        wait_ms, key, who, is_new, is_ours, lag_ms, took_ms = step
        at_ms += wait_ms
        world.write(key, at_ms, value)
        if is_new or both[who].held is None:
            world.scan(both[who], at_ms, lag_ms, took_ms)
            at_ms += took_ms
        if is_ours:
            world.poll(both[who])

    world.scan(both[1], at_ms + 5_000, 0, 0)
    world.poll(both[1])
    latest = {key: (key, values[-1][1]) for key, values in world.writes.items()}
    assert world.shown == latest
