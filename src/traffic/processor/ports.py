"""The services that a batch uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Protocol

from ..model import QuarantineEntry
from ..policy import Policy
from ..segment.ports import Bus, Store


class Quarantine(Protocol):
    """Stores the rejections of a batch."""

    def keep(self, shard: str, rejected: Sequence[QuarantineEntry]) -> None:
        """Write them; raises QuarantineError."""


@dataclass(frozen=True)
class ProcessorPorts:
    """The services that a batch uses; *clock* returns the time in ms."""

    store: Store
    bus: Bus
    quarantine: Quarantine
    clock: Callable[[], int]
    policy: Policy
