"""A pipe by which the emulator notices that the process that started it has ended.

It notices even a SIGKILL, which lets nobody end what they started.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping

VARIABLE = "CITY_LIFELINE"  # the descriptor of the emulator's end
GRACE_S = 10.0
_STAY = b"1"


def watch(environ: Mapping[str, str] = os.environ) -> None:
    """End this process group when the starter has ended without letting it go."""
    if VARIABLE in environ:
        fd = int(environ[VARIABLE])
        threading.Thread(target=_wait, args=(fd,), daemon=True, name="lifeline").start()


def _wait(theirs: int) -> None:
    if os.read(theirs, 1) == _STAY:
        os.close(theirs)
        return
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)
