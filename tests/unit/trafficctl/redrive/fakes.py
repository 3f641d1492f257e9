"""S3 and Kinesis in memory, for a redrive that can be killed at any call."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.traffic.segment.builders import ms

PAGE = 3  # objects of one listing: few, so that there are several


class Killed(BaseException):
    """The process is gone: nothing of ours may catch this."""


@dataclass
class Life:
    """Counts calls, and ends before or after the call *ends_at*; then calls no more."""

    ends_at: int = 0
    after: bool = False
    calls: list[str] = field(default_factory=list)
    is_over: bool = False
    lock: Any = field(default_factory=Lock)

    def through(self, name: str, call: Callable[[], Any]) -> Any:
        with self.lock:
            if self.is_over:
                raise Killed
            self.calls.append(name)
            self.is_over = len(self.calls) == self.ends_at
            if not self.is_over:
                return call()
            if self.after:
                call()
            raise Killed


def gone(operation: str) -> ClientError:
    error = {"Code": "NoSuchKey", "Message": "The specified key does not exist."}
    return ClientError({"Error": error}, operation)


class FakeS3:
    """Buckets by name, objects by key; listed in order, a few at a time."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, bytes]] = {}
        self.life = Life()
        self.written = datetime.fromtimestamp(ms(0) / 1000, timezone.utc)
        self.meanwhile: Callable[[str], object] = lambda _name: None

    def _through(self, name: str, call: Callable[[], Any]) -> Any:
        self.meanwhile(name)
        return self.life.through(name, call)

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> Any:  # noqa: N803 - boto3's
        assert len(Key.encode()) <= 1024
        objects = self.buckets.setdefault(Bucket, {})
        return self._through("put_object", lambda: objects.__setitem__(Key, Body))

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803 - boto3's
        def get() -> Any:
            if Key not in self.buckets.get(Bucket, {}):
                raise gone("GetObject")
            return {"Body": io.BytesIO(self.buckets[Bucket][Key])}

        return self._through("get_object", get)

    def copy_object(self, Bucket: str, Key: str, CopySource: dict[str, str]) -> Any:  # noqa: N803
        def copy() -> None:
            source = self.buckets[CopySource["Bucket"]]
            if CopySource["Key"] not in source:
                raise gone("CopyObject")
            assert len(Key.encode()) <= 1024
            self.buckets[Bucket][Key] = source[CopySource["Key"]]

        return self._through("copy_object", copy)

    def delete_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803 - boto3's
        objects = self.buckets.get(Bucket, {})
        return self._through("delete_object", lambda: objects.pop(Key, None))

    def get_paginator(self, operation: str) -> FakeS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[Any]:  # noqa: N803 - boto3's
        last = ""
        while True:
            page = self._through("list", lambda: self._page(Bucket, Prefix, last))  # noqa: B023 - called at once
            yield {"Contents": page} if page else {}
            if len(page) < PAGE:
                return
            last = page[-1]["Key"]

    def _page(self, bucket: str, prefix: str, last: str) -> list[dict[str, Any]]:
        objects = self.buckets.get(bucket, {})
        keys = sorted(key for key in objects if key.startswith(prefix) and key > last)
        return [
            {"Key": key, "Size": len(objects[key]), "LastModified": self.written}
            for key in keys[:PAGE]
        ]

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        return sorted(k for k in self.buckets.get(bucket, {}) if k.startswith(prefix))


class FakeKinesis:
    """A stream; *refuses* says how many records the next requests leave out."""

    def __init__(self, life: Callable[[], Life] = Life) -> None:
        self.records: list[dict[str, Any]] = []
        self.requests: list[int] = []
        self.refuses: list[int] = []
        self._life = life

    def put_records(self, StreamName: str, Records: list[Any]) -> Any:  # noqa: N803 - boto3's
        assert StreamName == "stream"
        assert 0 < len(Records) <= 500
        assert sum(len(r["Data"]) for r in Records) <= 5 * 1024 * 1024
        return self._life().through("put_records", lambda: self._put(Records))

    def _put(self, records: list[Any]) -> Any:
        self.requests.append(len(records))
        left_out = self.refuses.pop(0) if self.refuses else 0
        code = {"ErrorCode": "ProvisionedThroughputExceededException"}
        answers = [code if n < left_out else {} for n in range(len(records))]
        self.records += records[left_out:]
        return {"Records": answers}


@dataclass
class Clock:
    """Time that passes only by sleeping, in seconds."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
