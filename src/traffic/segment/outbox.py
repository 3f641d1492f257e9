"""How many unsent events the item of a segment has room for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

# Twice this, with the state beside it, is far from the 400 KB of a DynamoDB item.
MOST_EVENTS = 64
MOST_BYTES = 64_000


def text_of(events: Sequence[dict[str, Any]]) -> str:
    """Return the events as an item holds them."""
    return json.dumps(events)


def is_full(events: Sequence[dict[str, Any]]) -> bool:
    """Whether these have to be sent before there can be more.

    One always fits: all its texts are short.
    """
    if len(events) <= 1:
        return False
    return len(events) > MOST_EVENTS or len(text_of(events)) > MOST_BYTES
