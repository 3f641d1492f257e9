"""Signals that terminate a command after it has cleaned up."""

from __future__ import annotations

import signal
from types import FrameType

TERMINATING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class TerminatedError(SystemExit):
    """A signal terminates this process; the exit code is 128 + the signal's number.

    Like KeyboardInterrupt it is not an `Exception`, so no error handler catches it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name


def terminate_cleanly() -> None:
    """Make the signals that would end this process raise `TerminatedError`.

    Signals that the process was started to ignore (nohup) stay ignored. Call it in the
    main thread.
    """
    for each in TERMINATING:
        if signal.getsignal(each) == signal.SIG_DFL:
            signal.signal(each, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    for each in (
        *TERMINATING,
        signal.SIGINT,
    ):  # make, timeout and terminals send it twice
        signal.signal(each, signal.SIG_IGN)
    raise TerminatedError(number)
