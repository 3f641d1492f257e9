"""Text without what a terminal obeys instead of showing it.

A name from a file or a device may hold such characters.
"""

from __future__ import annotations

import re

# C0 but tab and line feed, C1, and what turns the direction of writing.
CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{CONTROLS}]")


def printable(text: str) -> str:
    """`text` without control characters; tabs and line feeds stay."""
    return _CONTROL.sub("", text)


def escaped(text: str) -> str:
    r"""JSON `text` with its control characters as `\u001b`: the same value."""
    return _CONTROL.sub(lambda one: f"\\u{ord(one[0]):04x}", text)
