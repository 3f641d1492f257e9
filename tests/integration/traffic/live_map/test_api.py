"""The live API as deployed: who may ask, what is answered, what is refused."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.traffic.live_map.fakes import alert, incident, segment
from traffic.segment.rows import HOUR_KEYS, hour_key, hour_keys
from traffic.timestamps import day_text, minute_text
from trafficctl.users import command as users

from ...live import ALERT_PATH, DAY, NIGHT, Live, signed_in


def forged(token: str) -> str:
    """The same claims under a signature that is not the pool's."""
    head, claims, signature = token.split(".")
    return f"{head}.{claims}.{signature[:-8]}{'A' * 8}"


def unsigned(token: str) -> str:
    """The same claims, for who would believe a token that names no signature."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"x"}').decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


@pytest.mark.parametrize("path", ["/api/now", "/api/roads", "/api/segments/a"])
@pytest.mark.parametrize(
    "spoil", [lambda _: None, forged, unsigned, lambda _: "x", lambda _: ""]
)
def test_without_a_good_token_nothing_is_told(
    live: Live, path: str, spoil: Callable[[str], str | None]
) -> None:
    answer = live.ask(path, token=spoil(live.tokens[DAY]))

    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})


def test_a_token_of_another_pool_is_refused(live: Live) -> None:
    cognito = live.city.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="others")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"]
    )["UserPoolClient"]["ClientId"]
    password = users.random_password()
    users.create_controller(
        live.city.session, {"UserPoolId": pool}, "eve@city.example", password
    )
    foreign = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_NO_SRP_AUTH",
        AuthParameters={"USERNAME": "eve@city.example", "PASSWORD": password},
    )["AuthenticationResult"]

    for token in (foreign["IdToken"], foreign["AccessToken"]):
        assert live.ask("/api/now", token=token).status == 401


@pytest.fixture
def short_lived(live: Live) -> Iterator[None]:
    """The page's tokens last a second for once."""
    cognito, outputs = live.city.client("cognito-idp"), live.city.outputs
    names = {
        "UserPoolId": outputs["UserPoolId"],
        "ClientId": outputs["UserPoolClientId"],
    }
    told = cognito.describe_user_pool_client(**names)["UserPoolClient"]
    kept = {k: v for k, v in told.items() if v != "" and not k.endswith("Date")}
    units = {**kept["TokenValidityUnits"], "IdToken": "seconds"}
    short = {**kept, "IdTokenValidity": 1, "TokenValidityUnits": units}
    cognito.update_user_pool_client(**short)
    yield
    cognito.update_user_pool_client(**kept)


@pytest.mark.usefixtures("short_lived")
def test_a_token_is_good_until_it_expires(
    live: Live, eventually: Callable[..., Any]
) -> None:
    token = signed_in(live.city, "cleo@city.example")

    assert eventually(lambda: live.ask("/api/now", token=token).status == 401)


def test_the_page_itself_is_public_and_says_where_to_sign_in(live: Live) -> None:
    page, config = live.ask("/"), live.ask("/config.json")

    assert (page.status, config.status) == (200, 200)
    assert page.body.lower().startswith(b"<!doctype html>")
    auth = config.body["auth"]
    assert auth["client_id"] == live.city.outputs["UserPoolClientId"]
    assert auth["domain"] == live.city.city.endpoint
    assert live.ask("/app/../api/now").status != 200


def test_a_controller_sees_the_city(live: Live, restart: Callable[[], None]) -> None:
    live.put("RoadSegmentsTable", segment("seen", name="I-405 N", latitude=34.1))
    restart()

    roads = {road["id"]: road for road in live.get("/api/roads")["segments"]}
    now = live.get("/api/now")
    shown = {
        row[0]: dict(zip(now["columns"], row, strict=True)) for row in now["segments"]
    }

    assert (roads["seen"]["name"], roads["seen"]["lat"]) == ("I-405 N", 34.1)
    assert (shown["seen"]["speed"], shown["seen"]["flow"]) == (60.0, 1200)
    assert live.get("/api/segments/seen")["name"] == "I-405 N"


def test_a_change_is_seen_by_the_next_polls(
    live: Live, eventually: Callable[..., Any]
) -> None:
    live.put("RoadSegmentsTable", segment("moving", speed=80.0))

    def is_shown() -> bool:
        return "moving" in {row[0] for row in live.get("/api/now")["segments"]}

    assert eventually(is_shown)
    version = live.get("/api/now")["version"]
    live.put("RoadSegmentsTable", segment("moving", int(time.time() * 1000), speed=9.5))

    def news() -> Any:
        rows = live.get(f"/api/now?since={version}")["segments"]
        return [row[:3] for row in rows if row[0] == "moving"]

    assert eventually(news) == [["moving", 30.0, 9.5]]


def test_history_comes_from_its_own_table(live: Live) -> None:
    live.put("RoadSegmentsTable", segment("past", free_flow_speed=105.0))
    observed = segment("past")["observed_at"]
    minute = {"segment_id": "past", "minute": "2026-11-22T18:00Z", "speed": 33.0}
    live.put("SegmentHistoryTable", minute, {**minute, "minute": "2026-11-21T18:00Z"})

    told = live.get("/api/segments/past/history?hours=3")

    assert told["free_flow_speed"] == 105.0
    assert [row[:2] for row in told["rows"]] == [
        ["2026-11-22T18:00Z", 33.0],
        [time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(observed / 1000)), 60.0],
    ]


