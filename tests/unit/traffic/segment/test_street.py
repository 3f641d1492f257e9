"""Messages after public reports of what sensors in the street really send.

Each file of `tests/street` says what the situation is, and holds the messages with ages
in minutes. `FOUND` is what becomes of them on a road of 100 km/h free flow.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from traffic.model import ReadingCounts

from .builders import POLICY, START, Told, message, ms, tell

STREET = Path(__file__).parents[3] / "street"
CALM, JAM = (), ("opened",)

# The fate of its readings, the speed shown in the end, and the alert's transitions.
FOUND: dict[str, tuple[ReadingCounts, float | None, tuple[str, ...]]] = {
    "m01-zero-zero": (ReadingCounts(4), None, CALM),
    "m02-count255-speed0": (ReadingCounts(), None, CALM),
    "m03-occupancy-percent-at-night": (ReadingCounts(4), 0.0, CALM),
    "m04-backlog-after-live": (ReadingCounts(32, late=29), 50.0, CALM),
    "m05-qos1-reorder": (ReadingCounts(5), 50.0, CALM),
    "m07-local-time-as-z": (ReadingCounts(8, late=4), 80.0, CALM),
    "m08-lane-blocked": (ReadingCounts(12), 48.9, CALM),
    "m09-single-loop": (ReadingCounts(4), 8.8, JAM),
    "m10-speed-only": (ReadingCounts(4), 7.0, JAM),
    "m11-speed-with-count-0": (ReadingCounts(4), 7.0, JAM),
    "m12-one-slow-vehicle": (ReadingCounts(4), 11.9, CALM),
    "m14-same-sensor-id-two-units": (ReadingCounts(6), 42.0, CALM),
    "m15-corrected-bin": (ReadingCounts(1, stale=1), 50.0, CALM),
    "m16-count-as-12.0": (ReadingCounts(1), 50.0, CALM),
    "m17-timestamp-without-seconds": (ReadingCounts(1), 50.0, CALM),
    "m18-running-total": (ReadingCounts(2), 50.0, CALM),
    "m19-hourly-lane": (ReadingCounts(1), 88.0, CALM),
}


def records(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of a file as records, of which the last came at START."""
    made = []
    for number, told in enumerate(case["messages"], 1):
        received = ms(-60 * told.get("received_minutes_ago", 0))
        readings = [_dated(dict(one)) for one in told["readings"]]
        unit = told.get("device", "rsu")
        data = message(*readings, received_at=received, device_id=unit)
        body = {
            "partitionKey": "s",
            "sequenceNumber": str(number),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": received / 1000,
        }
        made.append({"eventID": f"shardId-000000000001:{number}", "kinesis": body})
    return made


def _dated(said: dict[str, Any]) -> dict[str, Any]:
    if "minutes_ago" in said:
        said["timestamp"] = ms(-60 * said.pop("minutes_ago"))
    elif str(said["timestamp"]).startswith("<now"):
        said["timestamp"] = "2027-01-15T08:00Z"  # START
    return said


def test_every_file_of_the_street_is_told() -> None:
    assert sorted(path.stem for path in STREET.glob("*.json")) == sorted(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_what_sensors_really_send_is_counted_and_shown_as_it_is(name: str) -> None:
    case = json.loads((STREET / f"{name}.json").read_text())
    tallies, speed, transitions = FOUND[name]

    told = tell(Told(), records(case), replace(POLICY, high_score=55, clear_score=45))

    assert told.stored.counts == tallies
    assert told.live.get("speed") == speed
    assert tuple(kind for kind, _, _ in told.transitions) == transitions
    assert ms(0) == START
