"""Times without an offset, as files have them."""

from __future__ import annotations

import re
from datetime import datetime

# Python 3.10 takes no more than this.
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{3}){0,2})?)?", re.ASCII)


def local_time(text: str) -> datetime | None:
    """A day or a time in ISO 8601 without an offset, None if it is none."""
    try:
        return datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
    except ValueError:
        return None
