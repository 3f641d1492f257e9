"""What a function printed comes with its answer, however busy the machine is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from localcity.functions.log_tail import whole


class Busy:
    """A worker that printed, and a reader of its pipe that gets no turn at first."""

    def __init__(self, turns: list[int]) -> None:
        self.turns = iter(turns)  # bytes that the reader gets to, drain by drain
        reads, self.writes = os.pipe()
        self.ended: int | None = None
        self.stderr = os.fdopen(reads, "rb", buffering=0)
        self._proc = SimpleNamespace(stderr=self.stderr, poll=lambda: self.ended)

    def drain(self, *_args: Any, **_options: Any) -> str:
        got = next(self.turns)
        return self.stderr.read(got).decode().rstrip("\n") if got else ""

    def drained(self, most_s: float = 60.0) -> str:
        return whole(Busy.drain, most_s)(self)


@pytest.fixture
def busy() -> Iterator[Busy]:
    worker = Busy([0, 4, 0, 100])
    yield worker
    worker.stderr.close()
    os.close(worker.writes)


def test_lines_that_are_still_in_the_pipe_belong_to_this_answer(busy: Busy) -> None:
    os.write(busy.writes, b"one\ntwo\n")

    assert busy.drained() == "one\ntwo"


def test_a_function_that_printed_nothing_is_not_waited_for(busy: Busy) -> None:
    assert busy.drained() == ""
    assert next(busy.turns) == 4  # one look was enough


def test_the_pipe_of_a_process_that_ended_is_not_looked_at(busy: Busy) -> None:
    os.write(busy.writes, b"one\n")
    busy.ended = 1

    assert busy.drained() == ""


def test_a_function_that_never_stops_printing_holds_up_nobody(busy: Busy) -> None:
    os.write(busy.writes, b"one\ntwo\n")

    assert busy.drained(most_s=0.0) == ""
