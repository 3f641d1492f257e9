"""What the builder reads and writes: history, roads, files of days and profiles."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Callable, Optional, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from ..aws import segment_items
from ..aws.dynamodb import attribute, execute, pages, scan, value_of, values_of
from ..aws.profile_store import PROFILES_KEY, read_object
from ..errors import StoreError
from ..network.topology import ROW_FIELDS
from ..policy import MINUTE_MS
from ..profiles import day_file, profile_file
from ..profiles.day_file import DayFile
from ..profiles.profile_file import Profiles
from ..segment.rows import hour_keys
from ..timestamps import ms_of
from .learn import MinuteRow
from .roads import CityRoads, city_roads

DAYS_PREFIX, REPORTS_PREFIX = "days", "weeks"
_MEASURES = ("vehicles", "speed", "flow")
File = TypeVar("File")


class DynamoHistory:
    """`segment_history` by hour, read with eventual consistency."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def hour(self, minute: int) -> Iterable[MinuteRow]:
        """Yield all rows of the UTC hour that begins with *minute*."""
        for key in hour_keys(minute):
            for item in pages(self._client.query, self._request(key)):
                yield _minute_row(item)

    def _request(self, key: str) -> dict[str, Any]:
        names = ("hour", "segment_id", "minute", *_MEASURES)
        short = {f"#{place}": name for place, name in enumerate(names)}
        return {
            "TableName": self._table,
            "IndexName": "by_hour",
            "KeyConditionExpression": "#0 = :hour",
            "ExpressionAttributeNames": short,
            "ExpressionAttributeValues": {":hour": attribute(key)},
            "ProjectionExpression": ", ".join(list(short)[1:]),
        }


def _minute_row(item: Mapping[str, Any]) -> MinuteRow:
    vehicles, speed, flow = (
        value_of(item[name]) if name in item else None for name in _MEASURES
    )
    minute = _minute_of(item["minute"]["S"])
    return MinuteRow(item["segment_id"]["S"], minute, vehicles or 0, speed, flow)


@lru_cache(maxsize=4096)  # the same minutes for every segment
def _minute_of(text: str) -> int:
    at_ms = ms_of(text)
    return -1 if at_ms is None else at_ms // MINUTE_MS


class DynamoRoads:
    """The roads of `road_segments`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> CityRoads:
        """Return all segments; raises StoreError."""
        names = (segment_items.LEARNED, *ROW_FIELDS)
        return city_roads(map(values_of, scan(self._client, self._table, names)))

    def learn(self, speeds: Mapping[str, int]) -> None:
        """Write learned free-flow speeds; raises StoreError.

        It writes an attribute that only the builder writes, and not the version, so
        that a write of the processor to the same item does not conflict. A segment that
        was deleted meanwhile stays deleted.
        """
        statements = [self._statement(*one) for one in sorted(speeds.items())]
        execute(self._client, statements)

    def _statement(self, segment_id: str, speed: int) -> dict[str, Any]:
        change = f'SET "{segment_items.LEARNED}"=?'
        return {
            "Statement": f'UPDATE "{self._table}" {change} WHERE "segment_id"=?',
            "Parameters": [attribute(speed), attribute(segment_id)],
        }


class S3Files:
    """The files in a bucket; those of days and weeks lie below their time zone."""

    def __init__(self, client: Any, bucket: str, zone: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{DAYS_PREFIX}/{zone}/"
        self._reports = f"{REPORTS_PREFIX}/{zone}/"

    def days(self) -> Collection[date]:
        """Return the dates that have a file; raises StoreError."""
        return _dates(self._client, self._bucket, self._prefix)

    def day(self, day: date) -> Optional[DayFile]:
        """Return the file of a date, None if it is unreadable; raises StoreError."""
        return self._read(self._key(day), day_file.unpack)

    def add_day(self, file: DayFile) -> None:
        """Write the file of a day; raises StoreError."""
        self._write(self._key(file.day), day_file.pack(file))

    def profiles(self) -> Optional[Profiles]:
        """Return the profiles, None if there are none or they are unreadable."""
        return self._read(PROFILES_KEY, profile_file.unpack)

    def replace_profiles(self, profiles: Profiles) -> None:
        """Write the profiles; raises StoreError."""
        self._write(PROFILES_KEY, profile_file.pack(profiles))

    def reports(self) -> Collection[date]:
        """Return the Sundays of the weeks that were reported; raises StoreError."""
        return _dates(self._client, self._bucket, self._reports)

    def add_report(self, sunday: date, report: Mapping[str, Any]) -> None:
        """Write the report of a week; raises StoreError."""
        body = json.dumps(report).encode()
        self._write(f"{self._reports}{sunday.isoformat()}.json", body)

    def _key(self, day: date) -> str:
        return f"{self._prefix}{day.isoformat()}.msgpack"

    def _read(self, key: str, unpack: Callable[[bytes], File]) -> Optional[File]:
        packed = read_object(self._client, self._bucket, key)
        try:
            return None if packed is None else unpack(packed)
        except ValueError as error:
            fault = {"key": key, "fault": str(error)}
            print(json.dumps({"event": "profiles.unreadable", **fault}))
            return None

    def _write(self, key: str, body: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"s3 {key}: {error}") from error


def _dates(client: Any, bucket: str, prefix: str) -> Sequence[date]:
    try:
        # The lifecycle leaves fewer than a page of them.
        answer = client.list_objects_v2(Bucket=bucket, Prefix=prefix)
    except (BotoCoreError, ClientError) as error:
        raise StoreError(f"s3 {bucket}: {error}") from error
    names = [one["Key"][len(prefix) :] for one in answer.get("Contents", ())]
    dates = [_date(name.partition(".")[0]) for name in names]
    return [one for one in dates if one is not None]


def _date(text: str) -> Optional[date]:
    """Return a date, None for other objects: a console's folder is one too."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
