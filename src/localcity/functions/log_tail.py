"""On a busy machine too, a function's lines come with the answer they belong to."""

from __future__ import annotations

import functools
import select
import time
from collections.abc import Callable
from typing import Any

from ministack.core.lambda_runtime import Worker

from localcity.patching import Patch

MOST_S = 2.0  # a function that never stops printing holds up nobody

Drain = Callable[..., str]


def whole(drain: Drain, most_s: float = MOST_S) -> Drain:
    """Drain again while the pipe holds more: a worker prints before it answers."""

    @functools.wraps(drain)
    def drained(worker: Any, *args: Any, **options: Any) -> str:
        deadline = time.monotonic() + most_s
        lines = [drain(worker, *args, **options)]
        while _holds_more(worker) and time.monotonic() < deadline:
            lines.append(drain(worker, *args, **options))
        return "\n".join(filter(None, lines))

    return drained


def _holds_more(worker: Any) -> bool:
    process = worker._proc
    if process is None or process.poll() is not None:
        return False  # the end of a pipe is readable, and holds nothing
    pipe = select.poll()  # select knows no descriptor above 1,023
    pipe.register(process.stderr or process.stdout, select.POLLIN)
    return bool(pipe.poll(0))


def _apply() -> None:
    Worker._drain_stderr_bounded = whole(Worker._drain_stderr_bounded)


PATCHES = (
    Patch(
        "whole logs",
        "MiniStack waits 50 ms for what was printed; later lines count for later runs",
        [(Worker, "_drain_stderr_bounded"), (Worker, "_read_stderr")],
        [(Worker, "_drain_stderr_bounded", "3fd7cc742872")],
        _apply,
    ),
)
