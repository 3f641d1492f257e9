"""Limits of what a sensor may send, and the policy that a deployment chooses."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A reading, as docs/reference/wire-format.md promises it.
MAX_VEHICLE_COUNT = 15_000
MAX_SPEED_KMH = 250
MAX_SCORE = 100
MIN_INTERVAL_S = 0.001  # event times are whole ms
MAX_INTERVAL_S = 3_600
MAX_ID_LENGTH = 64
ID_PATTERN = r"[A-Za-z0-9_:.\-]{1,64}"
LAST_INSTANT_MS = 253_402_300_799_999  # the end of the year 9999
MAX_AGE_MS = 24 * 3_600_000
MAX_CLOCK_LEAD_MS = 60_000

# Limits of one message and one segment, which protect the other segments of a batch.
MAX_READINGS_PER_MESSAGE = 1_000
MAX_SENSORS_PER_SEGMENT = 200

# No carriageway carries more: six lanes of 2,500 vehicles an hour each, over the 2,400
# passenger cars an hour and lane of the Highway Capacity Manual. Nor do more than 200
# vehicles stand on a kilometre of each lane (jam density), which bounds the flow at a
# given speed. A platoon may pass in a short interval: this many are always accepted.
MAX_FLOW_VEH_H = 15_000
MAX_DENSITY_VEH_KM = 1_200
PLATOON_VEHICLES = 12
# Dead letters are kept for a year, so a record may be put back after that long.
LONGEST_DELAY_MS = 366 * 24 * 3_600_000

# A segment that no road file describes is read as one lane of city street. Its
# free-flow speed is not assumed: a wrong one turns ordinary traffic into alerts.
UNKNOWN_LANES = 1
UNKNOWN_LENGTH_M = 500.0

# A reading speaks for the present until three of its intervals have passed without
# another, and at least this long.
STALE_AFTER_MS = 90_000
STALE_AFTER_INTERVALS = 3
# A sensor is remembered until no reading that it ever sent can be delivered again:
# one may be 24 h old when it arrives, and the stream retries it for another day.
FORGET_AFTER_MS = 2 * MAX_AGE_MS

# The live figures are sums in which a reading counts e times less after this long. A
# sensor that reports less often needs a longer memory: half of its interval.
DECAY_S = 30
DECAY_INTERVALS = 0.5
# No vehicle passes any more if none came for this many times the decay. In that time
# a vehicle's part of the sums decreases to a fifth.
PASSING_DECAYS = 1.6
# But those that a sensor counted last go on passing until its next reading is overdue.
PASSING_INTERVALS = 1.5
# No vehicle passes, yet the detectors are covered for this share of the time: a queue.
STANDING_OCCUPANCY = 0.3
# Partly covered, and never a vehicle counted: a sensor that reports percent sees an
# empty road like this. Where no sensor has counted vehicles, only more cover raises an
# alert.
FULL_OCCUPANCY = 0.9
# A sensor that reports more than 1 reports percent. Its occupancy is not used until it
# has reported no such value for this long, since at night percent look like shares.
PERCENT_FOR_MS = 48 * 3_600_000
# Vehicles that must be seen during the hold time: one slow car, or two, is no jam.
EVIDENCE_VEHICLES = 3
EVIDENCE_MS = 60_000  # the window in which they are counted, or the hold time if longer
# A step between two readings longer than this many intervals is one in which readings
# are missing. This many such spans are remembered of each sensor.
GAP_INTERVALS = 1.5
MOST_SPANS = 3
# Vehicles that passed did move: a lower speed would outweigh all others in the pace.
SLOWEST_PACE_KMH = 1.0
# Mean vehicle plus detector length, 22 ft, the default of PeMS. A road may have its
# own.
EFFECTIVE_LENGTH_M = 6.7

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


@dataclass(frozen=True)
class Policy:
    """What a deployment decides about alerts and storage.

    Scores are 0-100, times are seconds unless the name says otherwise; *link_format*
    is an address with the place `{segment_id}`, *zone* the city's time zone.
    """

    high_score: float
    severe_score: float
    clear_score: float
    hold_s: float
    clear_hold_s: float
    retention_days: int
    default_interval_s: float
    link_format: str = "{segment_id}"
    zone: str = "UTC"

    @property
    def ease_score(self) -> float:
        """Score under which severe eases to high: the same band as high to clear."""
        return self.severe_score - (self.high_score - self.clear_score)


_ID = re.compile(ID_PATTERN)


def is_id(text: str) -> bool:
    """Whether *text* is a valid id of a sensor, a device or a segment."""
    return _ID.fullmatch(text) is not None
