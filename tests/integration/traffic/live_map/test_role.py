"""The live API's role has what it needs, and nothing that it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.traffic.live_map.fakes import alert, incident, segment
from traffic.aws.profile_store import PROFILES_KEY
from traffic.profile_builder.aws import S3Files
from traffic.profiles.day_file import DayFile
from traffic.profiles.day_records import RECORD_BYTES
from traffic.profiles.profile_file import build
from traffic.profiles.usual_band import NO_PROFILE, UNREADABLE

from ...live import ALERT_PATH, DAY, Live

HISTORY = (
    "/feeds/history.csv?segment_id=seen"
    "&from=2026-11-22T18:00:00Z&to=2026-11-22T19:00:00Z"
)
TASKS = [
    ("dynamodb:Scan", "GET", "/api/now"),
    ("dynamodb:Scan", "GET", "/api/roads"),
    ("dynamodb:Query", "GET", "/api/now"),
    ("dynamodb:UpdateItem", "GET", "/api/now"),
    ("dynamodb:Query", "GET", "/api/segments/seen/history"),
    ("dynamodb:Query", "GET", "/api/log"),
    ("dynamodb:BatchGetItem", "GET", "/api/log"),
    ("dynamodb:Query", "GET", "/api/at?time=2026-11-22T18:00Z"),
    ("dynamodb:GetItem", "GET", "/api/segments/seen"),
    ("dynamodb:Scan", "GET", "/feeds/segments.geojson"),
    ("dynamodb:Query", "GET", "/feeds/situations.xml"),
    ("dynamodb:Query", "GET", HISTORY),
    ("dynamodb:GetItem", "GET", HISTORY),
    ("dynamodb:GetItem", "POST", ALERT_PATH.format("fresh@9000")),
    ("dynamodb:UpdateItem", "POST", ALERT_PATH.format("fresh@9000")),
    ("dynamodb:UpdateItem", "DELETE", ALERT_PATH.format("taken@9000")),
    ("dynamodb:Query", "POST", "/api/incidents/fresh@9000/acknowledge"),
    ("dynamodb:UpdateItem", "POST", "/api/incidents/fresh@9000/acknowledge"),
]


BUCKET = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]


@pytest.mark.parametrize(("action", "method", "path"), TASKS)
def test_the_role_needs_each_of_its_table_actions(
    live: Live,
    restart: Callable[[], None],
    without_action: Any,
    action: str,
    method: str,
    path: str,
) -> None:
    live.put("RoadSegmentsTable", segment("seen"))
    taken = alert("taken", 9_000, acknowledged_by=DAY, acknowledged_at=9_001)
    now_ms = time.time_ns() // 1_000_000
    of_this_shift = alert("recent", now_ms)
    for row in (alert("fresh", 9_000), taken, of_this_shift):
        live.put("CongestionAlertsTable", {**row, "open_flag": "open"})
    jam = incident(alert("fresh", 9_000), measured_at=now_ms)
    role = f"arn:aws:iam::000000000000:role/{role_name(live.city)}"

    with live.with_incident(jam):
        with without_action(role, action):
            restart()
            refused = live.ask(path, method, live.tokens[DAY])
        restart()
        answered = live.ask(path, method, live.tokens[DAY])
    live.city.client("dynamodb").delete_item(
        TableName=live.city.outputs["CongestionAlertsTable"],
        Key={"alert_id": {"S": str(of_this_shift["alert_id"])}},
    )

    assert (refused.status, answered.status) == (503, 200)


def test_without_the_profiles_a_segment_is_shown_all_the_same(
    live: Live, restart: Callable[[], None], without_action: Any
) -> None:
    live.put("RoadSegmentsTable", segment("usual"))
    files = S3Files(live.city.client("s3"), live.city.outputs["ProfilesBucket"], "UTC")
    days = [datetime.now(timezone.utc).date() - timedelta(days=n) for n in range(1, 29)]
    records = {"usual": bytes([80]) * RECORD_BYTES}
    files.replace_profiles(build([DayFile(d, records, []) for d in days], "UTC", ()))
    role = f"arn:aws:iam::000000000000:role/{role_name(live.city)}"

    with without_action(role, "s3:GetObject"):
        restart()
        refused = live.get("/api/segments/usual")
    restart()

    assert refused["usual"] is None
    assert live.get("/api/segments/usual")["usual"] == 80


def test_that_there_are_no_profiles_yet_is_told_from_profiles_that_are_refused(
    live: Live, restart: Callable[[], None], without_action: Any
) -> None:
    live.put("RoadSegmentsTable", segment("new"))
    bucket = live.city.outputs["ProfilesBucket"]
    live.city.client("s3").delete_object(Bucket=bucket, Key=PROFILES_KEY)
    role = f"arn:aws:iam::000000000000:role/{role_name(live.city)}"

    def missing() -> str:
        restart()
        return str(live.get("/api/segments/new/history")["usual"]["missing"])

    with without_action(role, "s3:ListBucket"):
        refused = missing()

    assert (refused, missing()) == (UNREADABLE, NO_PROFILE)


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_without_a_stored_view_each_environment_reads_for_itself(
    live: Live,
    another: Callable[[], None],
    restart: Callable[[], None],
    without_action: Any,
    action: str,
) -> None:
    role = f"arn:aws:iam::000000000000:role/{role_name(live.city)}"

    def lineages() -> set[str]:
        found = set()
        for _ in range(2):
            found.add(live.get("/api/now")["version"].split("-")[1])
            another()
        return found

    with without_action(role, action):
        restart()
        assert len(lineages()) == 2
    restart()
    assert len(lineages()) == 1


def role_name(local_city: Any) -> str:
    """The role of the live API, as it is deployed."""
    name = f"{local_city.city.stack}-live-api"
    aws = local_city.client("lambda")
    role: str = aws.get_function_configuration(FunctionName=name)["Role"]
    return role.rsplit("/", 1)[-1]
