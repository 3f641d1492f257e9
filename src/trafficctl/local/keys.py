"""The key of one local city, which opens all of it: new at each start."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keys:
    """An access key as AWS tools take it: its id, and its secret."""

    access_key: str
    secret_key: str = field(repr=False)


def new_keys() -> Keys:
    """Keys that nobody can guess; the id has the form that AWS tools expect."""
    return Keys(f"LOCAL{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))
