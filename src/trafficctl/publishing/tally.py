"""The record of what this machine published, correct even after a kill.

`tally.jsonl` holds JSON lines; the last line of a run counts. A line of a run in
progress is written ahead: its `readings` and `resent` are upper bounds until the next
line, its `acknowledged` is a lower bound. The last line of a run (`ended_at` is set) is
exact.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import TracebackType

FILE_NAME = "tally.jsonl"
LEAST_AHEAD = 100
LINE_EVERY_MS = 2_000


@dataclass(frozen=True)
class Run:
    """One publishing run; times in ms since the epoch, the rest are counts.

    `readings` were handed to MQTT, `acknowledged` have their PUBACK, `resent` were in
    messages resent after a reconnect: an upper bound of extra copies.
    """

    run: str
    started_at: int
    ended_at: int | None = None
    messages: int = 0
    readings: int = 0
    acknowledged: int = 0
    resent: int = 0


def read(path: Path) -> list[Run]:
    """The runs in the file at `path` in order; none if it does not exist.

    A last line cut short by a kill is ignored: the previous one is valid.
    """
    if not path.exists():
        return []
    runs: dict[str, Run] = {}
    for line in path.read_text("utf-8").splitlines():
        run = _parse(line)
        if run is not None:
            runs[run.run] = run
    return list(runs.values())


def _parse(line: str) -> Run | None:
    try:
        value = json.loads(line)
        return Run(**{f.name: value[f.name] for f in fields(Run)})
    except (ValueError, KeyError, TypeError):
        return None


class Tally:
    """Counts one run and writes it to a file; a context manager."""

    def __init__(self, path: Path, run: str, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._run, self._started_at = run, clock_ms()
        self.messages = self.readings = self.acknowledged = self.resent = 0
        self._announced, self._written_at = 0, self._started_at
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _end_torn_line(path)
        self._file = path.open("a", encoding="utf-8")

    def publishing(self, readings: int) -> None:
        """Count a message before it is handed to MQTT."""
        self.messages += 1
        self.readings += readings
        if self.readings > self._announced:
            self._announced = self.readings + max(LEAST_AHEAD, self.readings // 10)
            self._write(None)

    def acknowledge(self, readings: int) -> None:
        """Count a message that has its PUBACK."""
        self.acknowledged += readings

    def resending(self, readings: int) -> None:
        """Count messages before they are resent."""
        if readings:
            self.resent += readings
            self._write(None)

    def tick(self) -> None:
        """Write a line if the last one is old; call it about once a second."""
        if self._clock_ms() - self._written_at >= LINE_EVERY_MS:
            self._write(None)

    def close(self) -> Run:
        """Write the last line of the run and return it."""
        ended = self._line(self._clock_ms(), self.readings)
        if not self._file.closed:
            self._append(ended)
            self._file.close()
        return ended

    def __enter__(self) -> Tally:
        """Return the tally."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, also after an error."""
        self.close()

    def _line(self, ended_at: int | None, readings: int) -> Run:
        counts = (self.messages, readings, self.acknowledged, self.resent)
        return Run(self._run, self._started_at, ended_at, *counts)

    def _write(self, ended_at: int | None) -> None:
        self._append(self._line(ended_at, self._announced))
        self._written_at = self._clock_ms()

    def _append(self, run: Run) -> None:
        self._file.write(json.dumps(asdict(run)) + "\n")
        self._file.flush()


def _end_torn_line(path: Path) -> None:
    """End a line cut short by a kill, so that the next one is separate."""
    if path.exists() and path.stat().st_size:
        with path.open("rb+") as file:
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
