"""Profiles of a canned city, as the profile builder leaves them in its bucket."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from botocore.exceptions import ClientError

from traffic.aws.profile_store import PROFILES_KEY
from traffic.profiles.local_days import KINDS, SLOTS
from traffic.profiles.profile_file import Profiles, pack

Bounds = tuple[int, int]  # low and usual, km/h


class ProfileBucket:
    """A bucket that holds no profiles until a test puts some."""

    def __init__(self) -> None:
        self._packed: bytes | None = None

    def learn(self, now_ms: int, usual: Mapping[str, Sequence[Bounds]]) -> None:
        """Let profiles of yesterday say this of the half hours of any day, UTC."""
        yesterday = datetime.fromtimestamp(now_ms / 1000, timezone.utc) - timedelta(1)
        profiles = Profiles(
            "UTC",
            [],
            {yesterday.date(): len(usual)},
            {segment_id: _profile(bounds) for segment_id, bounds in usual.items()},
            {},
        )
        self._packed = pack(profiles)

    def get_object(self, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Return the profiles, or fail as S3 does without an object."""
        if self._packed is None or Key != PROFILES_KEY:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self._packed)}


def all_day(low: int, usual: int) -> Sequence[Bounds]:
    """The same bounds in every half hour."""
    return [(low, usual)] * SLOTS


def _profile(bounds: Sequence[Bounds]) -> bytes:
    mids, lows = (bytes(pair[place] for pair in bounds) for place in (1, 0))
    return (mids + lows) * len(KINDS)
