"""A label for each kind of fault, for a maintenance crew."""

from __future__ import annotations

LABELS = {
    "silent": "silent",
    "intermittent": "reports intermittently",
    "stuck": "repeats the same reading",
    "stuck_speed": "repeats the same speed",
    "locked_on": "locked on: always occupied",
    "impossible": "impossible values",
    "impossible_flow": "counts more than a lane can carry",
    "chatter": "chatter: jumps between values",
    "no_hits": "counts nothing while other lanes flow",
    "effective_length": "counts do not match its occupancy",
    "lane_share": "counts do not match its lane",
    "clock": "wrong clock",
    "unit": "wrong unit of measurement",
    "lane_blocked": "lane blocked or locked on while other lanes flow",
    "no_figures": "no valid figures",
}
