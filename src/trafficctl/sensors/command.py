"""`trafficctl sensors`: registers and maintains the city's devices."""

from __future__ import annotations

import argparse
import importlib

# Each module has add(actions), in the order of the help page.
ACTIONS: tuple[str, ...] = (
    "register",
    "list",
    "claim",
    "rotate",
    "revoke",
    "move",
    "health",
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors` with all its actions."""
    parser = subparsers.add_parser(
        "sensors", help="register, renew and revoke real devices; list sensor faults"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name in ACTIONS:
        importlib.import_module(f"trafficctl.sensors.{name}").add(actions)
