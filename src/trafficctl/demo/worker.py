"""A thread that takes one step after another until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class PeriodicThread:
    """Runs *step* every *every_s* seconds, at once if a step took longer.

    A step that returns True was the last.
    What a step raises ends the worker and is raised again by `check` and `stop`.
    """

    def __init__(self, step: Callable[[], object], every_s: float = 0.0) -> None:
        self._step = step
        self._every_s = every_s
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise what ended the worker, if anything did."""
        if self._failure is not None:
            raise self._failure

    @property
    def is_running(self) -> bool:
        """Whether there are steps to come."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Let the step under way end, and raise what ended the worker, if so."""
        self._stopping.set()
        self._thread.join()
        self.check()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                start_s = time.monotonic()
                if self._step() is True:
                    return
                self._stopping.wait(self._every_s - (time.monotonic() - start_s))
        except Exception as exc:
            self._failure = exc
