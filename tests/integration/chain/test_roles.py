"""Each role needs each of its permissions: without any one of them its task fails.

One is taken from the deployed role, the task is seen to fail where it should, and to
be made good when the permission is back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .permissions import ELSEWHERE, LISTED, ROLES, Permission, Permissions, each
from .stack import Stack
from .test_keeper import KEEP, KEEPER_LOG, NOT_ASKED
from .work import ALL, NOTHING, Publisher, Stored, Stream, logs_of_processor, new_batch


def _processor(action: str, resource: str) -> Permission:
    return Permission("ProcessorRole", action, resource)


READ_SEGMENT = _processor("dynamodb:BatchGetItem", "RoadSegments.Arn")
UPDATE = _processor("dynamodb:PartiQLUpdate", "RoadSegments.Arn")
SEND = _processor("events:PutEvents", "AlertBus.Arn")
SET_ASIDE = _processor("s3:PutObject", "${QuarantineBucket.Arn}/quarantine/*")

# What a batch leaves behind when the processor may not do one thing. A transaction is
# stored whole or not at all; messages are decoded once their segment is read.
_NO_TRANSACTION = NOTHING._replace(set_aside=1)
BATCH: dict[Permission, Stored] = {
    READ_SEGMENT: NOTHING,
    _processor("dynamodb:BatchGetItem", "SegmentHistory.Arn"): _NO_TRANSACTION,
    _processor("dynamodb:UpdateItem", "RoadSegments.Arn"): _NO_TRANSACTION,
    _processor("dynamodb:UpdateItem", "CongestionAlerts.Arn"): _NO_TRANSACTION,
    _processor("dynamodb:PutItem", "SegmentHistory.Arn"): _NO_TRANSACTION,
    UPDATE: ALL._replace(unsent=True),  # sent, yet not noted as sent
    SEND: ALL._replace(unsent=True),
    SET_ASIDE: ALL._replace(set_aside=0),
}

READ_RECORDS = _processor("kinesis:GetRecords", "ReadingsStream.Arn")
READ = [
    READ_RECORDS,
    _processor("kinesis:GetShardIterator", "ReadingsStream.Arn"),
    _processor("kinesis:ListShards", "ReadingsStream.Arn"),
    _processor("kms:Decrypt", "DataKey.Arn"),
]

GIVE_UP = [
    _processor("s3:PutObject", "${DeadLetterBucket.Arn}/aws/lambda/*"),
    _processor("s3:ListBucket", "DeadLetterBucket.Arn"),
    _processor("kms:GenerateDataKey", "DataKey.Arn"),
]

LOG = [
    _processor("logs:CreateLogStream", "ProcessorLogs.Arn"),
    _processor("logs:PutLogEvents", "ProcessorLogs.Arn"),
]

PUT = Permission("IngestRole", "kinesis:PutRecord", "ReadingsStream.Arn")
INGEST = [PUT, Permission("IngestRole", "kms:GenerateDataKey", "DataKey.Arn")]

SEND_ON = Permission("IngestErrorRole", "sqs:SendMessage", "UndeliveredQueue.Arn")


DESCRIBE = [
    _processor("kinesis:DescribeStream", "ReadingsStream.Arn"),
    _processor("kinesis:DescribeStreamSummary", "ReadingsStream.Arn"),
]

# What the local city works without, and why the role has it all the same.
NOT_ENFORCED = {
    DESCRIBE[0]: "AWS demands both, the city either: one call of it stands for both",
    DESCRIBE[1]: "AWS demands both, the city either: one call of it stands for both",
    _processor("kinesis:ListStreams", "*"): "AWS asks for it when a mapping is made",
}


def test_each_permission_of_each_role_is_tried() -> None:
    tried = [*BATCH, *READ, *GIVE_UP, *LOG, *INGEST, SEND_ON, KEEP, *KEEPER_LOG]
    tried += [*NOT_ENFORCED, *NOT_ASKED]

    assert sorted(tried) == sorted(LISTED)


def test_roles_tried_elsewhere_are_the_templates_own() -> None:
    assert set(ELSEWHERE) <= set(ROLES)


@pytest.mark.parametrize("role", sorted({permission.role for permission in LISTED}))
def test_a_deployed_role_may_do_what_is_listed_and_nothing_else(
    permissions: Permissions, role: str
) -> None:
    assert permissions.granted(role) == permissions.listed(role)


# The processor


@each(BATCH)
def test_a_processor_without_it_has_the_batch_come_again(
    permissions: Permissions, spare: Stack, lost: Permission
) -> None:
    """But for an alert that nobody takes: one of minutes ago holds up nothing."""
    batch = new_batch(spare)
    with permissions.without(lost):
        refused = batch.invoke(batch.event())
        left = batch.stored()

    assert refused.failed == (lost != SEND)
    assert [lost.action in fault for fault in refused.faults] == [True]
    assert left == BATCH[lost]

    again = batch.invoke(batch.event())

    assert (again.failed, again.faults) == (False, ())
    assert batch.stored() == ALL


def test_a_mere_update_needs_no_more_than_it_says(
    permissions: Permissions, spare: Stack
) -> None:
    batch = new_batch(spare)
    batch.invoke(batch.event())
    with permissions.without(UPDATE):
        refused = batch.invoke(batch.mere_update())
        assert (refused.failed, batch.stored()) == (True, ALL)

    others = [one for one in BATCH if one not in (READ_SEGMENT, UPDATE)]
    with permissions.without(*others):
        again = batch.invoke(batch.mere_update())

    assert (again.failed, again.faults) == (False, ())
    assert batch.stored() == ALL._replace(accepted=ALL.accepted + 1)


@each(LOG)
def test_a_processor_without_it_works_unseen(
    permissions: Permissions, spare: Stack, eventually: Any, lost: Permission
) -> None:
    def is_seen() -> bool:
        before, batch = logs_of_processor(spare), new_batch(spare)
        assert not batch.invoke(batch.event()).failed
        return logs_of_processor(spare) > before

    with permissions.without(lost):
        assert eventually(lambda: not is_seen())
    assert eventually(is_seen)


# The mapping, which reads and gives up as the processor's role


@pytest.fixture
def stream(spare: Stack, eventually: Any) -> Stream:
    """The stream, its mapping content."""
    made = Stream(spare)
    segment = made.put()
    assert eventually(lambda: made.has_processed(segment))
    return made


@each(READ)
def test_a_mapping_without_it_reads_nothing(
    permissions: Permissions, stream: Stream, eventually: Any, lost: Permission
) -> None:
    with permissions.without(lost):
        assert eventually(lambda: lost.action in stream.result())
        segment = stream.put()
        assert permissions.arn_of(lost) in stream.result()
        assert not stream.has_processed(segment)
    assert eventually(lambda: stream.has_processed(segment))


def test_a_mapping_that_may_describe_in_neither_way_reads_nothing(
    permissions: Permissions, stream: Stream, eventually: Any
) -> None:
    with permissions.without(*DESCRIBE):
        assert eventually(lambda: DESCRIBE[0].action in stream.result())
        segment = stream.put()
    assert eventually(lambda: stream.has_processed(segment))


@each(NOT_ENFORCED)
def test_the_local_city_still_does_not_ask_for_it(
    permissions: Permissions, stream: Stream, eventually: Any, lost: Permission
) -> None:
    """Should it fail, the city asks: move the permission from NOT_ENFORCED to READ."""
    with permissions.without(lost):
        with permissions.without(READ_RECORDS):  # what was remembered is forgotten
            assert eventually(lambda: READ_RECORDS.action in stream.result())
            segment = stream.put()
        assert eventually(lambda: stream.has_processed(segment))


@each(GIVE_UP)
def test_a_mapping_without_it_loses_what_it_gives_up(
    permissions: Permissions, stream: Stream, eventually: Any, lost: Permission
) -> None:
    """What always fails here is a batch that may not read its segment."""
    lament = f"{lost.action} on resource: {permissions.arn_of(lost).rstrip('*')}"
    known = stream.lament().count(lament)

    def is_set_aside() -> bool:
        before, laments = stream.letters(), stream.lament().count("records lost")
        segment = stream.put()
        assert eventually(
            lambda: (
                stream.letters() != before
                or stream.lament().count("records lost") > laments
            )
        )
        return segment in stream.letters()

    with permissions.without(READ_SEGMENT):
        with permissions.without(lost):
            assert eventually(lambda: not is_set_aside())
            assert stream.lament().count(lament) > known
        assert eventually(is_set_aside)


# The rule, which puts into the stream and into the dead letters


@pytest.fixture(scope="module")
def device(
    spare: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Publisher]:
    made = Publisher(spare, tmp_path_factory.mktemp("device"))
    yield made
    made.device.close()


@each(INGEST)
def test_a_rule_without_it_keeps_the_message_as_a_dead_letter(
    permissions: Permissions, device: Publisher, eventually: Any, lost: Permission
) -> None:
    known = _all_letters(device, eventually)

    def new_letters() -> list[str]:
        device.publish()
        return [text for text in device.letters() if text not in known]

    with permissions.without(lost):
        letter = eventually(new_letters)[0]
    assert f"{lost.action} on resource: {permissions.arn_of(lost)}" in letter
    assert _is_well(device, eventually)


MESSAGE_PATIENCE_S = 5.0  # of one message: the next may come through


def _is_well(device: Publisher, eventually: Any) -> bool:
    """Whether messages come into the stream again, and no more are sent on.

    Until the rule's permission is back they may still be sent on instead.
    """
    assert eventually(lambda: _arrives(device, eventually))
    known = _all_letters(device, eventually)
    return _arrives(device, eventually) and _all_letters(device, eventually) == known


def _arrives(device: Publisher, eventually: Any) -> bool:
    """Whether a message now comes into the stream, and so to its segment."""
    at_ms = device.publish()
    return bool(eventually(lambda: device.is_in_time(at_ms), MESSAGE_PATIENCE_S))


def _all_letters(device: Publisher, eventually: Any) -> list[str]:
    """Every message that was sent on: none is on its way any more."""
    assert eventually(lambda: device.waiting() == 0)
    return sorted(device.letters())


def test_an_error_action_without_it_sends_nothing_on(
    permissions: Permissions, device: Publisher, eventually: Any
) -> None:
    def is_sent_on() -> bool:
        known = device.sent_on()
        device.publish()
        return device.sent_on() > known

    with permissions.without(PUT):
        assert eventually(is_sent_on)  # until then it comes into the stream
        with permissions.without(SEND_ON):
            assert eventually(lambda: not is_sent_on())
        assert eventually(is_sent_on)
    assert _is_well(device, eventually)
