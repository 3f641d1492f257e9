"""Progress on stderr: a live display on a terminal, else a line every 10 s."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from trafficctl.cli.output import number, say

EVERY_S = 10.0  # between two lines

Clock = Callable[[], float]


def counting(unit: str, clock: Clock = time.monotonic) -> Progress:
    """A display of how many of *unit* are done."""

    def line(task: Task) -> str:
        of = "" if task.total is None else f" of {number(task.total)}"
        return f"{task.description}: {number(task.completed)}{of} {unit}"

    return _progress(
        line,
        clock,
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(compact=True),
    )


def publishing(clock: Clock = time.monotonic) -> Progress:
    """A display of a publishing run: share of its time, and its counts."""

    def line(task: Task) -> str:
        if task.total is None:  # its length is not known
            return ""
        share = f"{task.percentage:.0f} %"
        return f"{task.description}: {share}, {task.fields['state']}"

    return _progress(
        line, clock, TaskProgressColumn(), TextColumn("{task.fields[state]}")
    )


def _progress(
    line: Callable[[Task], str], clock: Clock, *columns: ProgressColumn
) -> Progress:
    if not sys.stderr.isatty():
        return Lines(line, say, clock)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        console=Console(file=sys.stderr),
        transient=True,
    )


class Lines(Progress):
    """Progress as lines, at most one every `EVERY_S`; none for a short run.

    `line` describes a task, or is empty; `report` prints the line, `clock` counts
    seconds.
    """

    def __init__(
        self,
        line: Callable[[Task], str],
        report: Callable[[str], object],
        clock: Clock,
    ) -> None:
        super().__init__(disable=True, get_time=clock)
        self._line, self._print, self._clock = line, report, clock
        self._last_s = clock()

    def update(self, task_id: TaskID, **changes: Any) -> None:
        """Change a task and report it if due."""
        super().update(task_id, **changes)
        self._report_if_due(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Advance a task and report it if due."""
        super().advance(task_id, advance)
        self._report_if_due(task_id)

    def _report_if_due(self, task_id: TaskID) -> None:
        now_s = self._clock()
        line = self._line(self._tasks[task_id])
        if line and now_s - self._last_s >= EVERY_S:
            self._last_s = now_s
            self._print(line)
