"""The two buckets: listing, reading and moving objects, and the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.errors import CityError
from trafficctl.redrive import journal
from trafficctl.redrive.dead_letters import StoredObject, UnreadableError
from trafficctl.redrive.journal import CLOSED, MOVED, OPEN, JournalEntry, ObjectKey

PARALLEL = 8
LONGEST_KEY = 1024  # bytes, S3's limit


class Buckets:
    """Dead letters and quarantine in S3; the journal is with the dead letters."""

    def __init__(self, s3: Any, outputs: dict[str, str]) -> None:
        self._s3 = s3
        self.letters = outputs["DeadLetterBucket"]
        self.quarantine = outputs["QuarantineBucket"]
        self._cache: dict[StoredObject, JournalEntry] = {}

    def objects(self, bucket: str, prefix: str) -> Iterator[StoredObject]:
        """The objects with a prefix, in key order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        )
        for page in pages:
            for listed in page.get("Contents", []):
                modified_ms = int(listed["LastModified"].timestamp() * 1000)
                yield StoredObject(bucket, listed["Key"], listed["Size"], modified_ms)

    def bodies(
        self, objects: Iterable[StoredObject]
    ) -> list[tuple[StoredObject, bytes]]:
        """The objects that still exist, read in parallel."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            read = pool.map(lambda stored: (stored, self._body(stored)), objects)
            return [(stored, body) for stored, body in read if body is not None]

    def _body(self, stored: StoredObject) -> bytes | None:
        try:
            answer = self._s3.get_object(Bucket=stored.bucket, Key=stored.key)
            body: bytes = answer["Body"].read()
        except ClientError as error:
            if _is_gone(error):
                return None
            raise
        return body

    def move(self, places: Iterable[ObjectKey]) -> None:
        """Move the objects that still exist to `redriven/`.

        They are copied, then deleted: a kill in between leaves both, and the journal
        says that the dead letter was redriven.
        """
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(self._move, places))

    def _move(self, place: ObjectKey) -> None:
        bucket, key = place
        try:
            self._s3.copy_object(
                Bucket=bucket,
                Key=moved_key(key),
                CopySource={"Bucket": bucket, "Key": key},
            )
        except ClientError as error:
            if _is_gone(error):
                return
            raise
        self._s3.delete_object(Bucket=bucket, Key=key)

    def journal_entries(self, *prefixes: str) -> Iterator[JournalEntry]:
        """The journal entries with these prefixes: open, closed, or both."""
        for prefix in prefixes or (OPEN, CLOSED):
            for stored in list(self.objects(self.letters, prefix)):
                entry = self._cache.get(stored) or self._read_entry(stored)
                if entry is not None:
                    yield entry

    def _read_entry(self, stored: StoredObject) -> JournalEntry | None:
        """An entry, cached: the audit reads all of them repeatedly."""
        body = self._body(stored)
        if body is None:
            return None
        try:
            entry = self._cache[stored] = journal.read(body)
        except UnreadableError as error:
            raise CityError(
                f"s3://{stored.bucket}/{stored.key}: {error} - it was not written by "
                "`trafficctl redrive`; move it out of the bucket and repeat"
            ) from None
        return entry

    def write(self, entry: JournalEntry) -> None:
        """Write an open entry, replacing its earlier version."""
        self._put_entry(OPEN, entry)

    def close(self, entry: JournalEntry) -> None:
        """Close an entry: nothing remains to be done."""
        self._put_entry(CLOSED, entry)
        self._s3.delete_object(Bucket=self.letters, Key=f"{OPEN}{entry.name}.json")

    def _put_entry(self, prefix: str, entry: JournalEntry) -> None:
        self._s3.put_object(
            Bucket=self.letters,
            Key=f"{prefix}{entry.name}.json",
            Body=entry.as_bytes(),
            ContentType="application/json",
        )


def moved_key(key: str) -> str:
    """The key of a redriven dead letter."""
    return MOVED + key


def can_be_moved(key: str) -> bool:
    """Whether the key is short enough to be moved."""
    return len(moved_key(key).encode()) <= LONGEST_KEY


def _is_gone(error: Any) -> bool:
    return error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}
