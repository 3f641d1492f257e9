"""A thread that repeats a step until it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class PeriodicThread:
    """Runs *step* every *every_s* seconds, at once if a step took longer.

    A step that returns True is the last. An error ends the thread; `check` and `stop`
    raise it again.
    """

    def __init__(self, step: Callable[[], object], every_s: float = 0.0) -> None:
        self._step = step
        self._every_s = every_s
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise the error that ended the thread, if any."""
        if self._failure is not None:
            raise self._failure

    @property
    def is_running(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Wait for the current step; raise the error that ended the thread, if any."""
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
