"""The rate of registrations: below AWS's quotas, and lower after throttling.

Pure: time is a parameter, in seconds of a monotonic clock.
"""

from __future__ import annotations

# A device takes one call each of CreateThing, CreateCertificateFromCsr, AttachPolicy,
# AttachThingPrincipal and UpdateCertificate. The lowest default quota of these is 10 a
# second per account, shared with other users.
DEFAULT_RATE = 8.0
ROWS_RATE = 200.0  # for registry writes without IoT Core calls
UNLIMITED = 100_000.0  # the local city has no quotas
SLOWEST = 0.2
QUIET_S = 1.0  # throttles within this time count once
RECOVERY_S = 30.0  # from zero back to the full rate, without throttling


class RateLimiter:
    """Spaces out devices; the rate halves when throttled and recovers (AIMD)."""

    def __init__(self, rate: float, now_s: float) -> None:
        self._limit = self._rate = rate
        self._next_s = self._since_s = self._throttled_until_s = now_s

    @property
    def rate(self) -> float:
        """The current rate, devices a second."""
        return self._rate

    def reserve(self, now_s: float) -> float:
        """Reserve the next slot; returns the seconds to wait for it."""
        self._recover(now_s)
        start_s = max(now_s, self._next_s)
        self._next_s = start_s + 1 / self._rate
        return start_s - now_s

    def throttled(self, now_s: float) -> float:
        """Record a throttle; returns the seconds to wait."""
        self._recover(now_s)
        if now_s >= self._throttled_until_s:
            self._throttled_until_s = now_s + QUIET_S
            self._rate = max(min(self._rate, self._limit) / 2, SLOWEST)
            self._next_s = max(self._next_s, now_s + QUIET_S)
        return QUIET_S

    def _recover(self, now_s: float) -> None:
        """Raise the rate for the quiet time since the last call."""
        quiet_s = now_s - max(self._since_s, self._throttled_until_s)
        self._since_s = now_s
        if quiet_s > 0:
            gained = self._limit * quiet_s / RECOVERY_S
            self._rate = min(self._limit, self._rate + gained)
