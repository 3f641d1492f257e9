"""An incident is acknowledged with all its alerts, as one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER
from .conftest import Open
from .test_alert_list import acknowledged, middle, polled
from .test_incidents import HEAD, drawn


@pytest.mark.usefixtures("jam")
def test_an_incident_is_acknowledged_as_one_and_taken_back(
    live: Open, city: CannedCity
) -> None:
    page = live()
    at = middle(page, f"{HEAD} .accept")
    page.mouse.click(*at)
    expect(page.locator(f"{HEAD} .seen")).to_contain_text(CONTROLLER)
    polled(page)
    page.mouse.click(*at)  # a second click does not take it back
    polled(page)

    assert acknowledged(city) == ["S5", "S4", "S3"]
    (head,) = drawn(page, "heads")
    assert head["properties"]["acknowledged"] is True
    assert page.title() == "(1) City Traffic"
    page.locator(f"{HEAD} .undo").click()
    expect(page.locator(f"{HEAD} .accept")).to_be_visible()
    polled(page)
    assert acknowledged(city) == []


@pytest.mark.usefixtures("jam")
def test_what_could_not_be_acknowledged_is_said(live: Open, city: CannedCity) -> None:
    city.refused = {one for one in city.known_alerts if one.startswith("S4")}
    page = live()
    page.locator(f"{HEAD} .accept").click()
    expect(page.locator(f"{HEAD} .fault")).to_have_text(
        "Not acknowledged: 1 of 3 alerts could not be written"
    )
    assert acknowledged(city) == ["S5", "S3"]
    city.refused = set()
    page.get_by_role("button", name="Retry: Acknowledge").click()
    expect(page.locator(f"{HEAD} .seen")).to_contain_text(CONTROLLER)

    assert acknowledged(city) == ["S5", "S4", "S3"]
    expect(page.locator(f"{HEAD} .fault")).to_be_hidden()


def test_a_partly_acknowledged_incident_says_so(
    live: Open, city: CannedCity, jam: str
) -> None:
    city.acknowledge(jam, "somebody", city.clock())
    page = live()

    expect(page.locator(f"{HEAD} .seen")).to_have_text("1 of 3 acknowledged")
    expect(page.locator(f"{HEAD} .accept")).to_be_visible()


@pytest.mark.usefixtures("jam")
def test_an_incident_that_is_cleared_is_not_said_to_be_acknowledged(live: Open) -> None:
    error = "incident S5 is cleared: expected an open one"

    def refuse(route: Route) -> None:
        route.fulfill(status=409, json={"error": error})

    page = live()
    page.route("**/acknowledge", refuse)
    page.locator(f"{HEAD} .pen").click()
    page.locator("#note .go").click()

    expect(page.locator("#note .fault")).to_have_text(f"Not saved: {error}")
    expect(page.locator("#note")).to_be_visible()
    expect(page.locator("#spoken")).not_to_contain_text("Acknowledged")
