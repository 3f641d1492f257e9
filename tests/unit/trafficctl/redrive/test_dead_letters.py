"""What is a letter, what goes back of it, and what stays where it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.traffic.processor.city import City
from tests.unit.traffic.segment.builders import (
    START,
    message,
    ms,
    reading,
    record,
    records,
)
from traffic.policy import MAX_READINGS_PER_MESSAGE
from trafficctl.redrive.dead_letters import (
    MESSAGE,
    MOST_BYTES,
    REFUSED,
    DeadLetter,
    StoredObject,
    UnreadableError,
    letter_of,
    with_fields,
)

from .world import LETTERS, World, hole, lane, stored


def batch(*found: dict[str, Any]) -> bytes:
    return json.dumps({"payload": {"Records": found}}).encode()


def refused(*messages: bytes) -> tuple[StoredObject, bytes]:
    """What the processor sets aside of messages."""
    city = City()
    city.process(records(*messages))
    ((key, body),) = city.s3.objects.items()
    return stored(key), body


def told(letter: DeadLetter) -> list[Any]:
    return [json.loads(one.data) for one in letter.records]


def test_a_record_with_a_receipt_time_goes_back_byte_for_byte() -> None:
    said = message(reading("a"), reading("b"), note="ä", weight=0.1) + b" \n"

    (one,) = letter_of(stored(), batch(record(7, said, "seg"))).records

    assert (one.partition_key, one.readings, one.received_ms) == ("seg", 2, START)
    assert one.data == said


def test_a_record_without_a_receipt_time_gets_that_of_its_arrival() -> None:
    data = json.dumps({"readings": [reading()]}).encode()

    (one,) = told(letter_of(stored(), batch(record(1, data, arrived=7))))

    assert one["received_at"] == ms(7)


@pytest.mark.parametrize("received", [ms(-367 * 86_400), ms(61), "now", None])
def test_a_receipt_time_that_is_not_believed_is_replaced_by_that_of_the_arrival(
    received: Any,
) -> None:
    said = {"readings": [reading()], "note": 1, "received_at": received}
    data = json.dumps(said).encode()

    (one,) = told(letter_of(stored(), batch(record(1, data, arrived=0))))

    assert one == {**said, "received_at": START}


@pytest.mark.parametrize("data", [b"no JSON", b"[1]", b'"text"', b"\xff\xfe", b""])
def test_what_can_carry_no_field_goes_back_as_it_is(data: bytes) -> None:
    assert with_fields(data, {"received_at": 1}) == data


@pytest.mark.parametrize(
    "data", [b'\xef\xbb\xbf{"a":1}', b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":"\\ud800"}']
)
def test_what_the_processor_can_read_gets_its_fields(data: bytes) -> None:
    assert json.loads(with_fields(data, {"received_at": 7}))["received_at"] == 7


def test_a_device_can_not_pretend_when_or_where_it_spoke() -> None:
    payload = json.dumps({"readings": [reading()], "received_at": 1, "segment_id": "x"})
    letter = {
        "topic": "traffic/seg:1/rsu-1",  # a plain topic, not Basic Ingest
        "base64OriginalPayload": base64.b64encode(payload.encode()).decode(),
    }
    key = f"iot/seg:1/{ms(9)}-0a1b.json"

    found = letter_of(stored(key), json.dumps(letter).encode())

    assert found.kind == MESSAGE
    (one,) = told(found)
    assert (one["segment_id"], one["device_id"]) == ("seg:1", "rsu-1")
    assert one["received_at"] == ms(9)
    assert found.records[0].partition_key == "seg:1"


FOREIGN = [
    b"",
    b"no JSON",
    b"[]",
    b"7",
    b"{}",
    b"[" * 100_000,
    b'{"payload": null}',
    b'{"payload": "no JSON"}',
    b'{"payload": {"Records": 7}}',
    b'{"payload": {"Records": [7]}}',
    b'{"payload": {"Records": [{"kinesis": {}}]}}',
    b'{"payload": {"Records": [{"kinesis": {"data": 7, "partitionKey": "a",'
    b'"sequenceNumber": "1"}}]}}',
    b'{"payload": {"Records": [{"kinesis": {"data": "%", "partitionKey": "a",'
    b'"sequenceNumber": "1"}}]}}',
    b'{"base64OriginalPayload": "e30="}',
    b'{"base64OriginalPayload": "e30=", "topic": "short"}',
    b'{"base64OriginalPayload": "e30=", "topic": "traffic//x"}',
    b'{"base64OriginalPayload": 7, "topic": "traffic/a/x"}',
]


@pytest.mark.parametrize("body", FOREIGN, ids=range(len(FOREIGN)))
def test_what_is_no_letter_is_left_and_named(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        letter_of(stored(), body)

    world = World()
    hole(world)
    world.s3.buckets[LETTERS]["notes.txt"] = body
    work = world.redrive()
    world.drain()
    assert world.letters() == ["notes.txt"]
    assert world.s3.buckets[LETTERS]["notes.txt"] == body
    ((name, why),) = work.totals.skipped_objects
    assert (name, bool(why), work.totals.skipped) == ("s3://letters/notes.txt", True, 1)
    assert world.history("a")["08:01"] == 3


def test_an_object_that_is_too_large_is_not_even_read() -> None:
    world = World()
    world.s3.buckets[LETTERS]["huge"] = b"x" * (MOST_BYTES + 1)

    work = world.redrive()

    assert work.totals.skipped == 1
    assert world.letters() == ["huge"]


def test_a_letter_whose_name_leaves_no_room_is_left() -> None:
    world = World()
    key = world.give_up(world.say("a", *lane("x", 0)))
    longest = key + "x" * (1024 - len(key))
    letters = world.s3.buckets[LETTERS]
    letters[longest] = letters.pop(key)

    assert world.redrive().totals.skipped == 1
    assert world.letters() == [longest]
    assert world.kinesis.records == []


ODD = ["a b+c%2F.json", "ä/ö?x=1#y", "line\nbreak", "./../x", "&<>\"'", "\x01", "日本"]


@pytest.mark.parametrize("name", ODD)
def test_keys_may_hold_any_character(name: str) -> None:
    world = World()
    letters = world.s3.buckets[LETTERS]
    letters[name] = letters.pop(world.give_up(world.say("a", *lane("x", 0))))

    world.redrive()
    world.drain()

    assert world.letters() == []
    assert f"redriven/{name}" in letters
    assert world.audit().holds


# Quarantine


def test_readings_refused_in_one_message_go_back_in_one() -> None:
    bad = message(reading("a", count=-1), reading("b"), reading("c", speed=999))

    (one,) = told(letter_of(*refused(bad)))

    assert [said["sensor_id"] for said in one["readings"]] == ["a", "c"]
    assert (one["received_at"], one["device_id"]) == (START, "u")


@pytest.mark.parametrize(
    ("data", "readings"),
    [
        (b"no JSON", 1),
        (b"\xff\x00", 1),
        (b"[7]", 1),
        (b'{"x": 7}', 1),
        (b'{"readings": []}', 0),
        (message(*[reading()] * (MAX_READINGS_PER_MESSAGE + 1)), 1001),
        (json.dumps({**reading(count=-1), "received_at": START}).encode(), 1),
        (message(reading(speed=float("nan"))), 1),
        (message(reading("bad id!")), 1),
    ],
)
def test_whatever_was_refused_goes_back_with_as_many_readings(
    data: bytes, readings: int
) -> None:
    letter = letter_of(*refused(data))

    assert (letter.kind, letter.readings) == (REFUSED, readings)
    city = City()
    city.process(records(*(one.data for one in letter.records)))
    again = [line["readings"] for line in city.quarantined().values()]
    assert sum(again) == readings


def test_a_message_of_a_segment_that_has_no_name_goes_back_whole() -> None:
    city = City()
    said = message(reading("a"), reading("b", speed=float("inf")))
    city.process([record(1, said, "no segment")])
    ((key, body),) = city.s3.objects.items()

    (one,) = letter_of(stored(key), body).records

    assert (one.partition_key, one.readings) == ("no segment", 2)


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "7",
        "{}",
        '{"sequence_number": "1", "index": 0, "readings": "x"}',
        '{"sequence_number": "1", "index": 0, "readings": 1}',
        '{"sequence_number": "1", "index": null, "readings": 9, "segment_id": "s",'
        '"device_id": "d", "received_at": 1, "message": {"text": "cut ..."}}',
    ],
)
def test_a_quarantine_object_that_is_not_whole_is_left(line: str) -> None:
    with pytest.raises(UnreadableError):
        letter_of(stored("quarantine/2026-11-22/shard/1.jsonl"), line.encode())
