"""Each kind of fault in the words of a maintenance crew."""

from __future__ import annotations

LABELS = {
    "silent": "silent",
    "intermittent": "comes and goes",
    "stuck": "says the same all the time",
    "stuck_speed": "says the same speed all the time",
    "locked_on": "locked on: covered all the time",
    "impossible": "says what can't be",
    "impossible_flow": "counts more than a lane carries",
    "chatter": "chatters: leaps to and fro",
    "no_hits": "counts nothing, other lanes flow",
    "effective_length": "counts too many or too few for its occupancy",
    "lane_share": "counts too many or too few for its lane",
    "clock": "its clock is wrong",
    "unit": "sends another unit",
    "lane_blocked": "lane blocked, or locked on: other lanes flow",
    "no_figures": "has no figures",
}
