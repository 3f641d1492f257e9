"""The page opens in few requests, and opens though some of them are refused."""

from __future__ import annotations

import urllib.parse
from contextlib import closing

import pytest
from playwright.sync_api import Route, expect

from tests.template.template import PARAMETERS

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import FINE, Open, painted
from .pixels import class_at

MAPLIBRE = "/vendor/maplibre-gl-6.17.0"
OWN = ["/", "/app/all.js", "/app/icon.svg", "/app/style.css", "/config.json"]
VENDORED = [
    f"{MAPLIBRE}/maplibre-gl-worker.mjs",
    f"{MAPLIBRE}/maplibre-gl.css",
    f"{MAPLIBRE}/maplibre-gl.mjs",
]


def test_a_page_takes_no_more_files_than_a_city_answers_at_once(
    live: Open, server: CannedServer
) -> None:
    live()
    asked = {urllib.parse.urlsplit(path).path for path in server.asked}

    assert {path for path in asked if not path.startswith(("/api/", "/oauth2/"))} == {
        *OWN,
        *VENDORED,
    }
    assert len(OWN + VENDORED) <= PARAMETERS["LiveApiReservedConcurrency"]["Default"]


@pytest.mark.parametrize("path", [*OWN[1:], *VENDORED])
def test_a_page_that_lacks_a_part_opens_again_by_itself(
    tab: Open, server: CannedServer, path: str
) -> None:
    server.unlucky = {path}
    page = tab()
    page.goto(server.address)
    painted(page)

    assert server.unlucky == set()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_page_says_that_it_tries_again(tab: Open, server: CannedServer) -> None:
    page = tab()
    page.route("**/app/all.js", lambda route: route.abort())
    page.goto(server.address)
    page.route("**/", lambda route: route.abort())

    expect(page.locator("#notice-text")).to_have_text(
        "The page could not start: a part of it did not come. It tries again by itself."
    )
    expect(page.get_by_text("No road is jammed.")).to_be_hidden()  # nobody knows yet
    page.unroute("**/app/all.js")
    page.unroute("**/")
    painted(page)


BASE = "https://tiles.example/style.json"


@pytest.mark.parametrize("answer", ["refused", "nothing"])
def test_roads_are_shown_though_the_base_map_does_not_come(
    tab: Open, city: CannedCity, clock: Clock, answer: str
) -> None:
    def base(route: Route) -> None:
        if answer == "refused":
            route.fulfill(status=503)

    page = tab(**FINE)
    page.route(BASE, base)
    with closing(CannedServer(city, clock, BASE)) as server:
        page.goto(server.address)
        painted(page)
        shown = class_at(page, "S0")

    assert shown == "0"
