"""A reading that breaks a rule is set aside with its reason; its neighbours go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traffic.processor.aws import lines

from ..segment.builders import START, Told, message, reading, record, say, tell

BEFORE, AFTER = json.dumps(reading("before")), json.dumps(reading("after"))
DEEP = 900  # Python's parser gives up at about a thousand

# What is wrong; the reading as JSON text; reason and path of its rejection.
BAD_READINGS: list[tuple[str, str, str, str]] = [
    ("a text", '"slow"', "wrong_type", ""),
    ("a number", "5", "wrong_type", ""),
    ("null", "null", "wrong_type", ""),
    ("a list", "[1]", "wrong_type", ""),
    ("no fields", "{}", "missing_field", "sensor_id"),
    ("deep nesting", "[" * DEEP + "]" * DEEP, "wrong_type", ""),
    ("half a character", '"\\ud800"', "wrong_type", ""),
]


def field(name: str, text: str) -> str:
    """A reading whose field *name* is the JSON *text*."""
    said = {**reading("bad"), name: "@"}
    return json.dumps(said).replace('"@"', text)


# What is wrong; field; its JSON text; reason.
BAD_FIELDS: list[tuple[str, str, str, str]] = [
    ("sensor without a name", "sensor_id", '""', "bad_sensor_id"),
    ("name with a space", "sensor_id", '"lane 1"', "bad_sensor_id"),
    ("name with a line end", "sensor_id", '"lane\\n"', "bad_sensor_id"),
    ("name too long", "sensor_id", '"' + "x" * 65 + '"', "bad_sensor_id"),
    ("half a character", "sensor_id", '"\\ud800"', "bad_sensor_id"),
    ("name as a fraction", "sensor_id", "7.5", "wrong_type"),
    ("no name", "sensor_id", "null", "wrong_type"),
    ("time as a word", "timestamp", '"noon"', "bad_timestamp"),
    ("time without offset", "timestamp", '"2027-01-15T08:00:00"', "bad_timestamp"),
    ("time as digits in text", "timestamp", f'"{START}"', "bad_timestamp"),
    ("half a character", "timestamp", '"\\ud800"', "bad_timestamp"),
    ("year 10000", "timestamp", '"9999-12-31T23:59:59-23:00"', "bad_timestamp"),
    ("before 1970", "timestamp", '"0001-01-01T00:00:00Z"', "bad_timestamp"),
    ("fraction of a ms", "timestamp", f"{START}.5", "wrong_type"),
    ("negative time", "timestamp", "-5", "out_of_range"),
    ("time beyond years", "timestamp", "9" * 300, "out_of_range"),
    ("time as bool", "timestamp", "true", "wrong_type"),
    ("negative count", "vehicle_count", "-1", "out_of_range"),
    ("more than a road carries", "vehicle_count", "251", "impossible_flow"),
    ("more than any road carries", "vehicle_count", "15001", "out_of_range"),
    ("more than 64 bits", "vehicle_count", "9" * 30, "out_of_range"),
    ("5,000 digits", "vehicle_count", "9" * 5000, "wrong_type"),
    ("half a vehicle", "vehicle_count", "1.5", "wrong_type"),
    ("count as bool", "vehicle_count", "true", "wrong_type"),
    ("count as text", "vehicle_count", '"5"', "wrong_type"),
    ("count as half a character", "vehicle_count", '"\\ud800"', "wrong_type"),
    ("half a character within", "interval", '["\\ud800"]', "wrong_type"),
    ("count that is NaN", "vehicle_count", "NaN", "out_of_range"),
    ("negative speed", "average_speed", "-0.1", "out_of_range"),
    ("faster than any car", "average_speed", "250.1", "out_of_range"),
    ("speed that is NaN", "average_speed", "NaN", "out_of_range"),
    ("infinite speed", "average_speed", "Infinity", "out_of_range"),
    ("beyond a double", "average_speed", "1e999", "out_of_range"),
    ("speed as bool", "average_speed", "true", "wrong_type"),
    ("speed as text", "average_speed", '"fast"', "wrong_type"),
    ("score over 100", "congestion_score", "100.1", "out_of_range"),
    ("negative score", "congestion_score", "-1", "out_of_range"),
    ("more than all of the time", "occupancy", "100.1", "out_of_range"),
    ("interval of nothing", "interval", "0", "out_of_range"),
    ("interval over an hour", "interval", "3600.1", "out_of_range"),
    ("deep nesting", "vehicle_count", "[" * DEEP + "]" * DEEP, "wrong_type"),
]

# What is wrong; the message; reason; how many readings are set aside with it.
BAD_MESSAGES: list[tuple[str, bytes, str, int]] = [
    ("nothing", b"", "not_json", 1),
    ("half a message", message(reading())[:-3], "not_json", 1),
    ("bytes that are no text", bytes(range(128, 256)), "not_json", 1),
    ("nesting without end", b"[" * 100_000, "not_json", 1),
    ("a list", b"[]", "not_a_message", 1),
    ("a word", b'"hello"', "not_a_message", 1),
    ("NaN", b"NaN", "not_a_message", 1),
    ("another kind of object", b'{"temperature": 20}', "not_a_message", 1),
    ("readings that are no list", message(readings="none"), "wrong_type", 1),
    ("readings that are null", message(readings=None), "wrong_type", 1),
    ("an empty list of readings", message(), "no_readings", 0),
    (
        "10,000 readings",
        message(*(reading(f"s{i}") for i in range(10_000))),
        "too_many_readings",
        10_000,
    ),
]


def among_neighbours(bad: str) -> Told:
    """A bad reading between two good ones, in one message."""
    return say(f'{{"readings": [{BEFORE}, {bad}, {AFTER}]}}'.encode())


def fates(told: Told) -> list[tuple[int, Any, str, str]]:
    """Record, place, reason and path of each rejection, as quarantine tells them."""
    kept = [json.loads(line) for line in lines(told.rejected.values())]
    names = ("sequence_number", "index", "reason", "path")
    return [tuple(line[name] for name in names) for line in kept]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "reason", "path"),
    [case[1:] for case in BAD_READINGS],
    ids=[case[0] for case in BAD_READINGS],
)
def test_what_is_no_reading_costs_only_itself(
    text: str, reason: str, path: str
) -> None:
    told = among_neighbours(text)

    assert fates(told) == [("1", 1, reason, path)]
    assert told.stored.counts.accepted == 2


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [case[1:] for case in BAD_FIELDS],
    ids=[f"{case[1]}: {case[0]}" for case in BAD_FIELDS],
)
def test_a_field_that_breaks_a_rule_costs_only_its_reading(
    name: str, text: str, reason: str
) -> None:
    told = among_neighbours(field(name, text))

    assert fates(told) == [("1", 1, reason, name)]
    assert told.stored.counts.accepted == 2


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [case[1:] for case in BAD_FIELDS],
    ids=[f"{case[1]}: {case[0]}" for case in BAD_FIELDS],
)
def test_a_sensor_that_speaks_for_itself_is_refused_for_the_same_reasons(
    name: str, text: str, reason: str
) -> None:
    told = say(field(name, text).encode(), message(reading("good")))

    assert [(line[0], *line[2:]) for line in fates(told)] == [("1", reason, name)]
    assert told.stored.counts.accepted == 1


@pytest.mark.parametrize(
    ("data", "reason", "readings"),
    [case[1:] for case in BAD_MESSAGES],
    ids=[case[0] for case in BAD_MESSAGES],
)
def test_what_is_no_message_is_set_aside_whole(
    data: bytes, reason: str, readings: int
) -> None:
    told = say(message(reading("before")), data, message(reading("after")))

    ((_, decoded, fault),) = told.rejected.values()
    assert (decoded.sequence_number, fault.position) == ("2", None)
    assert (fault.reason, fault.readings) == (reason, readings)
    assert told.stored.counts.accepted == 2
    assert len(lines(told.rejected.values())) == 1


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"x":', "}")])
@pytest.mark.parametrize("around", ["{}", '{{"f": {}}}', '{{"readings": [{}]}}'])
def test_no_depth_of_nesting_is_too_deep_to_set_aside(
    opening: str, closing: str, around: str
) -> None:
    """Near the parser's limit, what is read may still be too deep to write."""
    for depth in range(800, 1_100):
        nested = opening * depth + "1" + closing * depth
        told = say(around.format(nested).encode())

        assert len(lines(told.rejected.values())) == 1


