"""One execution environment reads the city, and the others take what it found.

Who finds the last view too old claims the next read, in the table of incidents. Who
gets the claim reads the tables and stores the view; the others answer with the stored
one meanwhile. Only the holder of a claim continues the stored lineage, so its numbers
name one scan each.

If no view of late is stored, an environment reads for itself, under a lineage that
nobody continues.
"""

from __future__ import annotations

from typing import Callable, Optional

from ..errors import StoreError
from .changes import TTL_MS
from .city_view import CityView, pack, unpack
from .ports import Claim, LiveMapPorts

AGAIN_MS = 500  # between looks for a view that another environment makes now
PATIENCE_MS = 5_000  # an older view is not answered with: its maker has failed
_LOW_BITS = 0xFFFF_FFFF

Read = Callable[[Optional[CityView], int, str], CityView]


class Sharing:
    """Finds the newest view; *read* makes one, of the view before, time and lineage."""

    def __init__(self, ports: LiveMapPorts, read: Read) -> None:
        self._views, self._log = ports.views, ports.log
        self._environment = ports.environment
        self._read = read
        self._unpacked: tuple[Optional[bytes], Optional[CityView]] = (None, None)

    def latest(
        self, own: Optional[CityView], now_ms: int, is_outdated: bool
    ) -> tuple[CityView, int]:
        """Return the newest view, and when (ms) to look for a newer one.

        *own* is the last view that this environment had, *is_outdated* whether what it
        shows was changed since, so that it has to be read again in any case. Raises
        StoreError if the tables fail.
        """
        claim = self._views.claim(now_ms, now_ms + is_outdated * TTL_MS)
        if claim is not None:
            return self._for_all(claim, own, now_ms), now_ms + TTL_MS
        view = _newer(own, self._stored())
        if view is None or now_ms - _begun(view) >= PATIENCE_MS:
            view = self._read(own, now_ms, self._private(now_ms))
        due_ms = _begun(view) + TTL_MS
        return view, due_ms if due_ms > now_ms else now_ms + AGAIN_MS

    def _private(self, now_ms: int) -> str:
        return f"{self._environment}{now_ms & _LOW_BITS:08x}"

    def _for_all(self, claim: Claim, own: Optional[CityView], now_ms: int) -> CityView:
        view = None
        try:
            base = self._base(claim, own)
            view = self._read(base, now_ms, base.lineage if base else f"{now_ms:x}")
        finally:
            is_shared = self._hand_on(claim, view, now_ms + TTL_MS)
        return view if is_shared else view._replace(lineage=self._private(now_ms))

    def _base(self, claim: Claim, own: Optional[CityView]) -> Optional[CityView]:
        """Return the view that was stored last; without it, a lineage begins."""
        if own is not None and own.version == claim.version:
            return own
        return None if claim.is_first else self._stored()

    def _hand_on(self, claim: Claim, view: Optional[CityView], due_ms: int) -> bool:
        """Store a view, if there is one, and end the claim; returns if that worked."""
        try:
            if view is not None:
                self._views.store(pack(view))
            self._views.release(claim, due_ms, view.version if view else "")
        except StoreError as fault:
            self._log("sharing_failed", str(fault))
            return False
        return True

    def _stored(self) -> Optional[CityView]:
        try:
            packed = self._views.stored()
        except StoreError as fault:
            self._log("sharing_failed", str(fault))
            return None
        if packed != self._unpacked[0]:
            self._unpacked = packed, None if packed is None else unpack(packed)
        return self._unpacked[1]


def _begun(view: CityView) -> int:
    return view.snapshot.scan.started_ms


def _newer(own: Optional[CityView], other: Optional[CityView]) -> Optional[CityView]:
    if own is None or other is None:
        return own or other
    return other if _begun(other) > _begun(own) else own
