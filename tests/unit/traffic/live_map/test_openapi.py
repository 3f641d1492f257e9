"""The API's description: of each route, and true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.shape.sources import ROOT
from tests.template.template import of_type
from traffic.live_map import handling, routes, shift
from traffic.live_map.assets import FolderAssets
from traffic.live_map.feeds import catalog
from traffic.live_map.routes import Route, route_of

from .fakes import NOW_MS, City, alert, incident
from .feeds.checks import fetched, json_faults, some_city, unpacked

TOLD = ROOT / "src/traffic/live_map/web/feeds/openapi.json"
DOCUMENT = json.loads(TOLD.read_text())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
ROUTES = [one["Properties"] for one in of_type("AWS::ApiGatewayV2::Route").values()]
ALERT_ID = f"jam@{NOW_MS - 60_000}"
PERIOD = {"from": "2026-11-22T18:00:00Z", "to": "2026-11-22T19:00:00Z"}


def concrete(path: str) -> str:
    """A path with its parameters filled in."""
    name = ALERT_ID if "acknowledge" in path else "jam"
    return path.replace("{id}", name).replace("{file}", "main.js")


def resolved(node: Any) -> Any:
    """A node of the description with what it refers to in its place."""
    if isinstance(node, list):
        return [resolved(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return resolved(found)
    return {name: resolved(one) for name, one in node.items()}


def faults(operation: str, answer: dict[str, Any]) -> list[str]:
    """What in an answer is not as described."""
    told = resolved(OPERATIONS[operation]["responses"][str(answer["statusCode"])])
    kind = answer["headers"]["content-type"].partition(";")[0]
    content = told["content"].get(kind) or told["content"]["*/*"]
    body = unpacked(answer).decode()
    value = json.loads(body) if "json" in kind else body
    found = Draft202012Validator(content["schema"]).iter_errors(value)
    return [f"{one.json_path}: {one.message}" for one in found]


def gateway_routes(path: str, method: str) -> Iterator[dict[str, Any]]:
    """The routes of the template that take a request."""
    for route in ROUTES:
        verb, _, pattern = route["RouteKey"].partition(" ")
        parts = re.split(r"(\{\w+\+?\})", pattern)
        taken = "".join(map(_pattern, parts))
        if verb in ("ANY", method) and re.fullmatch(taken, path):
            yield route


def _pattern(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part.endswith("+}") else "[^/]+"


def test_the_description_is_openapi() -> None:
    assert json_faults("openapi-3.1.json", DOCUMENT) == []
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(resolved(schema))


def test_it_names_the_version_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text()

    assert f'\nversion = "{DOCUMENT["info"]["version"]}"\n' in project


def test_it_has_each_answer_of_the_api_and_none_else() -> None:
    api = {
        route_of(method, concrete(path)).name: operation["operationId"]
        for one, operation in OPERATIONS.items()
        for method, path in [one.split(" ")]
        if path.startswith(("/api/", "/config"))
    }

    assert set(api) == City().api._answers.keys() - {"page", "feed"}
    assert all(name == operation for name, operation in api.items())


def test_it_has_each_feed_and_none_else() -> None:
    feeds = {one for one in OPERATIONS if "/feeds/" in one}

    assert feeds == {f"GET /feeds/{name}" for name in catalog.NAMES}
    for one in feeds:
        name = one.removeprefix("GET /feeds/")
        assert route_of("GET", f"/feeds/{name}") == Route("feed", name)
        told = OPERATIONS[one]["responses"]["200"]["content"]
        if name in catalog.LIVE:
            assert set(told) == {catalog.LIVE[name].media_type.partition(";")[0]}


@pytest.mark.parametrize("one", OPERATIONS)
def test_the_gateway_lets_each_operation_in_as_described(one: str) -> None:
    method, path = one.split(" ")
    (route,) = gateway_routes(concrete(path), method)
    is_public = OPERATIONS[one].get("security") == []

    assert (route["AuthorizationType"] == "NONE") is is_public


def test_each_route_of_the_gateway_is_described() -> None:
    taken = {
        route["RouteKey"]
        for one in OPERATIONS
        for method, path in [one.split(" ")]
        for route in gateway_routes(concrete(path), method)
    }

    assert taken == {route["RouteKey"] for route in ROUTES}


@pytest.mark.parametrize("one", [one for one in OPERATIONS if "{file}" not in one])
def test_each_answer_is_as_described(one: str) -> None:
    method, path = one.split(" ")
    city = some_city()
    city.assets.files = {
        "index.html": b"<p>",
        "feeds/openapi.json": TOLD.read_bytes(),
    }
    row = {"segment_id": "jam", "minute": "2026-11-22T18:20Z", "speed": 5.5}
    city.reader.history = [{**row, "readings": 2}]
    if method == "DELETE":
        city.ask(concrete(path), "POST")
    query = {"segment_id": "jam", **PERIOD} if path.endswith(".csv") else {}
    if path == "/api/at":
        query = {"time": "2026-11-22T18:20Z"}
    city.shift.alerts_of = [city.reader.alerts[ALERT_ID]]
    answer = city.ask(concrete(path), method, query=query)

    assert answer["statusCode"] == 200, answer["body"]
    assert faults(one, answer) == []


def test_slow_traffic_without_an_alert_is_as_described() -> None:
    city = some_city()
    quiet = {"level": "none", "peak_level": "none", "usual_speed": 61.0, "unusual": 1}
    city.reader.incidents = [incident(alert("empty"), **quiet)]
    answer = city.ask("/api/now")

    (one,) = json.loads(unpacked(answer))["incidents"]
    assert (one["level"], one["unusual"]) == ("none", True)
    assert faults("GET /api/now", answer) == []


def test_the_page_and_an_unknown_incident_are_as_described() -> None:
    page = City()
    page.assets.files = {"app/main.js": b"1"}

    assert faults("GET /app/{file}", page.ask("/app/main.js")) == []
    other = page.ask("/api/incidents/a@5/acknowledge", "POST")
    assert other["statusCode"] == 404
    assert faults("POST /api/incidents/{id}/acknowledge", other) == []


@pytest.mark.parametrize(
    ("one", "path", "status", "more"),
    [
        (
            "POST /api/incidents/{id}/acknowledge",
            "/api/incidents/a@5/acknowledge",
            413,
            {"body": "x" * (routes.MOST_BODY + 1)},
        ),
        (
            "DELETE /api/alerts/{id}/acknowledge",
            "/api/alerts/a@5/acknowledge",
            400,
            {"body": "[]"},
        ),
        ("GET /api/segments/{id}", "/api/segments/a%20b", 400, {}),
        ("GET /api/segments/{id}", "/api/segments/none", 404, {}),
        ("GET /api/segments/{id}", "/api/segments/none", 401, {"claims": None}),
        (
            "POST /api/alerts/{id}/acknowledge",
            "/api/alerts/done@5/acknowledge",
            409,
            {},
        ),
        ("GET /feeds/history.csv", "/feeds/history.csv", 400, {}),
        ("GET /feeds/measured-data.xml", "/feeds/measured-data.xml", 404, {}),
        ("GET /feeds/alerts.csv", "/feeds/alerts.csv", 401, {"claims": None}),
    ],
)
def test_each_refusal_is_as_described(
    one: str, path: str, status: int, more: dict[str, Any]
) -> None:
    city = City()
    city.reader.warn(alert("done", 5, alert_status="cleared"))
    answer = city.ask(path, one.partition(" ")[0], **more)

    assert answer["statusCode"] == status
    assert faults(one, answer) == []


def test_failing_tables_are_as_described() -> None:
    for one in ("GET /api/now", "GET /feeds/segments.geojson"):
        city = City()
        city.reader.is_down = True
        answer = city.ask(one.removeprefix("GET "))

        assert answer["statusCode"] == 503
        assert faults(one, answer) == []


def test_a_machine_reads_the_description_itself() -> None:
    city = City()
    city.assets.files = {
        f"feeds/{catalog.OPENAPI}": FolderAssets().page("feeds/openapi.json").body
    }

    assert json.loads(fetched(city, catalog.OPENAPI)) == DOCUMENT


def test_it_names_the_limits_in_force() -> None:
    history = OPERATIONS["GET /feeds/history.csv"]
    (hours,) = (
        one["schema"]
        for one in OPERATIONS["GET /api/segments/{id}/history"]["parameters"]
        if one["name"] == "hours"
    )

    assert f"at most {routes.MOST_FEED_HOURS} hours" in history["summary"]
    assert hours["maximum"] == routes.MOST_HOURS
    assert hours["default"] == routes.USUAL_HOURS
    asked = DOCUMENT["components"]["schemas"]["Handling"]["properties"]
    assert asked["note"]["maxLength"] == handling.MOST_NOTE
    assert asked["close"]["enum"] == [*handling.REASONS, None]
    log = OPERATIONS["GET /api/log"]["summary"]
    assert f"the last {shift.HOURS} hours" in log
    too_large = DOCUMENT["components"]["responses"]["TooLarge"]["description"]
    assert f"over {routes.MOST_BODY:,} characters" in too_large


def test_a_body_as_described_is_taken_and_answered_as_described() -> None:
    (body,) = DOCUMENT["components"]["schemas"]["Handling"]["examples"]
    wish = json.dumps({**body, "close": "false alarm"})
    city = some_city()
    for what in ("alerts", "incidents"):
        answer = city.ask(f"/api/{what}/{ALERT_ID}/acknowledge", "POST", body=wish)

        assert answer["statusCode"] == 200
        assert faults(f"POST /api/{what}/{{id}}/acknowledge", answer) == []
        unseen = city.ask(
            f"/api/{what}/{ALERT_ID}/acknowledge", "POST", body='{"note": "x"}'
        )
        assert unseen["statusCode"] == 409
        assert faults(f"POST /api/{what}/{{id}}/acknowledge", unseen) == []
        city.ask(f"/api/{what}/{ALERT_ID}/acknowledge", "DELETE")
