"""Dead letters as records to send back to the stream; pure.

There are three kinds: Lambda's failure objects, messages of the IoT rule's error
action, and the processor's quarantine. A stream record goes back unchanged. A message
that did not reach the stream gets the fields that the rule would have added. Such
messages are lines of one object under `undelivered/`; earlier versions kept each in an
object of its own under `iot/`.
"""

from __future__ import annotations

import ast
import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from traffic.policy import MAX_READINGS_PER_MESSAGE
from traffic.processor.records import decode_batch
from traffic.timestamps import day_text

BATCH, MESSAGE, REFUSED = "batch", "message", "refused"
KINDS = {
    BATCH: "processor retries exhausted",
    MESSAGE: "not delivered to the stream",
    REFUSED: "rejected, in quarantine",
}
QUARANTINE_PREFIX = "quarantine/"
# Above the largest: a batch has 6 MB, a rejected reading some 500 bytes of reasons.
MOST_BYTES = 64 * 1024 * 1024

_RULE_KEY = re.compile(r"iot/(?P<segment>[^/]+)/(?P<ms>\d{13})-[^/]*")
_DAY_IN_KEY = re.compile(
    r"aws/lambda/[^/]+/[^/]+/(\d{4})/(\d\d)/(\d\d)/"
    r"|(?:quarantine|undelivered)/(\d{4})-(\d\d)-(\d\d)/"
)


class UnreadableError(Exception):
    """An object is none of the three kinds, or incomplete; the message says why."""


class StoredObject(NamedTuple):
    """An object as listed; *modified_ms* since the epoch."""

    bucket: str
    key: str
    size: int
    modified_ms: int

    @property
    def day(self) -> str:
        """The day (UTC) in its key, else the day it was written."""
        match = _DAY_IN_KEY.match(self.key)
        if match:
            return "-".join(part for part in match.groups() if part)
        return day_text(self.written_ms)

    @property
    def written_ms(self) -> int:
        """When it was written; the rule's keys contain the millisecond."""
        match = _RULE_KEY.fullmatch(self.key)
        return int(match["ms"]) if match else self.modified_ms


@dataclass(frozen=True)
class StreamRecord:
    """A record to send; *received_ms* is when its message was first received."""

    partition_key: str
    data: bytes
    readings: int
    received_ms: int


@dataclass(frozen=True)
class DeadLetter:
    """An object and the records to send for it."""

    stored: StoredObject
    kind: str
    records: Sequence[StreamRecord]

    @property
    def readings(self) -> int:
        """Readings in it."""
        return sum(record.readings for record in self.records)


def letter_of(stored: StoredObject, body: bytes) -> DeadLetter:
    """The dead letter in an object. Raises UnreadableError if it is none."""
    if stored.key.startswith(QUARANTINE_PREFIX):
        return DeadLetter(stored, REFUSED, list(_rejected(body)))
    contents = contents_of(body)
    if all(map(is_message, contents)):
        messages = [_message(stored, content) for content in contents]
        return DeadLetter(stored, MESSAGE, messages)
    if len(contents) > 1:
        raise UnreadableError("its lines are not undelivered messages")
    (content,) = contents
    records = [
        restored_record(record, stored.written_ms) for record in batch_of(content)
    ]
    return DeadLetter(stored, BATCH, records)


def contents_of(body: bytes) -> list[dict[str, Any]]:
    """A dead letter as JSON, one object or one per line. Raises UnreadableError."""
    for parts in [body], body.splitlines():
        try:
            contents = [json.loads(part) for part in parts]
        except (ValueError, RecursionError):
            continue
        if contents and all(isinstance(content, dict) for content in contents):
            return contents
    raise UnreadableError("not a JSON object")


def is_message(content: dict[str, Any]) -> bool:
    """Whether it is a message of the rule's error action."""
    return "base64OriginalPayload" in content


def batch_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The records in Lambda's object; `payload` is the event or its JSON text.

    Raises UnreadableError if it is neither.
    """
    try:
        event = content["payload"]
        event = json.loads(event) if isinstance(event, str) else event
        records = [
            {
                **record,
                "kinesis": {**record["kinesis"], **_kinesis_fields(record["kinesis"])},
            }
            for record in event["Records"]
        ]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UnreadableError("no `payload` with records") from None
    return records


def _kinesis_fields(body: dict[str, Any]) -> dict[str, str]:
    names = ("data", "partitionKey", "sequenceNumber")
    values = {name: body[name] for name in names}
    if not all(isinstance(value, str) and value for value in values.values()):
        raise TypeError
    return values


def record_of(data: str, partition_key: str = "-") -> dict[str, Any]:
    """Base64 as a record of Lambda's event."""
    body = {"data": data, "partitionKey": partition_key, "sequenceNumber": "0"}
    return {"eventID": "-:0", "kinesis": body}


