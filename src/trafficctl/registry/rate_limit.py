"""How fast devices are registered: under AWS's quotas, and slower when it complains.

Pure: time is a parameter, in seconds of a clock that never goes back.
"""

from __future__ import annotations

# A device takes one call each of CreateThing, CreateCertificateFromCsr, AttachPolicy,
# AttachThingPrincipal and UpdateCertificate. The lowest default quota of these is 10 a
# second for the account, which its other users want a part of.
DEFAULT_RATE = 8.0
ROWS_RATE = 200.0  # where only the registry is written, and IoT Core not asked
UNLIMITED = 100_000.0  # the local city has no quotas
SLOWEST = 0.2
QUIET_S = 1.0  # complaints within this time are one complaint
REGAIN_S = 30.0  # from nothing back to the whole rate, if nobody complains


class RateLimiter:
    """Gives each device its moment; the rate halves at a complaint and recovers."""

    def __init__(self, rate: float, now_s: float) -> None:
        self._limit = self._rate = rate
        self._next_s = self._since_s = self._complaint_s = now_s

    @property
    def rate(self) -> float:
        """Devices a second, at the moment."""
        return self._rate

    def reserve(self, now_s: float) -> float:
        """Take the next moment; gives how long to wait for it."""
        self._regain(now_s)
        start_s = max(now_s, self._next_s)
        self._next_s = start_s + 1 / self._rate
        return start_s - now_s

    def throttled(self, now_s: float) -> float:
        """Note that AWS complained; gives how long to leave it alone."""
        self._regain(now_s)
        if now_s >= self._complaint_s:
            self._complaint_s = now_s + QUIET_S
            self._rate = max(min(self._rate, self._limit) / 2, SLOWEST)
            self._next_s = max(self._next_s, now_s + QUIET_S)
        return QUIET_S

    def _regain(self, now_s: float) -> None:
        """Add what quiet time since the last look has earned."""
        quiet_s = now_s - max(self._since_s, self._complaint_s)
        self._since_s = now_s
        if quiet_s > 0:
            gained = self._limit * quiet_s / REGAIN_S
            self._rate = min(self._limit, self._rate + gained)
