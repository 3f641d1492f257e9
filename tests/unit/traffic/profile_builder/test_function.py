"""What the function asks of AWS, and what it prints."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from traffic.aws.event_bus import EventBridgeBus
from traffic.errors import PublishError, SettingsError, StoreError
from traffic.profile_builder.aws import DynamoHistory, DynamoRoads, S3Files
from traffic.profile_builder.function import _send, _zone, log_lines
from traffic.profile_builder.learn import MinuteRow, RunReport
from traffic.profile_builder.settings import read
from traffic.profiles.day_file import DayFile
from traffic.profiles.profile_file import build

ENVIRONMENT = {
    "SEGMENTS_TABLE": "roads",
    "HISTORY_TABLE": "history",
    "PROFILES_BUCKET": "bucket",
    "HOLIDAYS": "2026-12-25",
    "TIME_ZONE": "Europe/Berlin",
    "STACK_NAME": "city",
    "EVENT_BUS_NAME": "bus",
}


PLACE = {"latitude": {"N": "52.5"}, "longitude": {"N": "13.4"}}


class FakeTable:
    """Answers queries and scans page by page, and statements."""

    def __init__(self, *answers: list[dict[str, Any]], refused: str = "") -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.refused = refused

    def query(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        items = self.answers.pop(0) if self.answers else []
        return {"Items": items, "LastEvaluatedKey": {"k": 1} if self.answers else None}

    scan = query

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        error = {"Error": {"Code": self.refused}} if self.refused else {}
        return {"Responses": [error] * len(request["Statements"])}


class FakeBucket:
    """Objects by key."""

    def __init__(self, code: str = "") -> None:
        self.objects: dict[str, bytes] = {}
        self.code = code

    def _check(self, operation: str) -> None:
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, operation)

    def put_object(self, **request: Any) -> None:
        self._check("PutObject")
        self.objects[request["Key"]] = request["Body"]

    def get_object(self, **request: Any) -> dict[str, Any]:
        self._check("GetObject")
        if request["Key"] not in self.objects:
            error = {"Error": {"Code": "NoSuchKey", "Message": ""}}
            raise ClientError(error, "GetObject")
        return {"Body": io.BytesIO(self.objects[request["Key"]])}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        self._check("ListObjectsV2")
        keys = [key for key in self.objects if key.startswith(request["Prefix"])]
        return {"Contents": [{"Key": key} for key in keys]} if keys else {}


def row(minute: str, **measures: str) -> dict[str, Any]:
    numbers = {name: {"N": value} for name, value in measures.items()}
    return {"segment_id": {"S": "A"}, "minute": {"S": minute}, **numbers}


def test_an_hour_is_read_to_the_last_page_with_only_what_is_needed() -> None:
    table = FakeTable(
        [row("2026-11-02T08:00Z", vehicles="12", speed="87.1", flow="720")],
        [row("2026-11-02T08:01Z")],
    )

    rows = list(DynamoHistory(table, "history").hour(29_893_440))

    assert rows == [
        MinuteRow("A", 29_893_440, 12, 87.1, 720),
        MinuteRow("A", 29_893_441, 0, None, None),
    ]
    asked = table.requests[0]
    names = asked["ExpressionAttributeNames"]
    wanted = [names[one] for one in asked["ProjectionExpression"].split(", ")]
    assert wanted == ["segment_id", "minute", "vehicles", "speed", "flow"]
    assert asked["IndexName"] == "by_hour"
    keys = [one["ExpressionAttributeValues"][":hour"]["S"] for one in table.requests]
    assert keys[:3] == ["2026-11-02T08Z", "2026-11-02T08Z", "2026-11-02T08Z#1"]
    assert len(keys) == 2 + 7  # the first has two pages


def test_a_road_is_read_as_the_processor_reads_it() -> None:
    table = FakeTable(
        [
            {
                "segment_id": {"S": "A"},
                "name": {"S": "Ring"},
                "free_flow_speed": {"N": "0"},
                "learned_free_flow_speed": {"N": "62"},
                "downstream": {"S": "B C"},
                **PLACE,
            },
            {"segment_id": {"S": "B"}, **PLACE},
            {"segment_id": {"S": "C"}, **PLACE},
        ]
    )

    graph, learned = DynamoRoads(table, "roads").all()

    road = graph.road("A")
    assert (road.free_flow_speed, road.name) == (62, "Ring")
    assert list(graph.following("A")) == ["B", "C"]
    assert learned == {"A": 62, "B": None, "C": None}


def test_learned_speeds_are_written_25_at_a_time_and_nothing_else() -> None:
    table = FakeTable()

    DynamoRoads(table, "roads").learn({f"s{n:02}": 60 + n for n in range(30)})

    assert [len(one["Statements"]) for one in table.requests] == [25, 5]
    assert table.requests[0]["Statements"][1] == {
        "Statement": 'UPDATE "roads" SET "learned_free_flow_speed"=? '
        'WHERE "segment_id"=?',
        "Parameters": [{"N": "61"}, {"S": "s01"}],
    }


def test_a_segment_that_was_deleted_stays_deleted_and_other_refusals_fail() -> None:
    gone = FakeTable(refused="ConditionalCheckFailed")
    throttled = FakeTable(refused="ThrottlingError")

    DynamoRoads(gone, "roads").learn({"A": 60})
    with pytest.raises(StoreError, match="ThrottlingError"):
        DynamoRoads(throttled, "roads").learn({"A": 60})


def test_days_lie_below_their_time_zone() -> None:
    bucket, day = FakeBucket(), DayFile(date(2026, 11, 2), {}, [])
    files = S3Files(bucket, "bucket", "Europe/Berlin")

    files.add_day(day)

    assert list(bucket.objects) == ["days/Europe/Berlin/2026-11-02.msgpack"]
    assert files.days() == [day.day]
    assert files.day(day.day) == day
    assert S3Files(bucket, "bucket", "UTC").days() == []


def test_reports_of_weeks_lie_beside_the_days() -> None:
    bucket, sunday = FakeBucket(), date(2026, 11, 8)
    files = S3Files(bucket, "bucket", "UTC")

    files.add_report(sunday, {"days": 7})

    assert bucket.objects == {"weeks/UTC/2026-11-08.json": b'{"days": 7}'}
    assert files.reports() == [sunday]
    assert files.days() == []


def test_a_report_that_the_bus_refuses_fails_the_run() -> None:
    class FakeEvents:
        """Refuses one of two."""

        def __init__(self, **entry: str) -> None:
            self._entry = entry

        def put_events(self, **_request: Any) -> dict[str, Any]:
            return {"Entries": [self._entry]}

    _send(EventBridgeBus(FakeEvents(), "bus"), {"days": 7})
    with pytest.raises(PublishError, match="refused the report"):
        _send(EventBridgeBus(FakeEvents(ErrorCode="Any"), "bus"), {"days": 7})


def test_missing_and_unreadable_profiles_are_none_and_the_latter_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bucket = FakeBucket()
    files = S3Files(bucket, "bucket", "UTC")
    assert files.profiles() is None
    assert capsys.readouterr().out == ""

    bucket.objects["profiles.msgpack"] = b"no profile"
    assert files.profiles() is None
    assert json.loads(capsys.readouterr().out)["event"] == "profiles.unreadable"

    profiles = build([], "UTC", ())
    files.replace_profiles(profiles)
    assert files.profiles() == profiles


def test_what_is_no_date_in_the_bucket_is_no_day() -> None:
    bucket = FakeBucket()
    files = S3Files(bucket, "bucket", "UTC")
    files.add_day(DayFile(date(2026, 11, 2), {}, []))
    bucket.objects |= {"days/UTC/": b"", "days/UTC/notes.txt": b"", "weeks/UTC/": b""}

    assert (files.days(), files.reports()) == ([date(2026, 11, 2)], [])


def test_a_bucket_that_refuses_fails_the_run() -> None:
    files = S3Files(FakeBucket("AccessDenied"), "bucket", "UTC")

    for call in (files.days, files.profiles, lambda: files.day(date(2026, 1, 1))):
        with pytest.raises(StoreError, match="AccessDenied"):
            call()
    with pytest.raises(StoreError, match="AccessDenied"):
        files.add_day(DayFile(date(2026, 1, 1), {}, []))


def test_the_log_has_the_metrics_and_names_what_is_no_holiday() -> None:
    report = RunReport([date(2026, 11, 2)], 3, 1, ("2026-02-30",), {"Saturday": 2})

    metrics, holiday = map(json.loads, log_lines(report, "city", 5))

    values = {name: metrics[name] for name in ("UnreadableHolidays", "ProfileAgeDays")}
    assert values == {"UnreadableHolidays": 1, "ProfileAgeDays": 1}
    assert (metrics["Built"], metrics["DaysMissing"]) == ("2026-11-02", "Saturday: 2")
    assert holiday == {"event": "profiles.bad_holiday", "date": "2026-02-30"}


def test_without_any_day_there_is_no_age() -> None:
    (metrics,) = map(json.loads, log_lines(RunReport(), "city", 5))

    assert "ProfileAgeDays" not in metrics


def test_a_time_zone_that_does_not_exist_is_named() -> None:
    assert _zone("Europe/Berlin").key == "Europe/Berlin"
    for bad in ("Mars/Base", "../etc"):
        with pytest.raises(SettingsError, match="TIME_ZONE: this runtime has no"):
            _zone(bad)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    assert read(ENVIRONMENT).zone == "Europe/Berlin"
    with pytest.raises(SettingsError, match=f"set {name}"):
        read({one: text for one, text in ENVIRONMENT.items() if one != name})
