"""Buckets: counted and emptied, versions and all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from trafficctl.errors import CityError

PAGE = 1000  # the most that one DeleteObjects takes


def count(s3: Any, bucket: str, most: int) -> int:
    """Objects in a bucket, former versions included; it ends soon after `most`."""
    total = 0
    for page in _pages(s3, bucket, ""):
        total += len(page)
        if total > most:
            break
    return total


def empty(s3: Any, bucket: str, prefix: str, tick: Callable[[int], None]) -> int:
    """Delete all below `prefix`; how many there were, also reported page by page."""
    total = 0
    for page in _pages(s3, bucket, prefix):
        for start in range(0, len(page), PAGE):
            part = page[start : start + PAGE]
            done = s3.delete_objects(
                Bucket=bucket, Delete={"Objects": part, "Quiet": True}
            )
            _check(bucket, done.get("Errors", []))
            total += len(part)
            tick(total)
    return total


def _check(bucket: str, errors: list[dict[str, Any]]) -> None:
    if errors:
        first = errors[0]
        raise CityError(
            f"bucket {bucket}: {first.get('Key')} cannot be deleted: "
            f"{first.get('Message')} ({first.get('Code')}) - "
            "have s3:DeleteObjectVersion allowed, then repeat the command"
        )


def _pages(s3: Any, bucket: str, prefix: str) -> Iterator[list[dict[str, str]]]:
    """Pages of objects and delete markers, as DeleteObjects takes them."""
    pages = s3.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        listed = page.get("Versions", []) + page.get("DeleteMarkers", [])
        yield [_named(one) for one in listed]


def _named(one: dict[str, Any]) -> dict[str, str]:
    version = one.get("VersionId")
    named = {"Key": str(one["Key"])}
    return named if version in (None, "null") else {**named, "VersionId": str(version)}
