"""The attribute `left_out` of a segment: sensors excluded from its figures."""

from __future__ import annotations

import json
from typing import Optional

Reasons = dict[str, tuple[str, int]]  # by sensor: the kind of its fault, and since when


def reasons_of(text: Optional[str]) -> dict[str, dict[str, object]]:
    """Return the attribute `left_out` as values: kind and since when, by sensor."""
    known = json.loads(text) if text else {}
    return {name: {"kind": kind, "since": at} for name, (kind, at) in known.items()}