def test_unknown_fields_are_ignored_whatever_they_hold() -> None:
    strange = '"firmware": NaN, "notes": [[[{}]]], "serial": ' + "9" * 5_000
    with_more = BEFORE[:-1] + ", " + strange + "}"

    told = say(f'{{"readings": [{with_more}, {AFTER}], {strange}}}'.encode())

    assert told.rejected == {}
    assert told.stored.counts.accepted == 2


def test_bytes_that_are_no_text_cost_the_reading_they_stand_in() -> None:
    data = f'{{"readings": [{BEFORE}, {field("sensor_id", "@")}, {AFTER}]}}'.encode()

    told = say(data.replace(b"@", b'"lane-\xff"'))

    assert fates(told) == [("1", 1, "bad_sensor_id", "sensor_id")]
    assert told.stored.counts.accepted == 2


def test_a_mark_of_byte_order_is_no_fault() -> None:
    told = say(b"\xef\xbb\xbf" + message(reading()))

    assert told.stored.counts.accepted == 1


def test_of_a_field_said_twice_the_last_counts() -> None:
    told = say(BEFORE.replace("{", '{"vehicle_count": 9999, ', 1).encode())

    assert told.rejected == {}
    assert told.live["flow_per_lane"] == 600


def test_the_payload_can_not_claim_another_segment_or_a_false_receipt() -> None:
    claims = message(reading(), segment_id="elsewhere", received_at="x", device_id=7)

    told = tell(Told(), [record(1, claims)])

    assert told.stored.counts.accepted == 1
    assert told.live["received_at"] == START


