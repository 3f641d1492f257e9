"""The tool's state between commands.

One directory per stack, under `$TRAFFIC_HOME`, else under the nearest `.traffic` from
the working directory upwards, else in a new `./.traffic`: the local city's record
(`city.json`), device certificates (`devices/`), and the tally of published readings
(`tally.jsonl`). Files of the local city are in `local/` and are deleted with it: the
same directory may hold the only keys of a stack on AWS.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trafficctl.local.process import LOCAL, running

FOLDER = ".traffic"


def home(stack: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of `stack`; it may not exist yet."""
    folder = environ.get("TRAFFIC_HOME")
    return (Path(folder).absolute() if folder else _nearest(Path.cwd())) / stack


def _nearest(folder: Path) -> Path:
    """The nearest `.traffic` of this user from `folder` upwards, else `folder`'s."""
    for above in (folder, *folder.parents):
        candidate = above / FOLDER
        with contextlib.suppress(OSError):  # missing or not readable
            if candidate.stat().st_uid == os.getuid() and candidate.is_dir():
                return candidate
    return folder / FOLDER


def ensure_home(stack: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of `stack`, created if missing, readable by this user only.

    It holds device keys. Raises OSError if it cannot be created.
    """
    path = home(stack, environ)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def state_path(base: Path, client: Any) -> Path:
    """The directory of keys, journals and tally of the stack that `client` uses.

    `base` is the stack's directory; a local city of that name has its own in it.
    """
    city = running(base)
    is_local = city is not None and city.endpoint == client.meta.endpoint_url
    return base / LOCAL if is_local else base
