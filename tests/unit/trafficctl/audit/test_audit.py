"""The audit: no reading lost, none counted twice."""

from __future__ import annotations

import base64
import io
import json

import pytest

from trafficctl.audit.command import report_view, settle, span
from trafficctl.audit.evidence import (
    count_letters,
    published_readings,
    rejections_in,
    stored_readings,
)
from trafficctl.audit.identity import (
    DeadLetters,
    Published,
    Stored,
    reconcile,
    remarks,
    verdict,
)
from trafficctl.cli.output import show
from trafficctl.errors import CityError
from trafficctl.publishing.tally import Run

NONE = DeadLetters()


def sent(readings, acknowledged=None, resent=0):
    return Published(
        readings, readings if acknowledged is None else acknowledged, resent
    )


@pytest.mark.parametrize(
    ("published", "stored", "rejected", "letters", "missing", "surplus"),
    [
        (sent(0), Stored(), 0, NONE, 0, 0),
        (sent(100), Stored(100), 0, NONE, 0, 0),
        (sent(100), Stored(90, late=90, duplicate=6), 4, NONE, 0, 0),
        (sent(100), Stored(99), 0, NONE, 1, 0),
        (sent(100), Stored(101), 0, NONE, 0, 1),
        (sent(100), Stored(0, duplicate=101), 0, NONE, 0, 1),
        (sent(100), Stored(100), 1, NONE, 0, 1),
        (sent(100, acknowledged=95), Stored(95), 0, NONE, 0, 0),
        (sent(100, acknowledged=95), Stored(100), 0, NONE, 0, 0),
        (sent(100, acknowledged=95), Stored(94), 0, NONE, 1, 0),
        (sent(100, acknowledged=95), Stored(101), 0, NONE, 0, 1),
        (sent(100, resent=10), Stored(100, duplicate=10), 0, NONE, 0, 0),
        (sent(100, resent=10), Stored(100, duplicate=11), 0, NONE, 0, 1),
        (sent(100, resent=10), Stored(99), 0, NONE, 1, 0),
        (sent(100), Stored(75), 0, DeadLetters(undelivered=25), 0, 0),
        (sent(100), Stored(100), 0, DeadLetters(undelivered=25), 0, 25),
        (sent(100), Stored(75), 0, DeadLetters(in_doubt=25), 0, 0),
        (sent(100), Stored(100), 0, DeadLetters(in_doubt=25), 0, 0),
        (sent(100), Stored(74), 0, DeadLetters(in_doubt=25), 1, 0),
        (sent(100, resent=10), Stored(100, duplicate=4, stale=6), 0, NONE, 0, 0),
        (sent(100), Stored(90, stale=9), 0, NONE, 1, 0),
        (sent(100), Stored(90, stale=11), 0, NONE, 0, 1),
        (sent(100), Stored(101), 0, DeadLetters(in_doubt=25), 0, 1),
    ],
)
def test_every_reading_that_arrived_is_found_once(
    published, stored, rejected, letters, missing, surplus
):
    report = reconcile(published, stored, rejected, letters)

    assert (report.missing, report.surplus) == (missing, surplus)
    assert report.holds == (missing == surplus == stored.stale == 0)


def test_late_readings_are_among_the_accepted_and_count_once():
    report = reconcile(sent(10), Stored(accepted=10, late=4), 0, NONE)

    assert report.least_found == report.most_found == 10


@pytest.mark.parametrize(
    ("published", "stored", "sentence"),
    [
        (sent(5), Stored(5), "every reading is accounted for"),
        (sent(5), Stored(3), "2 readings arrived but are not stored"),
        (sent(5), Stored(9), "4 more readings are stored than were published"),
        (sent(0), Stored(0), "nothing was published, nothing is stored"),
    ],
)
def test_the_verdict_says_what_is_wrong(published, stored, sentence):
    assert verdict(reconcile(published, stored, 0, NONE)).startswith(sentence)


def test_a_surplus_names_what_helps_where_devices_publish_too():
    assert "`--no-tally`" in verdict(reconcile(sent(5), Stored(9), 0, NONE))


def test_whatever_weakens_the_proof_is_said():
    published = Published(100, 95, resent=10, unfinished_runs=1)

    said = remarks(reconcile(published, Stored(100), 0, DeadLetters(in_doubt=7)))

    assert [line.split(" ", 3)[:3] for line in said] == [
        ["1", "publishing", "runs"],
        ["5", "readings", "were"],
        ["up", "to", "10"],
        ["7", "dead-lettered", "readings"],
    ]


def test_a_clean_proof_needs_no_remarks():
    assert remarks(reconcile(sent(5), Stored(5), 0, NONE)) == []


def test_the_counters_of_all_segments_are_summed_and_absent_ones_are_zero():
    segments = [{"accepted": 5, "late": 1, "duplicate": 2}, {"accepted": 3}, {}]

    assert stored_readings(segments) == Stored(8, 1, 2)


def test_a_killed_run_leaves_bounds_and_is_counted_as_unfinished():
    runs = [Run("a", 1, 2, 4, 100, 100, 0), Run("b", 3, None, 2, 50, 20, 5)]

    assert published_readings(runs) == Published(150, 120, 5, 1)


