"""Where nobody watches stderr, progress is a line now and then."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from rich.progress import Task

from trafficctl.cli.progress import EVERY_S, Lines, counting, publishing


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def done(task: Task) -> str:
    return f"{task.description} {task.completed:.0f}/{task.total:.0f}"


def lines_of(steps: int, step_s: float) -> list[str]:
    clock, told = Clock(), []
    with Lines(done, told.append, clock) as bar:
        task = bar.add_task("Roads", total=steps)
        for _ in range(steps):
            clock.now_s += step_s
            bar.advance(task)
    return told


def test_a_line_is_told_every_ten_seconds() -> None:
    assert EVERY_S == 10
    assert lines_of(steps=35, step_s=1) == ["Roads 10/35", "Roads 20/35", "Roads 30/35"]


def test_a_slow_task_is_told_of_at_each_step() -> None:
    assert lines_of(steps=2, step_s=60) == ["Roads 1/2", "Roads 2/2"]


def test_a_short_run_tells_nothing() -> None:
    assert lines_of(steps=900, step_s=0.01) == []


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (partial(counting, "segments"), "Roads: 1,500 of 2,000 segments\n"),
        (publishing, "Roads: 75 %, 7 readings published\n"),
    ],
)
def test_a_display_without_a_terminal_writes_lines_to_stderr(
    capsys: Any, made: Any, expected: str
) -> None:
    clock = Clock()
    with made(clock=clock) as bar:
        task = bar.add_task("Roads", total=2000, state="7 readings published")
        clock.now_s += 11
        bar.update(task, completed=1500)

    said = capsys.readouterr()
    assert (said.out, said.err) == ("", expected)


def test_a_share_that_is_not_known_is_not_told(capsys: Any) -> None:
    clock = Clock()
    with publishing(clock) as bar:
        task = bar.add_task("reading", total=None, state="of the stream")
        clock.now_s += 11
        bar.advance(task)

    assert capsys.readouterr().err == ""
