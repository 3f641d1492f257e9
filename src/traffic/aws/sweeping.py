"""What sweeps have in common: how they call AWS, send events, and say what failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from botocore.config import Config

from ..errors import SweepError

SWEEP_CLIENT = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # the shapes are ours and tested
    max_pool_connections=12,
)


class HasOutbox(Protocol):
    """A row with events that wait until the event bus accepts them."""

    @property
    def outbox(self) -> Sequence[object]:
        """The events."""


Holder = TypeVar("Holder", bound=HasOutbox)


def fully_sent(holders: Iterable[Holder], accepted: Sequence[bool]) -> list[Holder]:
    """Return the holders whose events were all accepted.

    *accepted* says of each event of each holder, in this order, whether it was.
    """
    sent, end = [], 0
    for holder in holders:
        start, end = end, end + len(holder.outbox)
        if all(accepted[start:end]):
            sent.append(holder)
    return sent


def conclude(lines: Iterable[str], failed: Collection[str]) -> None:
    """Print the lines of a sweep; raises SweepError if something failed."""
    for line in lines:
        print(line)
    if failed:
        raise SweepError(f"left undone, the next sweep does it: {list(failed)}")
