"""The devices that a command names, found in the registry before anything is done."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from trafficctl.errors import UserError
from trafficctl.sensors.csv_file import raise_faults
from trafficctl.sensors.rows import Rows

Found = dict[str, Any]


def add_devices(parser: argparse.ArgumentParser, many: str = "+") -> None:
    """Give `parser` the devices to work on."""
    parser.add_argument("device", nargs=many, metavar="DEVICE")


def read_chosen(rows: Rows, names: Sequence[str]) -> list[Found]:
    """The rows of these devices. Raises UserError naming all that have none."""
    found = rows.read(names)
    raise_faults(
        [
            f"{name}: no such device in the registry - `trafficctl sensors list` "
            "shows them"
            for name in dict.fromkeys(names)
            if name not in found
        ]
    )
    return [found[name] for name in dict.fromkeys(names)]


def demand(condition: bool, message: str) -> None:
    """Raise UserError with `message` unless `condition` holds."""
    if not condition:
        raise UserError(message)
