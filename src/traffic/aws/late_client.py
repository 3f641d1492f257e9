"""A client of an AWS service that most starts of a function never need."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable


class LateClient:
    """Stands for a client, and makes it at the first call.

    boto3 reads a model for each: S3's takes as long as DynamoDB's.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._made = lru_cache(maxsize=1)(make)

    def __getattr__(self, name: str) -> Any:
        """The method *name* of the client."""
        return getattr(self._made(), name)
