"""Where rejected readings are set aside, with the reason of each."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import QuarantineError
from ..model import DecodedMessage, QuarantineEntry, Rejection
from ..timestamps import day_text

_DIGEST_LETTERS = 16


class S3Quarantine:
    """Keeps the rejections of a batch as one object of JSON lines.

    The key contains a digest of the content: a retry of the batch writes the same
    object, and a batch that is divided differently never overwrites it.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, shard: str, rejected: Sequence[QuarantineEntry]) -> None:
        """Write them; raises QuarantineError."""
        body = "".join(line + "\n" for line in lines(rejected)).encode()
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key_of(shard, rejected, body),
                Body=body,
                ContentType="application/x-ndjson",
            )
        except (BotoCoreError, ClientError) as error:
            raise QuarantineError(f"s3 {self._bucket}: {error}") from error


def key_of(shard: str, rejected: Sequence[QuarantineEntry], body: bytes) -> str:
    """Return the key: the day, the shard, the first number, the digest of *body*."""
    first = min((message for _, message, _ in rejected), key=_sequence)
    day = day_text(first.reference_ms)
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST_LETTERS]
    return f"quarantine/{day}/{shard}/{first.sequence_number}-{digest}.jsonl"


def _sequence(message: DecodedMessage) -> int:
    return int(message.sequence_number)


def lines(rejected: Iterable[QuarantineEntry]) -> list[str]:
    """Return one line of JSON for each rejection."""
    return [_line(*one) for one in rejected]


def _line(segment_id: str, message: DecodedMessage, fault: Rejection) -> str:
    content = {
        "segment_id": segment_id,
        "device_id": message.device_id,
        "sequence_number": message.sequence_number,
        "index": fault.position,
        "readings": fault.readings,
        "path": fault.path,
        "reason": fault.reason,
        "expected": fault.expected,
        "actual": fault.actual,
        "message": _message(fault.raw),
        "received_at": message.reference_ms,
    }
    try:
        return json.dumps(content, allow_nan=False)
    except (ValueError, RecursionError):  # NaN and Infinity, which are not JSON
        return json.dumps({**content, "message": {"text": _text(fault.raw)}})


def _text(raw: Any) -> str:
    try:
        return repr(raw)
    except RecursionError:
        return "nested too deep to show"


def _message(raw: Any) -> Any:
    """Return the reading as it was sent; bytes that are not JSON as base64."""
    if isinstance(raw, msgspec.Struct):
        fields = msgspec.structs.asdict(raw)
        return {name: value for name, value in fields.items() if value is not None}
    if not isinstance(raw, bytes):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return {"base64": base64.b64encode(raw).decode()}
