"""A segment's panel says what is usual and what to expect, where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.traffic.profile_builder.test_function import FakeBucket
from traffic.aws.profile_store import PROFILES_TTL_MS, S3Profiles
from traffic.profiles.day_file import DayFile
from traffic.profiles.day_records import RECORD_BYTES
from traffic.profiles.profile_file import build, pack

from .fakes import NOW_MS, City, Clock, segment

TODAY = datetime.fromtimestamp(NOW_MS / 1000, timezone.utc).date()


def packed(zone: str = "UTC", days: int = 28, since: int = 1) -> bytes:
    """Profiles of a segment `a` on which 80 km/h is usual, until *since* days ago."""
    records = {"a": bytes([80]) * RECORD_BYTES}
    dates = [TODAY - timedelta(days=ago) for ago in range(since, since + days)]
    return pack(build([DayFile(one, records, []) for one in dates], zone, ()))


def with_profiles(bucket: FakeBucket) -> City:
    """A city whose profiles are in *bucket*."""
    city = City()
    profiles = S3Profiles(bucket, "bucket", city.clock, city._log)
    ports = city.api._ports._replace(outlook=profiles.outlook, band=profiles.band)
    city.api._ports = ports
    return city


@pytest.fixture
def bucket() -> FakeBucket:
    found = FakeBucket()
    found.objects["profiles.msgpack"] = packed()
    return found


def told(city: City, name: str = "a") -> Mapping[str, Any]:
    answer = city.get(f"/api/segments/{name}")
    names = ("usual", "unusual_below", "expected_15", "expected_30", "expected_60")
    return {name: answer[name] for name in names}


NOTHING = {
    "usual": None,
    "unusual_below": None,
    "expected_15": None,
    "expected_30": None,
    "expected_60": None,
}


def test_the_usual_and_the_expected_speed_are_told(bucket: FakeBucket) -> None:
    city = with_profiles(bucket)
    city.reader.put(segment("a", speed=60.0, state=None))

    assert told(city) == {
        "usual": 80,
        "unusual_below": 64.0,
        "expected_15": 63,
        "expected_30": 67,
        "expected_60": 73,
    }


def test_nothing_is_expected_from_an_old_speed(bucket: FakeBucket) -> None:
    city = with_profiles(bucket)
    city.reader.put(segment("a", NOW_MS - 16 * 60_000, speed=60.0, state=None))

    assert told(city) == {**NOTHING, "usual": 80, "unusual_below": 64.0}


def test_the_learned_free_flow_speed_is_told_beside_the_configured_one() -> None:
    city = City()
    learned = {"learned_free_flow_speed": 62}
    city.reader.put(segment("a", free_flow_speed=50, state=None, **learned))

    answer = city.get("/api/segments/a")

    assert (answer["free_flow_speed"], answer["free_flow_learned"]) == (50, 62)


@pytest.mark.parametrize(
    ("stored", "missing"),
    [
        ({}, "no_profile"),
        ({"profiles.msgpack": b"no profile"}, "unreadable"),
        ({"profiles.msgpack": packed("Mars/Base")}, "unreadable"),
        ({"profiles.msgpack": packed(days=2)}, "few_days"),
        ({"profiles.msgpack": packed(since=4)}, "stale"),
    ],
)
def test_without_a_profile_nothing_is_usual_and_the_history_says_why(
    stored: dict[str, bytes], missing: str
) -> None:
    bucket = FakeBucket()
    bucket.objects = stored
    city = with_profiles(bucket)
    city.reader.put(segment("a", state=None))

    assert told(city) == NOTHING
    usual = city.get("/api/segments/a/history")["usual"]
    assert {row[2] for row in usual["rows"]} <= {None}
    assert usual["missing"] == missing


def test_history_has_the_usual_speeds_of_its_half_hours_and_of_the_next_hour(
    bucket: FakeBucket,
) -> None:
    city = with_profiles(bucket)
    city.reader.put(segment("a", NOW_MS, state=None))

    usual = city.get("/api/segments/a/history", hours="2")["usual"]

    ats = [at for at, _low, _usual in usual["rows"]]
    last = NOW_MS - 500
    assert ats[0] <= last - 2 * 3_600_000 < ats[1]
    assert ats[-2] < last + 3_600_000 <= ats[-1]
    assert {(low, mid) for _at, low, mid in usual["rows"]} == {(80, 80)}
    assert (usual["columns"], usual["missing"]) == (["at", "low", "usual"], None)


def test_what_cannot_be_read_is_logged_once_an_hour() -> None:
    city = with_profiles(FakeBucket("AccessDenied"))
    city.reader.put(segment("a", state=None))

    for _ in range(3):
        assert told(city) == NOTHING
    city.clock.ms += PROFILES_TTL_MS
    told(city)

    assert [event for event, _ in city.logged] == ["profiles_unreadable"] * 2
    assert "AccessDenied" in city.logged[0][1]


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({}, ["profiles_missing"]),
        ({"profiles.msgpack": packed(since=4)}, ["profiles_stale"]),
        ({"profiles.msgpack": packed(since=3)}, []),
    ],
)
def test_the_log_says_why_nothing_is_usual_each_time_they_are_read(
    stored: dict[str, bytes], said: list[str]
) -> None:
    bucket, clock, log = FakeBucket(), Clock(), list[str]()
    bucket.objects = stored
    profiles = S3Profiles(
        bucket, "bucket", clock, lambda event, _text: log.append(event)
    )

    known = [profiles.at(clock.ms) is not None for _ in range(3)]

    assert (log, known) == (said, [not said] * 3)


def test_an_unknown_segment_has_no_usual_speed(bucket: FakeBucket) -> None:
    city = with_profiles(bucket)
    city.reader.put(segment("b", state=None))

    assert told(city, "b") == NOTHING


def test_one_failed_read_does_not_lose_what_is_usual(bucket: FakeBucket) -> None:
    clock, log = Clock(), list[str]()
    profiles = S3Profiles(bucket, "bucket", clock, lambda event, _: log.append(event))
    assert profiles.outlook("a", NOW_MS, None) is not None

    bucket.code = "SlowDown"
    clock.ms += PROFILES_TTL_MS

    assert profiles.outlook("a", NOW_MS, None) is not None
    assert log == ["profiles_unreadable"]


def test_profiles_are_read_again_after_an_hour(bucket: FakeBucket) -> None:
    clock = Clock()
    profiles = S3Profiles(bucket, "bucket", clock, print)
    assert profiles.outlook("a", NOW_MS, None) is not None

    bucket.objects.clear()
    clock.ms += PROFILES_TTL_MS - 1
    assert profiles.outlook("a", NOW_MS, None) is not None
    clock.ms += 1
    assert profiles.outlook("a", NOW_MS, None) is None
    assert profiles.band("a", (NOW_MS, NOW_MS), 0).missing == "no_profile"
