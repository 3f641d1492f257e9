"""Limits of what a sensor may say, and the policy that a deployment chooses."""

from __future__ import annotations

from dataclasses import dataclass

# A reading, as docs/wire-format.md promises it.
MAX_VEHICLE_COUNT = 1_000
MAX_SPEED_KMH = 250
MAX_SCORE = 100
MAX_INTERVAL_S = 3_600
MAX_ID_LENGTH = 64
ID_PATTERN = r"[A-Za-z0-9_:.\-]{1,64}"
LAST_INSTANT_MS = 253_402_300_799_999  # the end of the year 9999
MAX_AGE_MS = 24 * 3_600_000
MAX_CLOCK_LEAD_MS = 60_000

# What one message and one segment may hold before it endangers its neighbours.
MAX_READINGS_PER_MESSAGE = 1_000
MAX_SENSORS_PER_SEGMENT = 200

# Readings that redrive may put into one minute of a segment: with all it remembers of
# them, a hundred such rows still fit into one transaction of 4 MB.
MAX_PUT_BACK_PER_MINUTE = 8_000
# A segment of which nothing came for so long, and for so many intervals of the sensor
# that ends it, was cut off; what fell into the last such gaps is known to be missing.
GAP_MS = 15_000
GAP_INTERVALS = 1.5
MOST_GAPS = 2
# What was put back has waited no longer than dead letters are kept.
LONGEST_REDRIVE_MS = 366 * 24 * 3_600_000

# A segment that no road file describes is read as one lane of city street.
UNKNOWN_LANES = 1
UNKNOWN_LENGTH_M = 500.0
UNKNOWN_FREE_FLOW_KMH = 50.0

# A reading speaks for the present until three of its intervals have passed without
# another, and at least this long.
STALE_AFTER_MS = 90_000
STALE_AFTER_INTERVALS = 3
# A sensor is remembered until no reading that it ever sent can be delivered again:
# one may be 24 h old when it arrives, and the stream retries it for another day.
FORGET_AFTER_MS = 2 * MAX_AGE_MS

# No vehicle passed, yet the detector was covered for this share of the time: a queue.
STANDING_OCCUPANCY = 0.3
# Vehicles that passed did move: slower than this the pace would outweigh all others.
SLOWEST_PACE_KMH = 1.0
# Mean vehicle plus detector length, 22 ft, the default of PeMS.
EFFECTIVE_LENGTH_M = 6.7

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Policy:
    """What a deployment decides about alerts and storage.

    Scores are 0-100, times are seconds unless the name says otherwise; *link_format*
    is an address with the place `{segment_id}`.
    """

    high_score: float
    severe_score: float
    clear_score: float
    hold_s: float
    clear_hold_s: float
    retention_days: int
    default_interval_s: float
    link_format: str = "{segment_id}"

    @property
    def ease_score(self) -> float:
        """Score under which severe eases to high: the same band as high to clear."""
        return self.severe_score - (self.high_score - self.clear_score)