@pytest.mark.parametrize(
    "claimed", [-5, 0, 10**400, START + 61_000, START - 400 * 86_400_000]
)
def test_a_receipt_time_far_from_the_streams_own_is_not_believed(claimed: int) -> None:
    told = tell(Told(), [record(1, message(reading(), received_at=claimed), arrived=0)])

    assert told.live["received_at"] == START


@pytest.mark.parametrize("segment", ["", "a b", "x" * 65, "s\n", "\ud800", "é"])
def test_a_message_of_no_possible_segment_is_set_aside_whole(segment: str) -> None:
    data = message(reading("a"), reading("b"), "no reading")

    told = tell(Told(), [record(1, data, segment), record(2, message(reading()))])

    ((_, _, fault),) = told.rejected.values()
    assert (fault.reason, fault.position, fault.readings) == ("bad_segment_id", None, 3)
    assert told.stored.counts.accepted == 1


def test_a_rejection_names_the_expected_and_the_actual() -> None:
    told = among_neighbours(field("vehicle_count", "15001"))

    ((_, _, fault),) = told.rejected.values()
    assert fault.expected == "a whole number <= 15000"
    assert fault.actual == "15001"
    assert fault.raw == reading("bad", count=15001)


def test_a_segment_takes_no_more_sensors_than_its_item_can_hold() -> None:
    readings = [reading(f"s{i}") for i in range(202)]

    told = say(message(*readings))

    assert told.stored.counts.accepted == 200
    assert fates(told) == [
        ("1", 200, "too_many_sensors", "sensor_id"),
        ("1", 201, "too_many_sensors", "sensor_id"),
    ]


def test_a_thousand_readings_in_a_message_are_taken() -> None:
    told = say(message(*(reading(f"s{i % 100}", i // 100) for i in range(1_000))))

    assert told.rejected == {}
    assert told.stored.counts.accepted == 1_000


def test_a_record_that_is_no_base64_is_set_aside() -> None:
    """The stream never has one; a made-up event may."""
    broken = record(1, b"")
    broken["kinesis"]["data"] = "é"

    told = tell(Told(), [broken, record(2, message(reading()))])

    assert fates(told) == [("1", None, "not_json", "")]
    assert told.stored.counts.accepted == 1