def restored_record(record: dict[str, Any], now_ms: int) -> StreamRecord:
    """A stream record, unchanged if its receipt time is valid.

    Otherwise it gets the receipt time that the processor used, or its readings would be
    too old now. *now_ms* is the time for one without. Raises UnreadableError.
    """
    body = record["kinesis"]
    try:
        raw = base64.b64decode(body["data"], validate=True)
    except binascii.Error:
        raise UnreadableError("the data of a record is not base64") from None
    readings, received_ms = _readings_and_receipt(record, now_ms)
    data = with_fields(raw, {"received_at": received_ms})
    return StreamRecord(body["partitionKey"], data, readings, received_ms)


def _message(stored: StoredObject, content: dict[str, Any]) -> StreamRecord:
    """A message that did not reach the stream, as the rule would have sent it."""
    try:
        raw = base64.b64decode(content["base64OriginalPayload"], validate=True)
        parts = content["topic"].split("/")
        if parts[:2] == ["$aws", "rules"]:  # Basic Ingest: the rule sees only the rest
            parts = parts[3:]
        _, segment_id, device_id = parts
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UnreadableError("no message, segment and device in it") from None
    if not segment_id:
        raise UnreadableError("no segment in its topic")
    received_ms = content.get("received_at", stored.written_ms)
    if not isinstance(received_ms, int):
        raise UnreadableError("no time of receipt in it")
    fields = {"segment_id": segment_id, "device_id": device_id}
    return _record(segment_id, raw, received_ms, {**fields, "received_at": received_ms})


def _record(
    key: str, raw: bytes, received_ms: int, fields: dict[str, Any]
) -> StreamRecord:
    data = with_fields(raw, fields)
    readings, _ = _readings_and_receipt(record_of(base64.b64encode(data).decode(), key))
    return StreamRecord(key, data, readings, received_ms)


def with_fields(raw: bytes, fields: dict[str, Any]) -> bytes:
    """A record's data with *fields*; unchanged if it has them or is not an object."""
    try:
        content = json.loads(raw.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return raw
    if not isinstance(content, dict) or fields.items() <= content.items():
        return raw
    return _compact({**content, **fields})


def _compact(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _readings_and_receipt(record: dict[str, Any], now_ms: int = 0) -> tuple[int, int]:
    """The number of readings in a record and its receipt time, by the processor."""
    (segment,) = decode_batch([record], now_ms).values()
    messages = [*segment.messages, *(message for _, message, _ in segment.rejected)]
    return segment.readings, messages[0].reference_ms


# Quarantine: a line for each rejection


def rejections_of(body: bytes) -> list[dict[str, Any]]:
    """The lines of a quarantine object. Raises UnreadableError."""
    try:
        lines = [json.loads(line) for line in body.splitlines()]
        for line in lines:
            hash((line["sequence_number"], line["index"], line["readings"] + 0))
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UnreadableError("its lines are not rejections") from None
    return lines


def _rejected(body: bytes) -> Iterator[StreamRecord]:
    """Lines as records: what arrived in one message goes back in one."""
    lines = rejections_of(body)
    try:
        for (is_whole, *_), group in groupby(lines, _message_of):
            group_lines = list(group)
            yield from (
                map(_whole_message, group_lines) if is_whole else _parts(group_lines)
            )
    except (ValueError, LookupError, TypeError):
        raise UnreadableError("a rejection without its message") from None


def _message_of(line: dict[str, Any]) -> tuple[Any, ...]:
    names = ("sequence_number", "segment_id", "device_id", "received_at")
    return (line["index"] is None, *(line[name] for name in names))


def _parts(lines: Sequence[dict[str, Any]]) -> Iterator[StreamRecord]:
    """Readings that were rejected one by one."""
    for start in range(0, len(lines), MAX_READINGS_PER_MESSAGE):
        part = lines[start : start + MAX_READINGS_PER_MESSAGE]
        content = {"readings": [line["message"] for line in part]}
        yield _record_of_line(part[0], _compact(content), len(part))


def _whole_message(line: dict[str, Any]) -> StreamRecord:
    """A message that was rejected as a whole."""
    message = line["message"]
    raw = _compact(message)
    if isinstance(message, dict) and set(message) == {"base64"}:
        raw = base64.b64decode(message["base64"], validate=True)
    elif isinstance(message, dict) and set(message) == {"text"}:
        raw = _bytes_literal(message["text"]) or raw
    return _record_of_line(line, raw, line["readings"])


def _bytes_literal(text: str) -> bytes | None:
    """The bytes in a Python bytes literal, None if it is none."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, bytes) else None


def _record_of_line(line: dict[str, Any], raw: bytes, readings: int) -> StreamRecord:
    names = ("segment_id", "device_id", "received_at")
    fields = {name: line[name] for name in names}
    record = _record(line["segment_id"], raw, int(line["received_at"]), fields)
    if record.readings != readings:  # otherwise the audit would miss some
        raise UnreadableError("a rejected message is incomplete")
    return record
