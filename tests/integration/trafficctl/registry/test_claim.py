"""A device comes with a claim, fetches a certificate of its own, and reports."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from .city import Operator, reading


def test_a_new_device_fetches_its_certificate_and_its_reading_arrives(
    operator: Operator, claim: Path, eventually: Any
) -> None:
    operator.expect(("new-1", "seg-new-1"))
    device = operator.newcomer("new-1", claim)

    kind, answer = device.come_in()

    assert (kind, answer["thingName"]) == ("accepted", "new-1")
    told = answer["deviceConfiguration"]
    assert told["segment_id"] == "seg-new-1"
    assert told["topic"] == operator.topic("seg-new-1", "new-1")
    connection = operator.connect("new-1", device.pem)
    assert connection.publish(told["topic"], reading()) == "Success"
    connection.close()
    assert eventually(lambda: operator.segment("seg-new-1").get("accepted") == 1)


def test_a_device_that_came_in_is_registered_with_its_certificate(
    operator: Operator, claim: Path
) -> None:
    operator.expect(("new-2", "seg-new-2"))
    operator.newcomer("new-2", claim).come_in()

    ((certificate, status),) = operator.certificates("new-2")
    row = operator.row("new-2")
    assert (row["status"], row["certificate_id"]) == ("registered", certificate)
    assert status == "ACTIVE"
    assert row["registered_at"] >= row["expected_at"]


def test_the_segment_is_the_registrys_whatever_the_device_claims(
    operator: Operator, claim: Path
) -> None:
    operator.expect(("new-3", "seg-new-3"))

    _, answer = operator.newcomer("new-3", claim).come_in(SegmentId="seg-other")

    assert answer["deviceConfiguration"]["segment_id"] == "seg-new-3"
    assert operator.things()["new-3"] == {"segment_id": "seg-new-3"}


def test_a_lost_answer_is_asked_for_again(operator: Operator, claim: Path) -> None:
    operator.expect(("new-4", "seg-new-4"))
    device = operator.newcomer("new-4", claim)
    connection = device.connect()
    made = device.fetch(connection)

    answers = [device.register(connection, made) for _ in range(2)]
    connection.close()

    assert [kind for kind, _ in answers] == ["accepted", "accepted"]
    assert len(operator.certificates("new-4")) == 1


def test_a_repeated_file_expects_nobody_twice(operator: Operator, claim: Path) -> None:
    operator.expect(("new-5", "seg-new-5"), ("new-6", "seg-new-5"))
    operator.newcomer("new-5", claim).come_in()
    before = operator.row("new-5"), operator.row("new-6")

    said = operator.expect(("new-5", "seg-new-5"), ("new-6", "seg-new-5"))

    assert "0 devices expected, 2 unchanged" in said
    assert (operator.row("new-5"), operator.row("new-6")) == before


def test_a_claim_is_private_and_made_once(operator: Operator, claim: Path) -> None:
    before = claim.read_text()

    assert stat.S_IMODE(claim.stat().st_mode) == 0o600
    assert operator.claim().read_text() == before


def test_what_is_expected_anew_loses_its_certificate(
    operator: Operator, claim: Path
) -> None:
    operator.expect(("new-7", "seg-new-7"))
    first = operator.newcomer("new-7", claim)
    first.come_in()

    operator.register(("new-7", "seg-new-7"), options=("--claim", "--again", "--yes"))

    assert operator.row("new-7")["status"] == "expected"
    assert operator.certificates("new-7") == []
    second = operator.newcomer("new-7", claim)
    assert second.come_in()[0] == "accepted"
    assert [status for _, status in operator.certificates("new-7")] == ["ACTIVE"]


def test_a_device_whose_name_another_stack_has_is_turned_away(
    operator: Operator, claim: Path
) -> None:
    operator.iot.create_thing_type(thingTypeName="city-test-device")
    theirs = {"attributes": {"segment_id": "theirs"}}
    operator.iot.create_thing(
        thingName="both-1", thingTypeName="city-test-device", attributePayload=theirs
    )
    operator.expect(("both-1", "seg-both"))

    kind, answer = operator.newcomer("both-1", claim).come_in()

    assert (kind, answer["errorCode"]) == ("rejected", "AccessDenied")
    assert operator.row("both-1")["status"] == "expected"
    found = operator.iot.describe_thing(thingName="both-1")
    assert found["thingTypeName"] == "city-test-device"
    assert found["attributes"] == theirs["attributes"]
    assert operator.certificates("both-1") == []
