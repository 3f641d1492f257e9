"""A figure and its limit.

Machines differ, so a missed limit is printed and fails nothing.
"""

from __future__ import annotations

from trafficctl.cli.output import number


def under(figure: float | None, bar: float, unit: str) -> str:
    """The remark on a figure that should stay under its bar."""
    return _told(None if figure is None else figure < bar, f"under {bar:g} {unit}")


def over(figure: float | None, bar: float, unit: str = "") -> str:
    """The remark on a figure that should reach its bar."""
    held = None if figure is None else figure >= bar
    return _told(held, f"at least {number(bar)} {unit}".rstrip())


def _told(held: bool | None, bar: str) -> str:
    return f"{bar}: {'not measured' if held is None else 'held' if held else 'missed'}"
