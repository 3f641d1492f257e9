"""What a local city needs, checked before anything is started."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from trafficctl.errors import UserError

PYTHON = (3, 10)
MODULES = ("ministack", "cryptography", "paho", "msgspec", "boto3")
# Room for unpacked Lambda code, the log and the keys of devices, with much to spare.
FREE_BYTES = 100_000_000


def check_machine(home: Path) -> None:
    """UserError unless a city can run on this machine with its state in `home`.

    Leaves nothing behind, in `home` or elsewhere.
    """
    check_python(sys.version_info[:2])
    check_modules(MODULES)
    there = existing(home)
    check_writable(there)
    check_space(there, shutil.disk_usage(there).free)


def check_python(version: tuple[int, ...]) -> None:
    """UserError if this Python is too old to run the tool."""
    if version < PYTHON:
        actual, needed = (".".join(map(str, one)) for one in (version, PYTHON))
        raise UserError(
            f"this is Python {actual}, and a local city needs {needed} or newer - "
            "install City Traffic in a newer one"
        )


def check_modules(names: Collection[str]) -> None:
    """UserError if a module that the city runs on is not installed."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"Python at {sys.executable} has no module {', '.join(missing)} - "
            "install City Traffic again: pip install --force-reinstall city-traffic"
        )


def existing(path: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    return next(one for one in (path, *path.parents) if os.path.lexists(one))


def check_writable(folder: Path) -> None:
    """UserError if no file can be made in the folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise UserError(
            f"cannot write in {folder} ({exc.strerror}), where the city keeps its "
            "state - change to a folder of yours, or name one in TRAFFIC_HOME"
        ) from exc


def check_space(folder: Path, free_bytes: int) -> None:
    """UserError if too little disk space is free."""
    if free_bytes < FREE_BYTES:
        raise UserError(
            f"{folder} has {free_bytes // 1_000_000} MB free, and a local city needs "
            f"{FREE_BYTES // 1_000_000} MB - free some, or name another folder in "
            "TRAFFIC_HOME"
        )
