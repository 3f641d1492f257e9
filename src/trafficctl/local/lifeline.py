"""A pipe by which the emulator notices that the process that started it has ended.

It notices even a SIGKILL, which lets nobody end what they started.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

VARIABLE = "CITY_LIFELINE"  # the descriptor of the emulator's end
_STAY = b"1"


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """The emulator's end and ours; closes the first, once it has been passed on."""
    theirs, ours = os.pipe()
    try:
        yield theirs, ours
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


def detach(ours: int) -> None:
    """Have the emulator go on when this process ends."""
    with suppress(BrokenPipeError):  # it has ended
        os.write(ours, _STAY)
    os.close(ours)
