"""Signals that end a command: what it started is ended first, and in order."""

from __future__ import annotations

import signal
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class TerminatedError(SystemExit):
    """A signal asks this process to end; its exit code is 128 and the signal's number.

    Not an `Exception`, as KeyboardInterrupt is none: it passes all handlers of errors.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name


def terminate_cleanly() -> None:
    """Have the signals that would end this process at once raise `EndedError`.

    Those that it was started to ignore, as by nohup, stay ignored. To be called in the
    main thread.
    """
    for each in ENDING:
        if signal.getsignal(each) == signal.SIG_DFL:
            signal.signal(each, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    for each in (*ENDING, signal.SIGINT):  # make, timeout and terminals send it twice
        signal.signal(each, signal.SIG_IGN)
    raise TerminatedError(number)
