"""What lies in the buckets, as the records that go back into the stream; pure.

Three kinds are known by what they hold: Lambda's failure objects, the objects of the
IoT rule's error action, and the processor's quarantine. A record of the stream goes
back as it was. A message that never became one gets what the rule would have added.
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
    BATCH: "given up by the processor",
    MESSAGE: "not put into the stream",
    REFUSED: "refused, in quarantine",
}
QUARANTINE_PREFIX = "quarantine/"
# More than the largest: a batch has 6 MB, a refused reading some 500 bytes of reasons.
MOST_BYTES = 64 * 1024 * 1024

_RULE_KEY = re.compile(r"iot/(?P<segment>[^/]+)/(?P<ms>\d{13})-[^/]*")
_DAY_IN_KEY = re.compile(
    r"aws/lambda/[^/]+/[^/]+/(\d{4})/(\d\d)/(\d\d)/|quarantine/(\d{4})-(\d\d)-(\d\d)/"
)


class UnreadableError(Exception):
    """An object is none of the three kinds, or not whole; its text says why."""


class Entry(NamedTuple):
    """An object as its bucket lists it; *modified_ms* since the epoch."""

    bucket: str
    key: str
    size: int
    modified_ms: int

    @property
    def day(self) -> str:
        """The day (UTC) of which its key tells, else the one it was written on."""
        found = _DAY_IN_KEY.match(self.key)
        if found:
            return "-".join(part for part in found.groups() if part)
        return day_text(self.written_ms)

    @property
    def written_ms(self) -> int:
        """When it was written; a key of the rule tells to the millisecond."""
        found = _RULE_KEY.fullmatch(self.key)
        return int(found["ms"]) if found else self.modified_ms


@dataclass(frozen=True)
class Record:
    """A record to be put; *received_ms* is when its message was first received."""

    partition_key: str
    data: bytes
    readings: int
    received_ms: int


@dataclass(frozen=True)
class Letter:
    """An object, and the records it goes back as."""

    entry: Entry
    kind: str
    records: Sequence[Record]

    @property
    def readings(self) -> int:
        """Readings in it."""
        return sum(record.readings for record in self.records)


def letter_of(entry: Entry, body: bytes) -> Letter:
    """The letter in an object. Raises UnreadableError when it holds none."""
    if entry.key.startswith(QUARANTINE_PREFIX):
        return Letter(entry, REFUSED, list(_refused(body)))
    content = content_of(body)
    if "base64OriginalPayload" in content:
        return Letter(entry, MESSAGE, [_message(entry, content)])
    records = [again(record, entry.written_ms) for record in batch_of(content)]
    return Letter(entry, BATCH, records)


def content_of(body: bytes) -> dict[str, Any]:
    """A dead letter as JSON. Raises UnreadableError."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UnreadableError("it is no JSON object")
    return content


def batch_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The records in Lambda's object; `payload` is the event, or its text.

    Raises UnreadableError when it is neither.
    """
    try:
        event = content["payload"]
        event = json.loads(event) if isinstance(event, str) else event
        records = [
            {**record, "kinesis": {**record["kinesis"], **_named(record["kinesis"])}}
            for record in event["Records"]
        ]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UnreadableError("it holds no `payload` with records") from None
    return records


def _named(body: dict[str, Any]) -> dict[str, str]:
    names = ("data", "partitionKey", "sequenceNumber")
    found = {name: body[name] for name in names}
    if not all(isinstance(value, str) and value for value in found.values()):
        raise TypeError
    return found


def record_of(data: str, partition_key: str = "-") -> dict[str, Any]:
    """Base64 as a record of Lambda's event."""
    body = {"data": data, "partitionKey": partition_key, "sequenceNumber": "0"}
    return {"eventID": "-:0", "kinesis": body}


def again(record: dict[str, Any], now_ms: int) -> Record:
    """A record of the stream as it was, if it has a receipt time that is believed.

    Otherwise it gets the one that the processor took, or its readings would be too
    old by now. *now_ms* is when one without arrival time came. Raises UnreadableError.
    """
    body = record["kinesis"]
    try:
        raw = base64.b64decode(body["data"], validate=True)
    except binascii.Error:
        raise UnreadableError("the data of a record are not base64") from None
    readings, received_ms = _counted(record, now_ms)
    data = with_fields(raw, {"received_at": received_ms})
    return Record(body["partitionKey"], data, readings, received_ms)


