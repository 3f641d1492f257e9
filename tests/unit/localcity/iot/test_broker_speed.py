"""What is written or read more quickly is what MiniStack writes or reads."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.services import iot

from localcity.iot.broker_speed import _quick, _trace_id, decode, encode, unread
from localcity.iot.rules import _passes_on


def test_a_trace_id_is_a_random_uuid() -> None:
    ids = [_trace_id() for _ in range(200)]

    assert [str(uuid.UUID(one)) for one in ids] == ids
    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in ids} == {
        (4, uuid.RFC_4122)
    }
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("topic", ["traffic/s-1/unit-1", "one", "a//b", ""])
@pytest.mark.parametrize(
    "expression",
    [
        "topic(1)",
        "topic(2)",
        "topic(3)",
        "topic(4)",
        "topic(0)",
        "topic()",
        " topic( 2 ) ",
        "TOPIC(2)",
        "topic(x)",
        "speed",
        "*",
        "'topic(2)'",
    ],
)
def test_a_part_of_the_topic_is_the_one_that_ministack_takes(
    expression: str, topic: str
) -> None:
    message: Any = {"speed": 50}
    asked = expression, topic, b"{}", message, "unit-1"

    assert _quick(iot._eval_select_expr)(*asked) == iot._eval_select_expr(*asked)


SELECT_ALL = "SELECT *, topic(2) AS segment_id, timestamp() AS at FROM 'traffic/+'"
KINESIS, SQS = {"kinesis": {}}, {"sqs": {}}


@pytest.mark.parametrize(
    ("sql", "actions", "passes_on"),
    [
        (SELECT_ALL, [KINESIS], True),
        ("SELECT * FROM 'a'", [KINESIS, {"s3": {}}], True),
        (SELECT_ALL, [KINESIS, SQS], False),
        ("SELECT *, speed AS s FROM 'a'", [KINESIS], False),
        ("SELECT speed FROM 'a'", [KINESIS], False),
        ("SELECT topic(2) AS a FROM 'a'", [KINESIS], False),
        ("SELECT encode(*, 'base64') AS b FROM 'a'", [KINESIS], False),
        ("SELECT * FROM 'a' WHERE speed > 3", [KINESIS], False),
    ],
)
def test_a_message_stays_unread_only_where_nothing_reads_it(
    sql: str, actions: list[Any], passes_on: bool
) -> None:
    assert _passes_on({"sql": sql, "actions": actions}) is passes_on


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values | st.text() | st.floats(allow_infinity=True))
def test_messages_are_decoded_as_ministack_decodes_them(value: Any) -> None:
    payload = json.dumps(value).encode()

    assert repr(decode(payload)) == repr(iot._rule_message(payload))


@given(st.binary())
def test_what_is_not_json_is_decoded_as_ministack_decodes_it(payload: bytes) -> None:
    assert repr(decode(payload)) == repr(iot._rule_message(payload))


@given(json_values)
def test_events_are_encoded_to_the_same_values(value: Any) -> None:
    event = decode(json.dumps(value).encode())

    assert repr(json.loads(encode(event))) == repr(event)


@given(st.dictionaries(st.text(), json_values))
def test_values_that_stay_unread_are_passed_on(message: dict[str, Any]) -> None:
    unread.set(True)
    event = {**decode(json.dumps(message).encode()), "received_at": 7}

    passed_on = json.loads(encode(event))

    assert repr(passed_on) == repr({**message, "received_at": 7})


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_object_is_read_whether_wanted_or_not(payload: bytes) -> None:
    unread.set(True)
    found = decode(payload)

    if not isinstance(found, dict):
        assert repr(found) == repr(iot._rule_message(payload))


def test_texts_that_are_not_utf8_are_read_as_ministack_reads_them() -> None:
    payload = b'{"a": ["\xff"]}'
    unread.set(True)

    assert decode(payload) is iot._rule_message(payload) is iot._MISSING


def test_only_the_event_stays_unread() -> None:
    unread.set(True)
    decode(b'{"speed": 50}')

    assert decode(b'{"speed": 50}') == {"speed": 50}
