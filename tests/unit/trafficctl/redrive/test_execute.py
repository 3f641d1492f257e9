"""Dead letters put back: no hole, nothing twice, and an audit that holds throughout."""

from __future__ import annotations

import base64
import json
from typing import Any

from traffic.processor.records import decode_batch
from trafficctl.audit.identity import DeadLetters, Redriven

from .world import FILLED, LETTERS, REFUSED, World, lane, lost, whole_history


def test_a_hole_in_the_history_is_filled_and_every_reading_accounted_for() -> None:
    world = lost()
    assert whole_history(world) == [{"08:00": 1}, {"08:00": 1, "08:01": 1, "08:02": 1}]
    before = world.audit()
    assert (before.holds, before.dead_letters) == (True, DeadLetters(3, 6))

    work = world.redrive()
    world.drain()

    assert whole_history(world) == FILLED
    after = world.audit()
    assert (after.holds, after.dead_letters) == (True, DeadLetters())
    assert after.redriven == Redriven(put=10, interrupted=0, copies=6)
    assert (work.totals.letters, work.totals.readings) == (5, 10)


def test_what_was_put_back_is_moved_out_of_the_way_and_kept() -> None:
    world = lost()
    keys, bodies = world.letters(), dict(world.s3.buckets[LETTERS])

    world.redrive()

    assert world.letters() == []
    moved = {f"redriven/{key}": bodies[key] for key in keys}
    assert moved.items() <= world.s3.buckets[LETTERS].items()
    assert world.s3.keys(REFUSED, "quarantine/") == []
    assert world.s3.keys(LETTERS, "journal/open/") == []


def test_without_execute_nothing_is_changed() -> None:
    world = lost()
    before = {name: dict(objects) for name, objects in world.s3.buckets.items()}

    work = world.redrive(execute=False)

    assert world.s3.buckets == before
    assert world.kinesis.records == []
    assert [
        (one["kind"], one["day"], one["letters"], one["records"], one["readings"])
        for one in work.totals.as_json()
    ] == [
        ("batch", "2027-01-15", 2, 4, 6),
        ("message", "2027-01-15", 2, 2, 3),
        ("refused", "2027-01-15", 1, 1, 1),
    ]
    (batches, *_) = work.totals.as_json()
    assert (batches["segments"], batches["newest"] - batches["oldest"]) == (2, 55_000)


def test_a_second_redrive_has_nothing_to_do() -> None:
    world = lost()
    world.redrive(quarantine=False)
    world.drain()
    put = len(world.kinesis.records)

    work = world.redrive(quarantine=False)

    assert (len(world.kinesis.records), work.totals.letters) == (put, 0)


def test_a_message_that_never_reached_the_stream_gets_the_fields_of_the_rule() -> None:
    world = lost()
    world.redrive()

    told = [json.loads(one["Data"]) for one in world.kinesis.records]
    message = next(one for one in told if one.get("segment_id") == "b")
    assert message["device_id"] == "rsu-1"
    assert message["received_at"] == 1_800_000_181_000
    assert [one["timestamp"] for one in message["readings"]] == [1_800_000_180_000]


def test_refused_readings_wait_unless_they_are_asked_for() -> None:
    world = lost()
    refused = world.s3.keys(REFUSED)

    world.redrive(quarantine=False)

    assert world.s3.keys(REFUSED) == refused
    assert world.audit().rejected == 1


def test_a_refused_reading_that_is_still_bad_is_refused_again_and_counts_once() -> None:
    world = lost()
    world.redrive()
    world.drain()

    report = world.audit()
    assert (report.holds, report.rejected) == (True, 1)
    again = world.redrive()
    world.drain()
    assert again.totals.readings == 1
    assert (world.audit().holds, world.audit().rejected) == (True, 1)


def test_a_refused_reading_fills_its_minute_after_the_fix() -> None:
    world = World()
    world.apply(world.say("a", *lane("x", 0)), world.say("a", *lane("x", 60, count=-1)))
    world.apply(world.say("a", *lane("x", 120)), world.say("a", *lane("x", 240)))
    (key,) = world.s3.keys(REFUSED)
    body = world.s3.buckets[REFUSED][key]
    world.s3.buckets[REFUSED][key] = body.replace(b": -1", b": 1")  # the fix

    world.redrive()
    world.drain()

    report = world.audit()
    assert (report.holds, report.rejected, report.stored.late) == (True, 0, 1)
    assert world.history("a") == {"08:00": 1, "08:01": 1, "08:02": 1}


def test_what_fails_again_lies_in_a_new_letter_and_goes_back_again() -> None:
    world = lost()
    world.redrive(quarantine=False)
    again = [
        {
            "eventID": f"shardId-000000000000:{9_000 + n}",
            "kinesis": {
                "partitionKey": one["PartitionKey"],
                "sequenceNumber": str(9_000 + n),
                "data": one["Data"],
                "approximateArrivalTimestamp": 1_800_000_400,
            },
        }
        for n, one in enumerate(_coded(world.kinesis.records))
    ]
    world.kinesis.records.clear()
    world.give_up(*again)
    assert world.audit().holds

    world.redrive(quarantine=False)
    world.drain()

    assert world.audit().holds
    assert whole_history(world) == FILLED


def _coded(records: list[Any]) -> list[dict[str, str]]:
    return [{**r, "Data": base64.b64encode(r["Data"]).decode()} for r in records]


def test_rejections_that_lie_in_two_objects_count_once_before_and_after() -> None:
    world = World()
    bad = [world.say("a", *lane("x", 60 * n, count=-1)) for n in range(3)]
    world.apply(*bad)
    world.apply(*bad[1:])  # the batch came again from its second record
    assert len(world.s3.keys(REFUSED)) == 2
    assert (world.audit().rejected, world.audit().holds) == (3, True)

    world.redrive()
    world.drain()

    report = world.audit()
    assert (report.rejected, report.redriven.copies, report.holds) == (5, 2, True)


def test_a_quarantine_object_that_a_retry_wrote_again_brings_only_what_is_new() -> None:
    world = World()
    first, second = [world.say("a", *lane("x", 60 * n, count=-1)) for n in range(2)]
    world.apply(first)
    world.redrive()
    world.drain()

    world.apply(first, second)  # the batch came again, and more of it

    report = world.audit()
    assert (report.rejected, report.redriven.copies, report.holds) == (2, 0, True)
    assert report.least_found == report.most_found == 2


def test_as_many_readings_go_back_as_lay_in_the_letters() -> None:
    world = lost()
    work = world.redrive()
    world.drain()

    coded = _coded(world.kinesis.records)
    records = [
        {"kinesis": {"data": one["Data"], "partitionKey": "a", "sequenceNumber": "1"}}
        for one in coded
    ]
    assert decode_batch(records, 0)["a"].readings == work.totals.readings == 10
