"""Days without history, as the profile builder keeps them.

Without their files it reads every hour of five weeks, which takes minutes on a busy
machine.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta, timezone
from typing import Any

from traffic.profiles.day_file import day_file, pack
from traffic.profiles.local_days import local_day
from traffic.profiles.profile_file import PROFILE_DAYS


def newest_day() -> date:
    """The newest day that is over and has settled."""
    return (datetime.now(timezone.utc) - timedelta(days=1, hours=3)).date()


def add_empty_days(city: Any, but: Collection[date] = ()) -> list[str]:
    """Write the file of each day that a run looks at, *but* these; returns the keys."""
    s3, bucket = city.client("s3"), city.outputs["ProfilesBucket"]
    dates = [newest_day() - timedelta(days=ago) for ago in range(PROFILE_DAYS)]
    days = {f"days/UTC/{one}.msgpack": one for one in dates if one not in but}
    for key, one in days.items():
        file = day_file(local_day(one, timezone.utc), {}, ())
        s3.put_object(Bucket=bucket, Key=key, Body=pack(file))
    return list(days)
