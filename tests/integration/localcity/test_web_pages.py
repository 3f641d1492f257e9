"""A local city is opened by its own key, and by no page in a browser."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from trafficctl.local.process import City, start, stop

UNKNOWN = r"security token|InvalidAccessKeyId"
# What a form or an image may send: no header is needed to be root by such a query.
AS_TEST = "/?X-Amz-Credential=test/20260101/us-east-1/sqs/aws4_request"
CREATE = f"{AS_TEST}&Action=CreateQueue&QueueName=evil&X-Amz-Algorithm=AWS4-HMAC-SHA256"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traffic") / "own-city"


@pytest.fixture(scope="module")
def city(home: Path, free_port: Any) -> Iterator[City]:
    try:
        begun = start(home, free_port(), free_port())
        begun.session().client("s3").create_bucket(Bucket="plans")
        yield begun
    finally:
        stop(home)


def asked(city: City, path: str, method: str = "GET", **headers: str) -> Any:
    connection = HTTPConnection("127.0.0.1", city.port, timeout=30)
    try:
        connection.request(
            method,
            path,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def status(city: City, path: str, method: str = "GET", **headers: str) -> int:
    return int(asked(city, path, method, **headers).status)


@pytest.mark.parametrize("path", [CREATE, "/plans", "/_ministack/health"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:{port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_is_refused(
    city: City, path: str, headers: dict[str, str]
) -> None:
    said = {name: value.format(port=city.port) for name, value in headers.items()}

    assert status(city, path, "POST", **said) == 403
    assert status(city, path, "OPTIONS", **said) == 403


def test_no_answer_may_be_read_by_another_origin(city: City) -> None:
    answer = asked(city, "/_ministack/health")

    assert answer.status == 200
    assert [n for n, _ in answer.getheaders() if n.lower().startswith("access-")] == []


def test_the_emulator_is_wiped_by_nobody_without_the_key(city: City) -> None:
    refused = status(city, "/_ministack/reset", "POST")
    ca = "/_ministack/iot/ca.pem"

    assert refused == 403
    assert status(city, ca) == 403
    assert status(city, ca, x_city_key=city.secret_key) == 200
    assert "plans" in [b["Name"] for b in _s3(city).list_buckets()["Buckets"]]


@pytest.mark.parametrize("key", ["test", "000000000000", "111122223333"])
def test_no_well_known_key_opens_the_city(city: City, key: str) -> None:
    stranger = replace(city, access_key=key, secret_key="test")
    sqs = stranger.session().client("sqs")

    with pytest.raises(ClientError, match=UNKNOWN):
        sqs.list_queues()
    with pytest.raises(ClientError, match=UNKNOWN):
        _s3(stranger).list_buckets()


def test_the_keys_name_without_its_secret_opens_nothing(city: City) -> None:
    thief = replace(city, secret_key="guessed")

    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        _s3(thief).list_buckets()


def test_a_request_without_any_key_is_refused(city: City) -> None:
    assert status(city, "/plans") == 403
    assert status(city, "/plans/plan.txt", "PUT") == 403
    assert status(city, "/") == 403


@pytest.mark.parametrize("authorization", ["Bearer x", "Basic dGVzdDp0ZXN0"])
@pytest.mark.parametrize(
    "operation",
    [
        "DynamoDB_20120810.ListTables",
        "Kinesis_20131202.ListStreams",
        "AWSCognitoIdentityProviderService.ListUserPools",
    ],
)
def test_an_authorization_of_another_kind_is_no_key(
    city: City, authorization: str, operation: str
) -> None:
    said = {"X_Amz_Target": operation, "Authorization": authorization}

    assert status(city, "/", "POST", **said) == 400
    assert status(city, "/plans", Authorization=authorization) == 403
    assert status(city, "/2015-03-31/functions", Authorization=authorization) == 403


def test_mqtt_in_a_web_socket_needs_a_signature(city: City) -> None:
    said = {
        "Host": f"data-ats.iot.{city.region}.localhost:{city.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec_WebSocket_Protocol": "mqtt",
    }

    assert status(city, "/mqtt", **said) == 403
    assert status(city, "/mqtt", **said, Authorization="Bearer x") == 403


def test_the_key_is_random_and_closed_to_other_users(
    city: City, home: Path, tmp_path: Path, free_port: Any
) -> None:
    record = home / "city.json"
    other = start(tmp_path / "other", free_port(), free_port())
    stop(tmp_path / "other")

    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert json.loads(record.read_text())["secret_key"] == city.secret_key
    assert len(city.secret_key) >= 40
    assert {other.access_key, other.secret_key}.isdisjoint(
        {city.access_key, city.secret_key}
    )
    assert city.secret_key not in repr(city)


def _s3(city: City) -> Any:
    return city.session().client("s3")
