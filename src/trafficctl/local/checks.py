"""Checks the requirements of a local city before it starts."""

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
# For unpacked Lambda code, the log and device keys, with a large margin.
FREE_BYTES = 100_000_000


def check_machine(home: Path) -> None:
    """UserError unless a city can run on this machine with its state in `home`.

    Creates nothing.
    """
    check_python(sys.version_info[:2])
    check_modules(MODULES)
    there = existing(home)
    check_writable(there)
    check_space(there, shutil.disk_usage(there).free)


def check_python(version: tuple[int, ...]) -> None:
    """UserError if this Python is too old for the tool."""
    if version < PYTHON:
        actual, needed = (".".join(map(str, one)) for one in (version, PYTHON))
        raise UserError(
            f"a local city needs Python {needed} or newer, this is {actual} - "
            "install City Traffic in a newer one"
        )


def check_modules(names: Collection[str]) -> None:
    """UserError if a module that the city runs on is not installed."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"{sys.executable}: missing Python modules {', '.join(missing)} - "
            "reinstall: pip install --force-reinstall city-traffic"
        )


def existing(path: Path) -> Path:
    """The folder, or its nearest existing parent."""
    return next(one for one in (path, *path.parents) if os.path.lexists(one))


def check_writable(folder: Path) -> None:
    """UserError if the folder is not writable."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise UserError(
            f"cannot write the city's state to {folder} ({exc.strerror}) - change to "
            "another directory, or set TRAFFIC_HOME"
        ) from exc


def check_space(folder: Path, free_bytes: int) -> None:
    """UserError if too little disk space is free."""
    if free_bytes < FREE_BYTES:
        raise UserError(
            f"{folder}: a local city needs {FREE_BYTES // 1_000_000} MB of disk space, "
            f"{free_bytes // 1_000_000} MB are free - free some, or set TRAFFIC_HOME"
        )
