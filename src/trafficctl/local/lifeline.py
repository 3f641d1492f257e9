"""A pipe that shows the emulator when the process that started it has ended.

It works even after SIGKILL, when that process cannot stop the emulator itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

VARIABLE = "CITY_LIFELINE"  # the descriptor of the emulator's end
_STAY = b"1"


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """The emulator's end and ours; closes the first after it is passed on."""
    theirs, ours = os.pipe()
    try:
        yield theirs, ours
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


def detach(ours: int) -> None:
    """Let the emulator continue when this process ends."""
    with suppress(BrokenPipeError):  # it has ended
        os.write(ours, _STAY)
    os.close(ours)