def _message(entry: Entry, content: dict[str, Any]) -> Record:
    """A message that did not reach the stream, as the rule would have put it."""
    try:
        raw = base64.b64decode(content["base64OriginalPayload"], validate=True)
        parts = content["topic"].split("/")
        if parts[:2] == ["$aws", "rules"]:  # Basic Ingest: the rule sees what follows
            parts = parts[3:]
        _, segment_id, device_id = parts
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UnreadableError("it names no message, segment and device") from None
    if not segment_id:
        raise UnreadableError("its topic names no segment")
    fields = {"segment_id": segment_id, "device_id": device_id}
    received = {"received_at": entry.written_ms}
    return _record(segment_id, raw, entry.written_ms, {**fields, **received})


def _record(key: str, raw: bytes, received_ms: int, fields: dict[str, Any]) -> Record:
    data = with_fields(raw, fields)
    readings, _ = _counted(record_of(base64.b64encode(data).decode(), key))
    return Record(key, data, readings, received_ms)


def with_fields(raw: bytes, fields: dict[str, Any]) -> bytes:
    """A record's data with *fields*; unchanged if it has them, or can't carry any."""
    try:
        content = json.loads(raw.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return raw
    if not isinstance(content, dict) or fields.items() <= content.items():
        return raw
    return _compact({**content, **fields})


def _compact(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _counted(record: dict[str, Any], now_ms: int = 0) -> tuple[int, int]:
    """Readings in a record, and when it was received, as the processor sees it."""
    (taken,) = decode_batch([record], now_ms).values()
    messages = [*taken.messages, *(message for _, message, _ in taken.rejected)]
    return taken.readings, messages[0].reference_ms


# Quarantine: a line for each rejection


def rejections_of(body: bytes) -> list[dict[str, Any]]:
    """The lines of a quarantine object. Raises UnreadableError."""
    try:
        lines = [json.loads(line) for line in body.splitlines()]
        for line in lines:
            hash((line["sequence_number"], line["index"], line["readings"] + 0))
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UnreadableError("its lines are no rejections") from None
    return lines


def _refused(body: bytes) -> Iterator[Record]:
    """Lines as records: what came in one message goes back in one."""
    lines = rejections_of(body)
    try:
        for (is_whole, *_), group in groupby(lines, _message_of):
            said = list(group)
            yield from (map(_whole, said) if is_whole else _parts(said))
    except (ValueError, LookupError, TypeError):
        raise UnreadableError("a rejection lacks what it was of") from None


def _message_of(line: dict[str, Any]) -> tuple[Any, ...]:
    names = ("sequence_number", "segment_id", "device_id", "received_at")
    return (line["index"] is None, *(line[name] for name in names))


def _parts(lines: Sequence[dict[str, Any]]) -> Iterator[Record]:
    """Readings that were refused one by one."""
    for start in range(0, len(lines), MAX_READINGS_PER_MESSAGE):
        part = lines[start : start + MAX_READINGS_PER_MESSAGE]
        content = {"readings": [line["message"] for line in part]}
        yield _put_back(part[0], _compact(content), len(part))


def _whole(line: dict[str, Any]) -> Record:
    """A message that was refused as a whole."""
    message = line["message"]
    raw = _compact(message)
    if isinstance(message, dict) and set(message) == {"base64"}:
        raw = base64.b64decode(message["base64"], validate=True)
    elif isinstance(message, dict) and set(message) == {"text"}:
        raw = _told(message["text"]) or raw
    return _put_back(line, raw, line["readings"])


def _told(text: str) -> bytes | None:
    """The bytes that were only told as Python writes them."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, bytes) else None


def _put_back(line: dict[str, Any], raw: bytes, readings: int) -> Record:
    names = ("segment_id", "device_id", "received_at")
    fields = {name: line[name] for name in names}
    record = _record(line["segment_id"], raw, int(line["received_at"]), fields)
    if record.readings != readings:  # or they would be lost to the audit
        raise UnreadableError("a refused message was not kept whole")
    return record
