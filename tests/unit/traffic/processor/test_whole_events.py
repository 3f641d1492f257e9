"""Whole Lambda events from `tests/events`, as AWS sends them, through our shell."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from .city import City

EVENTS = Path(__file__).parents[3] / "events"


def event(name: str) -> dict[str, Any]:
    return dict(json.loads((EVENTS / f"{name}.json").read_text()))


def test_every_kinesis_event_is_complete() -> None:
    """Or a test would pass on a form that AWS never sends."""
    for path in EVENTS.glob("kinesis-*.json"):
        for one in json.loads(path.read_text())["Records"]:
            body = one["kinesis"]
            assert one["eventSource"] == "aws:kinesis"
            assert one["eventID"].split(":") == [
                "shardId-000000000006",
                body["sequenceNumber"],
            ]
            assert base64.b64decode(body["data"], validate=True)
            assert isinstance(body["approximateArrivalTimestamp"], float)


def test_three_minutes_of_a_jam_are_told_as_they_were() -> None:
    city = City("I-405-N.12")
    records = event("kinesis-three-minutes-of-a-jam")["Records"]

    assert city.process(records) == {"batchItemFailures": []}

    free, jammed = city.rows("segments")
    assert (free["segment_id"], free["accepted"], free["duplicate"]) == (
        "I-405-N.12",
        1,
        1,
    )
    assert (free["speed"], free["congestion_score"]) == (88.5, 15.0)
    assert (jammed["segment_id"], jammed["accepted"]) == ("US-101-S.7", 6)
    assert (jammed["speed"], jammed["level_of_service"]) == (0.0, "F")
    assert (jammed["alert_level"], jammed["congestion_score"]) == ("severe", 100.0)
    assert [one["transition"] for one in city.bus.events] == ["opened"]
    assert [row["minute"] for row in city.rows("history")] == ["2026-11-22T18:32Z"]
    reasons = [line["reason"] for line in city.quarantined().values()]
    assert sorted(reasons) == ["not_json", "out_of_range"]
