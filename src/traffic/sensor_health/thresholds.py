"""When a sensor counts as faulty: every threshold and its source.

IRIS is MnDOT's traffic management system (docs/vehicle_detection.md), PeMS the
California Department of Transportation's (docs/data/detector-health.md). HCM is the
Highway Capacity Manual. A threshold without a source was tried on simulated lanes and
on the METR-LA week, in which it finds no healthy sensor faulty
(tests/unit/traffic/sensor_health).
"""

from __future__ import annotations

from ..policy import EFFECTIVE_LENGTH_M, STALE_AFTER_INTERVALS

SWEEP_MS = 60_000  # the schedule in template.yaml

SILENT, INTERMITTENT = "silent", "intermittent"
STUCK, STUCK_SPEED, LOCKED_ON = "stuck", "stuck_speed", "locked_on"
IMPOSSIBLE, IMPOSSIBLE_FLOW, CHATTER = "impossible", "impossible_flow", "chatter"
NO_HITS, CLOCK, UNIT = "no_hits", "clock", "unit"
EFFECTIVE_LENGTH, LANE_SHARE = "effective_length", "lane_share"
LANE_BLOCKED, NO_FIGURES = "lane_blocked", "no_figures"
# A sensor with one of these is left out of its segment's figures.
LEFT_OUT_KINDS = (
    LOCKED_ON,
    IMPOSSIBLE,
    IMPOSSIBLE_FLOW,
    CHATTER,
    STUCK,
    STUCK_SPEED,
    NO_HITS,
    EFFECTIVE_LENGTH,
    LANE_SHARE,
    CLOCK,
    UNIT,
)
SUSPECT_KINDS = (*LEFT_OUT_KINDS, LANE_BLOCKED)  # a sensor has one of them at a time
# A closed lane reports zeros: dismissed, these stay so until it counts vehicles.
LANE_KINDS = (NO_HITS, LANE_SHARE, LANE_BLOCKED)
ABSENT_KINDS = (SILENT, INTERMITTENT)
KINDS = (*ABSENT_KINDS, *SUSPECT_KINDS, NO_FIGURES)

FLEET, DISTRICT, SEGMENT, SENSOR = "fleet", "district", "segment", "sensor"
SCOPES = (FLEET, DISTRICT, SEGMENT, SENSOR)  # the broadest first: it explains the rest

# A district or the fleet is out when this share of the sensors that should report is
# silent, in two segments at least. Nine in ten, since few report if a network fails; it
# ends at a lower share, so that a few sensors do not open and close it repeatedly.
OUTAGE_SHARE = 0.9
OUTAGE_OVER_SHARE = 0.8
OUTAGE_SEGMENTS = 2
# A sensor or segment listed for longer than this was broken before: it is not expected
# to report, and its silence does not count for the network.
LONG_BROKEN_MS = 3_600_000
# While a district or the fleet stays out, a reminder is sent after this time.
REMIND_MS = 24 * 3_600_000

# A sensor or segment that is silent again within this time after its return comes and
# goes: one fault, until it reports for as long without a gap. PeMS judges by the day.
INTERMITTENT_MS = 6 * 3_600_000

# Most mails of one sweep, and of all sweeps within this time. A sweep with further
# changes sends one more mail, which says how many changes there are.
MOST_MAILS = 10
MAILS_MS = 3_600_000

# The processor is behind when a batch has waited for so long: three times what breaks
# the promise of freshness, and far below any patience with a sensor.
BEHIND_MS = 30_000
# CloudWatch is a minute or two late. What happened a whole minute and that long ago is
# in its figures, so a processor that stops shows within twice a minute and this.
FIGURES_LATE_MS = 120_000
FIGURES_SHOW_MS = 2 * SWEEP_MS + FIGURES_LATE_MS
# The metrics of this time are read: a batch is retried at intervals, and after a delay
# the segments have the rest of this time to report.
FIGURES_MS = 600_000

# Most new faults that one sweep raises; the next one finds the others.
MOST_RAISED = 1_000
# Most silent segments that one sweep closes, each in a transaction of four items.
MOST_CLOSED_SEGMENTS = 2_500

# IRIS calls it No Change after 24 h at an occupancy above zero. Speed, count and
# occupancy together repeat by chance far more rarely than occupancy alone.
STUCK_MS = 3_600_000
STUCK_SAMPLES = 12
# Vehicles that are still counted never have the same mean speed for this long.
STUCK_SPEED_SAMPLES = 20
STUCK_SPEED_KMH = 10  # below, a jam creeps at the lowest speed of the detector
BUSY_FLOW = 600  # veh/h; below, the mean may be the highest speed of the detector
# IRIS calls it Locked On: 100 % for 2 min on a freeway, 30 min on a ramp. In a city a
# queue stands on a loop for minutes, so the longer one, while vehicles pass beside it.
LOCKED_ON_MS = 1_800_000
LOCKED_ON_SAMPLES = 5
LOCKED_OCCUPANCY = 0.999
# Where nothing passes beside it, a queue may stand before a closure: MUTCD calls an
# incident major from 2 h on, and few last twice as long.
LOCKED_ON_DOUBTFUL_MS = 4 * 3_600_000
# While other lanes flow, less time is enough: longer than the longest cycle of a
# signal, while this many vehicles passed on the median other lane.
BLOCKED_MS = 240_000
BLOCKED_SAMPLES = 3
BLOCKED_VEHICLES = 20
# IRIS calls it No Hits after 24 h, PeMS Card Off after a day of zeros. Other lanes show
# it sooner: this many vehicles passed on the median one. For a lane that is used less
# than the others it is a multiple (GAPS) of what usually passes there per vehicle of
# its own: at first 5, or 20 if it had counted before it was watched.
NO_HITS_VEHICLES = 100
NO_HITS_GAPS = 20
GAP_UNTRIED, GAP_COUNTING = 5, 20
GAP_MEMORY = 64  # vehicles of its own over which that is averaged, at most
HIT_SAMPLES = 3

