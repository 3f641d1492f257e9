"""The devices given to a command, read from the registry first."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from trafficctl.cli.wrong_input import raise_unknown
from trafficctl.errors import UserError
from trafficctl.registry.table import DeviceTable

Found = dict[str, Any]


def add_devices(parser: argparse.ArgumentParser, many: str = "+") -> None:
    """Give `parser` the devices as arguments."""
    parser.add_argument("device", nargs=many, metavar="DEVICE")


def read_devices(table: DeviceTable, names: Sequence[str]) -> list[Found]:
    """The rows of these devices. Raises UserError naming the unknown ones."""
    by_name = table.read(names)
    if any(name not in by_name for name in names):
        known = [str(row["device_id"]) for row in table.all()]
        raise_unknown("device", names, known, "`trafficctl sensors list` shows them")
    return [by_name[name] for name in dict.fromkeys(names)]


def require(condition: bool, message: str) -> None:
    """Raise UserError with `message` unless `condition` holds."""
    if not condition:
        raise UserError(message)
