"""A store of views in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from traffic.errors import StoreError
from traffic.live_map.aws import CLAIM_MS
from traffic.live_map.ports import Claim


@dataclass
class MemoryViews:
    """For one environment or several; counts what it is asked, fails while told to."""

    packed: bytes | None = None
    due_ms: int | None = None
    version: str = ""
    down: set[str] = field(default_factory=set)  # methods
    calls: list[str] = field(default_factory=list)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.down:
            raise StoreError(f"{name} is down")

    def claim(self, now_ms: int, latest_ms: int) -> Claim | None:
        self._called("claim")
        is_first = self.due_ms is None
        if self.due_ms is not None and self.due_ms > latest_ms:
            return None
        self.due_ms = now_ms + CLAIM_MS
        made, self.version = Claim(self.due_ms, self.version, is_first), ""
        return made

    def stored(self) -> bytes | None:
        self._called("stored")
        return self.packed

    def store(self, packed: bytes) -> None:
        self._called("store")
        self.packed = packed

    def release(self, claim: Claim, due_ms: int, version: str) -> None:
        self._called("release")
        if self.due_ms == claim.until_ms:
            self.due_ms, self.version = due_ms, version
