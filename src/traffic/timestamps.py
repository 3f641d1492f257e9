"""Instants as milliseconds since the epoch, and the texts that stand for them."""

from __future__ import annotations

import re
from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from typing import Any, Optional
from zoneinfo import ZoneInfo

import msgspec

from .policy import LAST_INSTANT_MS, MINUTE_MS

MINUTE_S = 60
_NO_SECONDS = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)([Zz]|[+-]\d\d:\d\d)")


def ms_of(text: str) -> Optional[int]:
    """Return the instant of an RFC 3339 text in ms, None if it is none.

    A text without an offset names no instant, so it is none. Seconds may be left out.
    """
    minute = _NO_SECONDS.fullmatch(text)
    try:
        moment = msgspec.convert(
            f"{minute[1]}:00{minute[2]}" if minute else text, datetime
        )
    except (msgspec.ValidationError, ValueError):  # ValueError: half a character
        return None
    if moment.tzinfo is None:
        return None
    ms = round(moment.timestamp() * 1000)
    return ms if 0 <= ms <= LAST_INSTANT_MS else None


def instant_of(timestamp: Any) -> int:
    """Return the instant of a reading's *timestamp* in ms, -1 if it names none."""
    if timestamp.__class__ is int:
        return int(timestamp)
    at = ms_of(timestamp)
    return -1 if at is None else at


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, timezone.utc)


def second_text(ms: int) -> str:
    """Return ``2026-11-22T18:32:05Z``."""
    return _moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)  # the same few minutes, for every segment
def minute_text(minute: int) -> str:
    """Return ``2026-11-22T18:32Z`` for a *minute* counted from the epoch."""
    return _moment(minute * MINUTE_MS).strftime("%Y-%m-%dT%H:%MZ")


@lru_cache(maxsize=4096)
def hour_text(minute: int) -> str:
    """Return ``2026-11-22T18Z`` for a *minute* counted from the epoch."""
    return _moment(minute * MINUTE_MS).strftime("%Y-%m-%dT%HZ")


@lru_cache(maxsize=8)
def zone_named(name: str) -> tzinfo:
    """Return the time zone of that name, UTC if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return timezone.utc


def local_minute_text(ms: int, zone: str) -> str:
    """Return ``2026-11-22 19:32 CET``: the local time, with the zone that it is in."""
    at = datetime.fromtimestamp(ms / 1000, zone_named(zone))
    return at.strftime("%Y-%m-%d %H:%M %Z")


def day_text(ms: int) -> str:
    """Return ``2026-11-22``, in UTC."""
    return _moment(ms).strftime("%Y-%m-%d")
