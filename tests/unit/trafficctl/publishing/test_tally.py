"""What the tally says of runs that ended, and of runs that were killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.publishing.tally import LEAST_AHEAD, LINE_EVERY_MS, Run, Tally, read


class Clock:
    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "city" / "tally.jsonl"


def test_no_file_means_nothing_was_published(path: Path) -> None:
    assert read(path) == []


def test_a_run_that_ended_has_exact_figures(path: Path) -> None:
    clock = Clock()
    with Tally(path, "a", clock) as tally:
        for _ in range(4):
            tally.publishing(25)
        tally.acknowledge(75)
        tally.resending(25)
        clock.now = 9_000
    assert read(path) == [Run("a", 1_000, 9_000, 4, 100, 75, 25)]


def test_a_killed_run_never_says_less_than_it_published(path: Path) -> None:
    tally = Tally(path, "a", Clock())
    for published in range(1, 3_001):
        tally.publishing(1)
        assert read(path)[0].readings >= published if published % 97 == 0 else True
    assert read(path)[0].ended_at is None


def test_a_killed_run_says_at_most_a_tenth_too_much(path: Path) -> None:
    tally = Tally(path, "a", Clock())
    for _ in range(5_000):
        tally.publishing(1)
    assert read(path)[0].readings <= 5_000 * 1.1 + LEAST_AHEAD


def test_a_killed_run_never_says_that_more_was_acknowledged(path: Path) -> None:
    clock = Clock()
    tally = Tally(path, "a", clock)
    tally.publishing(30)
    tally.acknowledge(30)
    assert read(path)[0].acknowledged == 0
    clock.now += LINE_EVERY_MS
    tally.tick()
    assert read(path)[0].acknowledged == 30


def test_resending_is_written_down_before_it_happens(path: Path) -> None:
    tally = Tally(path, "a", Clock())
    tally.publishing(25)
    tally.resending(25)
    assert read(path)[0].resent == 25


def test_runs_are_counted_apart_and_the_last_line_of_each_wins(path: Path) -> None:
    for name in ("a", "b"):
        with Tally(path, name, Clock()) as tally:
            tally.publishing(1)
            tally.publishing(1)
    assert [(r.run, r.readings) for r in read(path)] == [("a", 2), ("b", 2)]


def test_a_line_cut_short_by_a_kill_spoils_neither_itself_nor_the_next(
    path: Path,
) -> None:
    with Tally(path, "a", Clock()) as tally:
        tally.publishing(7)
    with path.open("a") as file:
        file.write('{"run": "b", "started')
    with Tally(path, "c", Clock()) as tally:
        tally.publishing(8)
    assert [(r.run, r.readings) for r in read(path)] == [("a", 7), ("c", 8)]


def test_the_file_is_closed_twice_without_a_second_line(path: Path) -> None:
    tally = Tally(path, "a", Clock())
    tally.publishing(7)
    tally.close()
    lines = len(path.read_text().splitlines())
    tally.close()
    assert len(path.read_text().splitlines()) == lines
