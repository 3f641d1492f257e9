"""Where the tool keeps what it must remember between two commands.

One directory per stack, under `$TRAFFIC_HOME` or `./.traffic`: the local city's
record (`city.json`), device certificates (`devices/`), the tally of what was
published (`tally.jsonl`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def home(stack: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of `stack`; it may not exist yet."""
    return Path(environ.get("TRAFFIC_HOME") or ".traffic").absolute() / stack


def ensure_home(stack: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of `stack`, made if need be, closed to other users.

    Device keys live in it. Raises OSError where it cannot be made.
    """
    path = home(stack, environ)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
