"""The feeds as deployed: what a machine's token opens, and what it does not."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.traffic.live_map.fakes import alert, incident, segment
from traffic.live_map.feeds import catalog

from ...live import ALERT_PATH, DAY, Live

HISTORY = (
    "/feeds/history.csv?segment_id=fed"
    "&from=2026-11-22T18:00:00Z&to=2026-11-22T19:00:00Z"
)


def asked(live: Live, secret: str, scope: str = "feeds/read") -> dict[str, Any]:
    """What the token endpoint answers to the machines' client."""
    client = live.city.outputs["FeedReaderClientId"]
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": scope}
    request = urllib.request.Request(  # noqa: S310 - our own
        f"{live.city.city.endpoint}/oauth2/token",
        urllib.parse.urlencode(form).encode(),
        {"Authorization": f"Basic {basic}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as refused:
        return dict(json.load(refused))


@pytest.fixture(scope="module")
def secret(live: Live) -> str:
    client = live.city.client("cognito-idp").describe_user_pool_client(
        UserPoolId=live.city.outputs["UserPoolId"],
        ClientId=live.city.outputs["FeedReaderClientId"],
    )["UserPoolClient"]
    return str(client["ClientSecret"])


@pytest.fixture(scope="module")
def machine(live: Live, secret: str) -> str:
    return str(asked(live, secret)["access_token"])


@pytest.fixture
def fed(live: Live, restart: Callable[[], None]) -> Iterator[None]:
    now_ms = time.time_ns() // 1_000_000
    jam = alert("fed", 9_500)
    live.put("RoadSegmentsTable", segment("fed", now_ms, latitude=34.1, longitude=-118))
    live.put("CongestionAlertsTable", {**jam, "open_flag": "open"})
    minute = {"segment_id": "fed", "minute": "2026-11-22T18:30Z", "speed": 33.0}
    live.put("SegmentHistoryTable", minute)
    with live.with_incident(incident(jam, measured_at=now_ms)):
        restart()
        yield


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("name", [*catalog.LIVE, "openapi.json"])
def test_a_machine_reads_each_feed_as_a_person_does(
    live: Live, machine: str, name: str
) -> None:
    answers = [
        live.ask(f"/feeds/{name}", token=token) for token in (machine, live.tokens[DAY])
    ]

    assert [one.status for one in answers] == [200, 200]
    assert ("/api/now" if name == "openapi.json" else "fed") in str(answers[0].body)


@pytest.mark.usefixtures("fed")
def test_a_machine_reads_a_segments_history(live: Live, machine: str) -> None:
    answer = live.ask(HISTORY, token=machine)

    assert (answer.status, answer.body.splitlines()[1:]) == (
        200,
        [b"fed,2026-11-22T18:30Z,33,,,,"],
    )


@pytest.mark.parametrize("name", catalog.NAMES)
def test_without_a_token_no_feed_is_told(live: Live, name: str) -> None:
    for token in (None, "x"):
        answer = live.ask(f"/feeds/{name}", token=token)
        assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/now", "GET"),
        ("/api/segments/fed", "GET"),
        (ALERT_PATH.format("fed@9500"), "POST"),
        (ALERT_PATH.format("fed@9500"), "DELETE"),
    ],
)
def test_a_machines_token_opens_nothing_else(
    live: Live, machine: str, path: str, method: str
) -> None:
    answer = live.ask(path, method, machine)

    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})


def test_only_the_secret_gets_a_token_and_only_to_read(live: Live, secret: str) -> None:
    assert asked(live, secret + "x")["error"] == "invalid_client"
    assert "access_token" not in asked(live, secret, "openid")
    assert asked(live, secret)["expires_in"] == 3_600


def test_no_person_signs_in_by_the_machines_client(live: Live, secret: str) -> None:
    cognito, outputs = live.city.client("cognito-idp"), live.city.outputs

    with pytest.raises(cognito.exceptions.ClientError):
        cognito.admin_initiate_auth(
            UserPoolId=outputs["UserPoolId"],
            ClientId=outputs["FeedReaderClientId"],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": DAY, "PASSWORD": "x", "SECRET_HASH": secret},
        )


@pytest.mark.usefixtures("fed")
def test_the_operators_command_prints_a_token_and_where_to_use_it(live: Live) -> None:
    city = live.city
    done = subprocess.run(
        [sys.executable, "-m", "trafficctl", "feeds", "--stack", city.city.stack],
        env=city.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    where = done.stderr.split(" for ")[1].rstrip(",")

    assert where == f"http://{live.target.host('/feeds/')}/feeds/"
    answer = live.ask("/feeds/segments.geojson", token=done.stdout.strip())
    assert "fed" in {one["id"] for one in answer.body["features"]}
