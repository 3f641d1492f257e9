"""Every answer of the live map, whatever its kind, binds the browser alike."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.unit.traffic.live_map.fakes import City, FakeAssets
from tests.unit.traffic.live_map.test_handler import handled
from traffic.live_map import responses

A_YEAR_S = 31_536_000
FILES = {"index.html": b"<!doctype html>", "app/map.js": b"//"}
INLINE = b"<script>go()</script><script src=other></script>"


def answer(path: str, **more: Any) -> dict[str, Any]:
    city = City()
    city.assets.files = FILES
    city.reader.is_down = more.pop("is_down", False)
    method = more.pop("method", "GET")
    return city.ask(path, method, **more)


ANSWERS: dict[str, dict[str, Any]] = {
    "page": answer("/"),
    "file": answer("/app/map.js"),
    "file not changed": answer("/", headers={"If-None-Match": "*"}),
    "configuration": answer("/config.json"),
    "city": answer("/api/now"),
    "bad input": answer("/api/segments/%20"),
    "nobody": answer("/api/now", claims=None),
    "unknown": answer("/api/x"),
    "other method": answer("/", method="PUT"),
    "too big": answer("/api/now", method="POST", body="x" * 2_000),
    "tables away": answer("/api/now", is_down=True),
}


def headers(kind: str) -> dict[str, str]:
    found: dict[str, str] = ANSWERS[kind]["headers"]
    return found


def test_each_kind_of_answer_is_tried() -> None:
    tried = [ANSWERS[kind]["statusCode"] for kind in ANSWERS]

    assert tried == [200, 200, 304, 200, 200, 400, 401, 404, 405, 413, 503]


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_browser_speaks_tls_and_to_nobody_else(kind: str) -> None:
    told = headers(kind)

    assert told["strict-transport-security"] == f"max-age={A_YEAR_S}"
    assert told["x-content-type-options"] == "nosniff"
    assert told["x-frame-options"] == "DENY"
    assert told["referrer-policy"] == "strict-origin-when-cross-origin"
    assert told["cross-origin-opener-policy"] == "same-origin"
    assert {one for one in told if one.startswith("access-control-")} == set()


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_page_frames_it_and_no_script_but_its_own_runs(kind: str) -> None:
    policy = headers(kind)["content-security-policy"]
    told = dict(part.split(" ", 1) for part in policy.split("; "))

    assert told["default-src"] == "'none'"
    assert told["script-src"] == told["style-src"] == "'self'"
    assert (
        told["frame-ancestors"] == told["base-uri"] == told["form-action"] == "'none'"
    )
    assert "unsafe" not in policy
    assert "*" not in policy


def test_a_script_in_the_page_itself_runs_by_its_hash_and_no_other() -> None:
    city = City(assets=FakeAssets({"index.html": INLINE}))
    policy = city.ask("/", claims=None)["headers"]["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(b"go()").digest()).decode()

    assert f"; script-src 'self' 'sha256-{digest}'; " in policy


@pytest.mark.parametrize("kind", ["city", "configuration", "bad input", "tables away"])
def test_nothing_that_is_told_of_the_city_is_kept(kind: str) -> None:
    assert headers(kind)["cache-control"] == "no-store"


def test_a_fault_is_told_under_the_same_rules() -> None:
    (fault,), _ = handled(
        {"rawPath": "/", "requestContext": {}}, CONGESTION_HIGH_THRESHOLD="none"
    )

    assert fault["statusCode"] == 500
    assert responses.security("", "").items() <= fault["headers"].items()