def quarantine(*rejections):
    names = ("sequence_number", "index", "readings")
    lines = [json.dumps(dict(zip(names, each, strict=True))) for each in rejections]
    return "".join(line + "\n" for line in lines).encode()


def test_a_rejection_is_known_again_in_another_object():
    first = quarantine(("100", 0, 1), ("100", 3, 1), ("101", None, 25))
    again = quarantine(("101", None, 25), ("102", 0, 1))

    both = {**rejections_in(first), **rejections_in(again)}
    assert both == {("100", 0): 1, ("100", 3): 1, ("101", None): 25, ("102", 0): 1}


def reading(sensor):
    return {"sensor_id": sensor, "timestamp": 1, "vehicle_count": 0}


def coded(message):
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return base64.b64encode(raw).decode()


def record(sequence, message):
    return {
        "eventID": f"shardId-0:{sequence}",
        "kinesis": {
            "partitionKey": "S1",
            "sequenceNumber": str(sequence),
            "data": coded(message),
        },
    }


def letter(*records):
    return json.dumps({"payload": {"Records": list(records)}}).encode()


def test_a_batch_that_lambda_gave_up_on_is_in_doubt():
    batch = letter(
        record(1, {"readings": [reading("a"), reading("b")]}),
        record(2, reading("c")),
        record(3, b"not json"),
    )

    assert count_letters([batch]) == DeadLetters(undelivered=0, in_doubt=4)


def test_a_record_in_two_letters_counts_once():
    one, two = record(1, reading("a")), record(2, reading("b"))

    assert count_letters([letter(one, two), letter(two)]).in_doubt == 2


def test_the_payload_may_be_the_event_or_its_text():
    event = {"Records": [record(1, reading("a"))]}
    as_text = json.dumps({"payload": json.dumps(event)}).encode()

    assert count_letters([as_text]).in_doubt == 1


def test_what_the_rule_could_not_deliver_reached_no_segment():
    body = {"base64OriginalPayload": coded({"readings": [reading("a"), reading("b")]})}

    letters = count_letters([json.dumps(body).encode()])

    assert letters == DeadLetters(undelivered=2, in_doubt=0)


def test_a_letter_that_nobody_can_read_is_an_error_not_a_zero():
    with pytest.raises(CityError, match="no `payload`"):
        count_letters([b'{"hello": 1}'])


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def settled(counts, wait_s):
    """How the audit of 10 readings ends when *counts* of them are found in turn."""
    clock, left = Clock(), list(counts)

    def look():
        found = left.pop(0) if len(left) > 1 else left[0]
        return reconcile(sent(10), Stored(found), 0, NONE)

    report = settle(look, wait_s, clock, clock.sleep)
    return report.holds, clock.now


def test_the_audit_waits_for_readings_on_their_way():
    assert settled([2, 6, 10, 10], wait_s=20) == (True, 3.0)


def test_the_audit_waits_no_longer_than_it_may():
    assert settled([9], wait_s=5) == (False, 5.0)


def test_no_wait_is_one_look():
    assert settled([9, 10], wait_s=0) == (False, 0.0)


def test_numbers_that_still_move_are_looked_at_again():
    assert settled([10, 11, 11], wait_s=3) == (False, 4.0)


def test_a_backlog_that_still_drains_is_waited_for():
    assert settled([1, 3, 5, 7, 9, 10, 10], wait_s=2) == (True, 6.0)


def test_numbers_that_never_stand_still_end_the_wait_in_the_end():
    assert settled(range(1000), wait_s=2) == (False, 30.0)


def rendered(report):
    out = io.StringIO()
    show(report_view(report), out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_the_table_shows_both_sides_and_the_verdict():
    report = reconcile(sent(1200), Stored(1100, 7, 60), 40, NONE)

    lines = rendered(report)

    assert "published 1,200 1,200 acknowledged" in lines
    assert "= accepted 1,100 7 of them late" in lines
    assert "+ duplicate 60" in lines
    assert "+ rejected 40 in quarantine" in lines
    assert "+ dead-lettered 0" in lines
    assert "found 1,200" in lines
    assert lines[-1] == "HOLDS: every reading is accounted for."


def test_a_doubt_is_shown_as_a_range():
    report = reconcile(sent(100), Stored(90), 0, DeadLetters(in_doubt=25))

    lines = rendered(report)

    assert "+ dead-lettered 0 to 25" in lines
    assert "found 90 to 115" in lines
    assert any(line.startswith("Note: 25 dead-lettered") for line in lines)


def test_a_failing_audit_says_by_how_much():
    lines = rendered(reconcile(sent(100), Stored(90), 0, NONE))

    assert "missing 10" in lines
    assert lines[-1].startswith("FAILS: 10 readings arrived but are not stored")


def test_a_count_without_doubt_is_one_number():
    assert (span(1700, 1700), span(0, 25)) == ("1,700", "0 to 25")


def test_programs_get_the_same_numbers():
    report = reconcile(sent(10), Stored(9, 1, 0), 0, DeadLetters(1, 0))

    assert report.as_json()["holds"] is True
    assert report.as_json()["found"] == {"least": 10, "most": 10}
