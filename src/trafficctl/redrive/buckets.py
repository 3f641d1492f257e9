"""The two buckets: what lies in them, moving it out of the way, and the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.errors import CityError
from trafficctl.redrive import journal
from trafficctl.redrive.dead_letters import Entry, UnreadableError
from trafficctl.redrive.journal import CLOSED, MOVED, OPEN, Page, Place

PARALLEL = 8
LONGEST_KEY = 1024  # bytes, S3's limit


class Buckets:
    """Dead letters and quarantine in S3; the journal lies beside the dead letters."""

    def __init__(self, s3: Any, outputs: dict[str, str]) -> None:
        self._s3 = s3
        self.letters = outputs["DeadLetterBucket"]
        self.quarantine = outputs["QuarantineBucket"]
        self._known: dict[Entry, Page] = {}

    def entries(self, bucket: str, prefix: str) -> Iterator[Entry]:
        """The objects under a prefix, in the order of their keys."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        )
        for page in pages:
            for found in page.get("Contents", []):
                written = int(found["LastModified"].timestamp() * 1000)
                yield Entry(bucket, found["Key"], found["Size"], written)

    def bodies(self, entries: Iterable[Entry]) -> list[tuple[Entry, bytes]]:
        """The objects that are still there, read several at once."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            found = pool.map(lambda entry: (entry, self._body(entry)), entries)
            return [(entry, body) for entry, body in found if body is not None]

    def _body(self, entry: Entry) -> bytes | None:
        try:
            found = self._s3.get_object(Bucket=entry.bucket, Key=entry.key)
            body: bytes = found["Body"].read()
        except ClientError as error:
            if _is_gone(error):
                return None
            raise
        return body

    def move(self, places: Iterable[Place]) -> None:
        """Move objects to their names under `redriven/`, those that are still there.

        Copied first, then deleted: a kill in between leaves both, and the journal says
        that the letter was put.
        """
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(self._move, places))

    def _move(self, place: Place) -> None:
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

    def pages(self, *prefixes: str) -> Iterator[Page]:
        """The pages of the journal that are open, or closed, or both."""
        for prefix in prefixes or (OPEN, CLOSED):
            for entry in list(self.entries(self.letters, prefix)):
                page = self._known.get(entry) or self._page(entry)
                if page is not None:
                    yield page

    def _page(self, entry: Entry) -> Page | None:
        """A page, remembered: who waits for an audit to hold asks for all of them."""
        body = self._body(entry)
        if body is None:
            return None
        try:
            page = self._known[entry] = journal.read(body)
        except UnreadableError as error:
            raise CityError(
                f"s3://{entry.bucket}/{entry.key}: {error} - it was not written by "
                "`trafficctl redrive`; move it out of the bucket and repeat"
            ) from None
        return page

    def write(self, page: Page) -> None:
        """Write a page that is open, over what was written of it before."""
        self._put_page(OPEN, page)

    def close(self, page: Page) -> None:
        """Put a page away, with which nothing remains to be done."""
        self._put_page(CLOSED, page)
        self._s3.delete_object(Bucket=self.letters, Key=f"{OPEN}{page.name}.json")

    def _put_page(self, prefix: str, page: Page) -> None:
        self._s3.put_object(
            Bucket=self.letters,
            Key=f"{prefix}{page.name}.json",
            Body=page.as_bytes(),
            ContentType="application/json",
        )


def moved_key(key: str) -> str:
    """The name of a letter that was put back."""
    return MOVED + key


def can_be_moved(key: str) -> bool:
    """Whether the name of a letter leaves room for that."""
    return len(moved_key(key).encode()) <= LONGEST_KEY


def _is_gone(error: Any) -> bool:
    return error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}