def test_a_minute_of_the_past_is_found_under_all_keys_of_its_hour(live: Live) -> None:
    minutes = [29_922_752, 29_922_753]
    names = [f"then-{n}" for n in range(3 * HOUR_KEYS)]
    rows = [
        {
            "segment_id": name,
            "minute": minute_text(minute),
            "hour": hour_key(name, minute),
            "speed": minute % 60 + 0.5,
        }
        for name in names
        for minute in minutes
    ]
    assert {row["hour"] for row in rows} == set(hour_keys(minutes[0]))
    live.put("SegmentHistoryTable", *rows)

    told = live.get("/api/at?time=2026-11-22T16:32Z")

    assert told == live.get(f"/api/at?time={minutes[0] * 60}")
    shown = [row for row in told["segments"] if row[0] in names]
    assert shown == [[name, None, 32.5, *[None] * 4] for name in sorted(names)]


def test_an_acknowledgement_is_kept_and_shown_to_all(
    live: Live, eventually: Callable[..., Any]
) -> None:
    row = alert("seen", 5_000)
    live.put("CongestionAlertsTable", {**row, "open_flag": "open", "day": "1970-01-01"})

    first = live.acknowledge("seen%405000")
    again = live.acknowledge("seen@5000", NIGHT)

    assert first.status == 200
    assert first.body["acknowledged_by"] == DAY
    assert again == first
    assert eventually(lambda: first.body in live.get("/api/now")["alerts"])


def test_an_acknowledgement_is_taken_back_for_all(
    live: Live, eventually: Callable[..., Any]
) -> None:
    row = alert("back", 6_000)
    live.put("CongestionAlertsTable", {**row, "open_flag": "open", "day": "1970-01-01"})
    live.acknowledge("back@6000")

    answer = live.undo("back@6000", NIGHT)

    assert answer.status == 200
    assert answer.body["acknowledged_by"] is None
    assert eventually(lambda: answer.body in live.get("/api/now")["alerts"])
    path = ALERT_PATH.format("back@6000")
    assert live.ask(path, "DELETE").status == 401


def test_an_alert_is_handed_over_once_and_the_log_tells_it(
    live: Live, eventually: Callable[..., Any], restart: Callable[[], None]
) -> None:
    now_ms = time.time_ns() // 1_000_000
    row = alert("over", now_ms, name="I-405 N")
    today = day_text(now_ms)
    live.put("CongestionAlertsTable", {**row, "open_flag": "open", "day": today})
    first = live.acknowledge(row["alert_id"], note="Tow truck ordered").body
    seen = first["acknowledged_at"]

    taken = live.acknowledge(row["alert_id"], NIGHT, note="Police there", seen=seen)
    late = live.acknowledge(row["alert_id"], DAY, note="Gone", seen=seen)
    restart()
    with live.with_incident(incident(row, measured_at=now_ms)):
        log = eventually(lambda: live.get("/api/log")["lines"])

    assert (taken.status, late.status) == (200, 409)
    assert (taken.body["acknowledged_by"], taken.body["note"]) == (
        NIGHT,
        "Police there",
    )
    told = [
        (one["what"], one["who"], one["note"], one["name"])
        for one in log
        if one["incident_id"] == row["alert_id"]
    ]
    assert sorted(told, key=str) == [
        ("acknowledged", DAY, "Tow truck ordered", "I-405 S, Sherman Oaks"),
        ("handed_over", NIGHT, "Police there", "I-405 S, Sherman Oaks"),
        ("opened", None, None, "I-405 S, Sherman Oaks"),
    ]


def test_a_cleared_alert_stays_as_it_is(live: Live) -> None:
    live.put("CongestionAlertsTable", alert("done", 7_000, alert_status="cleared"))

    answer = live.acknowledge("done@7000")

    assert answer.status == 409
    assert live.acknowledge("none@7000").status == 404


@pytest.mark.parametrize(
    ("path", "method", "body", "status"),
    [
        ("/api/segments/nowhere", "GET", "", 404),
        ("/api/segments/a%20b", "GET", "", 400),
        ("/api/segments/..%2F..%2Fetc", "GET", "", 404),
        ("/api/segments/seen/history?hours=-1", "GET", "", 400),
        ("/api/segments/seen/history?hours=1e9", "GET", "", 400),
        ("/api/roads?after=%00", "GET", "", 400),
        ("/api/at?time=noon", "GET", "", 400),
        ("/api/nothing", "GET", "", 404),
        ("/api/now", "DELETE", "", 405),
        ("/api/now", "POST", "x" * 2_000, 413),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_no_trace(
    live: Live, path: str, method: str, body: str, status: int
) -> None:
    answer = live.ask(path, method, live.tokens[DAY], body)

    assert answer.status == status
    assert set(answer.body) == {"error"}
    assert "Traceback" not in answer.body["error"]