# Turochy and Smith bound the average effective vehicle length; PeMS estimates it in
# free flow and calls it the g-factor. With the loop, motorcycles alone have 4 m and
# lorries alone 16 m. So no road with the usual 6.7 m is outside of 2.7-18 m.
# Occupancy that is cut to whole percent loses at most a third of 0.03.
LENGTH_SHORT, LENGTH_LONG = 0.4, 2.7
LENGTH_MS = 3_600_000
LENGTH_VEHICLES = 60
LENGTH_WINDOWS = 2
LENGTH_SPEED_RATIO = 0.8
LENGTH_OCCUPANCY = 0.03
LENGTH_INTERVAL_MS = 10_000  # below, most of a vehicle's cover lies in another reading

# How lanes share the traffic is much the same from day to day at one place, and
# differs between hours and places ("Variation in Freeway Lane Use Patterns with Volume,
# Time of Day, and Location", TRR). So whole days of one lane are compared, and a week
# is learned first: a lane that leads to a school is empty on a Sunday.
DAY_S = 86_400
WEEK_DAYS = 7
SHARE_RATIO = 2  # beyond the least or the most of its days
SHARE_USUAL = 1.25  # and the others stay within this of theirs
SHARE_NEW_MS = 36 * 3_600_000  # on days that ended so long ago at most
SHARE_DAYS = 2
SHARE_VEHICLES = 200  # a day; half of them is seven standard deviations of chance

# An odd sample fills by 2, a sound one empties by 1 (the form of IRIS's Occ Spike
# timer): five in a row raise a fault, and so does more than one in three for long.
ODD_STEP = 2
ODD_RAISED = 10
ODD_MOST = 20

# Samples that have to be sound before a fault is over. IRIS waits 24 good hours after
# chatter; a crew wants to see its work confirmed the same hour.
SOUND_SAMPLES = 30
CHANGED_SAMPLES = 3
FREE_SAMPLES = 3

# More than one lane carries: IRIS calls it Chatter from 38 vehicles in 30 s on a lane.
# Over minutes no platoon keeps that up: a quarter over HCM's capacity of 2,400 veh/h.
LANE_FLOW = 4_560  # veh/h
LANE_FLOW_LONG = 3_000
LONG_INTERVAL_MS = 300_000
# A segment of one lane may be a station that counts a whole carriageway.
CARRIAGEWAY_LANES = 6
# A count that never falls, and is more than one lane carries, is a running total. A
# morning rises for hours, but not in so many readings without a single fall.
GROWING_SAMPLES = 40
# Occupancy that jumps from nothing to all and back, over intervals that no red light
# fills; speed that jumps by more than that of any traffic within a minute.
LEAP_OCCUPANCY = 0.9
LEAP_INTERVAL_MS = 60_000
LEAP_SPEED_KMH = 100

# A speed while no vehicle is counted is odd once nothing was counted for so long: many
# detectors hold the last speed, or smooth it, for a while.
GHOST_MS = 1_800_000
# Vehicles at nearly free-flow speed cannot cover a detector all the time.
COVERED_OCCUPANCY = 0.95
COVERED_SPEED_RATIO = 0.8
# PeMS calls flow without occupancy, and the reverse, Intermittent. Vehicles that should
# have covered this share left no trace; or a detector was covered for this share of
# five minutes, no vehicle was counted, and it is too little for a standing queue.
UNSEEN_OCCUPANCY = 0.02
UNCOUNTED_OCCUPANCY = 0.1
UNCOUNTED_INTERVAL_MS = 300_000

# Readings come so much later than their interval ended, in so many in a row and over
# an hour, each time by the same to within three minutes. The delay of what a device
# held back shrinks as it is sent; time zones differ by quarter hours.
CLOCK_LAG_MS = 1_800_000
CLOCK_DRIFT_MS = 180_000
CLOCK_MS = 3_600_000
CLOCK_SAMPLES = 10
CLOCK_RIGHT_SAMPLES = 3
ZONE_MS = 900_000

# A congestion score that is sent as 0-1 instead of 0-100: at most 1 while the vehicles
# have less than half of the free-flow speed.
UNIT_SCORE = 10  # tenths
UNIT_SPEED_RATIO = 0.5


def patience_ms(interval_ms: int, silent_ms: int) -> int:
    """Return how long a sensor may be silent: the setting, three intervals at least.

    It also lasts until the metrics show a processor that stopped, after the next
    reading was due.
    """
    due_ms = interval_ms + FIGURES_SHOW_MS
    return max(silent_ms, STALE_AFTER_INTERVALS * interval_ms, due_ms)


def expected_occupancy(vehicles: int, speed_kmh: float, interval_ms: int) -> float:
    """Return the share of the interval that such vehicles cover a detector."""
    covered_ms = vehicles * EFFECTIVE_LENGTH_M * 3600 / max(speed_kmh, 1.0)
    return covered_ms / max(interval_ms, 1)
