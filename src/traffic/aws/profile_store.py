"""The file of profiles in its bucket, which functions share."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, Callable, Optional
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import StoreError
from ..profiles import profile_file
from ..profiles.local_days import date_of
from ..profiles.profile_file import (
    Outlook,
    Profiles,
    UsualNow,
    is_stale,
    outlook,
    usual_at,
)
from ..profiles.usual_band import NO_PROFILE, UNREADABLE, UsualBand, band_of

PROFILES_KEY = "profiles.msgpack"
PROFILES_TTL_MS = 3_600_000


def read_object(client: Any, bucket: str, key: str) -> Optional[bytes]:
    """Return an object, None if there is none; raises StoreError."""
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
        return bytes(answer["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise StoreError(f"s3 {key}: {error}") from error
    except BotoCoreError as error:
        raise StoreError(f"s3 {key}: {error}") from error


def read_profiles(client: Any, bucket: str) -> Optional[Profiles]:
    """Return the profiles, None if there are none.

    Raises StoreError, and ValueError if they are unreadable.
    """
    packed = read_object(client, bucket, PROFILES_KEY)
    return None if packed is None else profile_file.unpack(packed)


class S3Profiles:
    """The profiles, read when they are first asked for and again each hour.

    Without them, or if they cannot be read, nothing is usual; the log says why, once
    for each time they are read.
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        clock: Callable[[], int],
        log: Callable[[str, str], None],
    ) -> None:
        self._s3, self._bucket = s3, bucket
        self._clock, self._log = clock, log
        self._known: Optional[tuple[Profiles, tzinfo]] = None
        self._missing = NO_PROFILE
        self._due_ms = 0

    def outlook(
        self, segment_id: str, at_ms: int, speed: Optional[float]
    ) -> Optional[Outlook]:
        """Return what is usual on a segment, None if too little is known."""
        known = self._fresh()
        if known is None:
            return None
        profiles, zone = known
        return outlook(profiles, segment_id, at_ms, zone, speed)

    def at(self, at_ms: int) -> Optional[UsualNow]:
        """Return what is usual at an instant, None if nothing is known."""
        known = self._fresh()
        return None if known is None else usual_at(known[0], at_ms, known[1])

    def band(
        self, segment_id: str, span_ms: tuple[int, int], ahead_ms: int
    ) -> UsualBand:
        """Return what is usual on a segment over a span, and *ahead_ms* on."""
        known = self._fresh()
        if known is None:
            return UsualBand(missing=self._missing)
        profiles, zone = known
        return band_of(profiles, segment_id, span_ms, ahead_ms, zone)

    def _fresh(self) -> Optional[tuple[Profiles, tzinfo]]:
        now_ms = self._clock()
        if now_ms >= self._due_ms:
            self._due_ms = now_ms + PROFILES_TTL_MS
            self._known = self._read(now_ms)
        return self._known

    def _read(self, now_ms: int) -> Optional[tuple[Profiles, tzinfo]]:
        self._missing = NO_PROFILE
        try:
            profiles = read_profiles(self._s3, self._bucket)
            if profiles is None:
                self._log("profiles_missing", "nothing is known to be usual yet")
                return None
            zone = ZoneInfo(profiles.zone)
        except (StoreError, ValueError, ZoneInfoNotFoundError) as error:
            self._missing = UNREADABLE
            self._log("profiles_unreadable", str(error))
            return self._known  # until they are stale
        if is_stale(profiles, date_of(now_ms, zone)):
            self._log("profiles_stale", "no measurements of the last days")
        return profiles, zone
