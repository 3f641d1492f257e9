"""All times of the page are those of the city, wherever the viewer sits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import Open, painted

TOKYO = "Asia/Tokyo"
LONDONER = {"timezone_id": "Europe/London"}


@pytest.fixture
def tokyo(city: CannedCity, clock: Clock) -> Iterator[CannedServer]:
    served = CannedServer(city, clock, zone=TOKYO)
    yield served
    served.close()


def local(ms: int, zone: str = TOKYO) -> str:
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).strftime("%H:%M")


def test_times_are_the_citys_and_its_zone_is_named(
    tab: Open, tokyo: CannedServer, city: CannedCity
) -> None:
    alert = city.alarm("S5", "severe", since_s=60)
    page = tab(**LONDONER)
    page.goto(f"{tokyo.address}/#segment=S5")
    painted(page)
    opened = local(city.known_alerts[alert]["opened_at"])
    expect(page.locator("#alerts .note")).to_contain_text(f"since {opened}")
    expect(page.locator("#segment .alarm .note")).to_contain_text(f"since {opened}")
    clock = page.locator("#time-of-day")
    expect(clock).to_have_text(re.compile(r"^\d\d:\d\d GMT\+9$"))
    expect(clock).to_have_attribute("title", f"All times are of the time zone {TOKYO}")
    page.locator(".chart.speed").hover(position={"x": 200, "y": 40})

    expect(page.locator(".reading")).to_have_text(re.compile("GMT.9: 10 km/h"))


@pytest.mark.parametrize(
    ("now", "text"),
    [("2026-10-24T15:30Z", "00:10"), ("2026-10-25T15:30Z", "Oct 25 00:10")],
)
def test_a_day_ends_when_it_ends_in_the_city(rules: Page, now: str, text: str) -> None:
    at = datetime(2026, 10, 24, 15, 10, tzinfo=timezone.utc).timestamp() * 1000
    found = rules.evaluate(
        """async ([zone, at, now]) => {
            const {clock, useZone} = await import("/app/format.js")
            useZone(zone)
            const text = clock(at, Date.parse(now))
            useZone("UTC") // other rules are asked on this page too
            return text
        }""",
        [TOKYO, at, now],
    )

    assert found == text


def test_a_zone_that_the_browser_does_not_know_is_utc_and_says_so(
    tab: Open, city: CannedCity, clock: Clock
) -> None:
    server = CannedServer(city, clock, zone="Mars/Olympus")
    page = tab(**LONDONER)
    page.goto(server.address)
    try:
        painted(page)
        expect(page.locator("#time-of-day")).to_have_text(re.compile("UTC$"))
    finally:
        server.close()
