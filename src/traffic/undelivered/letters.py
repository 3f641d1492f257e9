"""Messages that IoT Core could not deliver, as lines of a dead letter; pure.

The rule's error action sends one JSON object for each message: its topic, its payload
in base64, and what failed. The queue adds the time of arrival, which that does not
have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..timestamps import day_text

PREFIX = "undelivered/"


class Undelivered(NamedTuple):
    """A message of the queue; *received_at* is when it was sent there, in ms."""

    message_id: str
    received_at: int
    body: str


def messages_of(event: Mapping[str, Any]) -> list[Undelivered]:
    """Return the messages of Lambda's event."""
    return [
        Undelivered(
            record["messageId"],
            int(record["attributes"]["SentTimestamp"]),
            record["body"],
        )
        for record in event.get("Records", ())
    ]


def key_of(messages: Sequence[Undelivered]) -> str:
    """Return the key of their object: its day, and its first message."""
    first = min(messages, key=lambda message: message.received_at)
    day = day_text(first.received_at)
    return f"{PREFIX}{day}/{first.received_at}-{first.message_id}.jsonl"


def body_of(messages: Sequence[Undelivered]) -> bytes:
    """Return the object, a line of JSON for each message."""
    return "".join(_line(message) + "\n" for message in messages).encode()


def _line(message: Undelivered) -> str:
    """What is not the rule's is kept as it is: an error would hold up the others."""
    try:
        content = json.loads(message.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        content = {"body": message.body}
    known = {"received_at": message.received_at, "message_id": message.message_id}
    return json.dumps({**content, **known}, separators=(",", ":"))
