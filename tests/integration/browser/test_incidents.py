"""Incidents come first, each as one thing in list and map."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from traffic.live_map.incidents import STALE_MS

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import (
    LAPTOP,
    PHONE,
    Open,
    jammed,
    looking,
    painted,
    settled,
)
from .test_access import faults, overflow
from .test_alert_list import middle, names, polled

ROW = "#alerts > .incident"
HEAD = f"{ROW} > .alert"  # its own row, without those of its segments


def drawn(page: Page, source: str) -> list[Any]:
    """The features of a source of the map."""
    found: list[Any] = page.evaluate(
        "name => cityTraffic.map.data[name].features", source
    )
    return found


@pytest.mark.usefixtures("jam")
def test_an_incident_is_one_row_before_the_alerts_in_none(live: Open) -> None:
    page = live()

    assert names(page) == ["Street 5, Harbour to Old Town", "Street 1"]
    # 60 (2.74/19.3 - 2.74/100) minutes
    assert page.locator(f"{HEAD} .figures").inner_text() == (
        "2.7 km · 19 km/h · +7 min · ↗\u00a0growing"
    )
    assert page.locator(f"{HEAD} .cost").inner_text() == (
        "3 segments · 0.0 vehicle-h lost"
    )
    expect(page.locator(f"{HEAD} .chip")).to_have_text("severe")
    expect(page.locator(f"{HEAD} .note")).to_contain_text("30 min")
    expect(page.locator("#alerts-title")).to_have_text("Incidents 1 + 1 alert")
    assert page.title() == "(2) City Traffic"


@pytest.mark.usefixtures("jam")
def test_what_is_unknown_of_an_incident_is_left_out(
    live: Open, city: CannedCity
) -> None:
    city.items["S5"]["district"] = None
    for segment_id in ("S3", "S4", "S5"):
        city.items[segment_id].pop("speed")
    city.sweep()
    page = live()

    assert names(page)[0] == "Harbour to Street 5"
    assert page.locator(f"{HEAD} .figures").first.inner_text() == (
        "2.7 km · speed unknown · ↗\u00a0growing"
    )
    expect(page.locator(f"{HEAD} .cost").first).to_have_text("3 segments")
    assert drawn(page, "heads")[0]["properties"]["label"] == "Street 5\n2.7 km"


@pytest.mark.usefixtures("jam")
def test_its_segments_show_from_the_head_back_and_open_the_panel(live: Open) -> None:
    page = live()
    page.locator(f"{HEAD} .row").click()

    assert names(page, ".inside") == ["Street 5", "Street 4", "Street 3"]
    page.locator(".inside .row").nth(1).click()
    expect(page.locator("#segment-name")).to_have_text("Street 4")


@pytest.mark.usefixtures("jam")
def test_an_incident_opens_and_closes_by_keys(live: Open) -> None:
    page = live()
    row = page.get_by_role("button", name="Street 5, Harbour to Old Town").first
    row.focus()
    expect(row).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    polled(page)
    expect(row).to_be_focused()
    for _ in range(3):  # past Acknowledge and its note
        page.keyboard.press("Tab")
    expect(page.locator(".inside .row").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    page.keyboard.press("Escape")
    expect(page.locator(".inside .row").first).to_be_focused()
    row.focus()
    page.keyboard.press("Space")

    expect(row).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".inside")).to_be_hidden()


def test_incidents_are_filtered(still: Open) -> None:
    page = still(jammed, "/#level=severe")
    for hash_, row, count in [
        ("level=severe", "Street 5, Harbour to Old Town", "1 of 1 + 1 alert"),
        ("level=high", "Street 1", "0 + 1 alert of 1 + 1 alert"),
        ("search=street 4", "Street 5, Harbour to Old Town", "1 of 1 + 1 alert"),
        ("search=street 1", "Street 1", "0 + 1 alert of 1 + 1 alert"),
        ("district=Harbour", "Street 5, Harbour to Old Town", "1 of 1 + 1 alert"),
    ]:
        page.evaluate("hash => { location.hash = hash }", hash_)

        expect(page.locator("#alert-count")).to_have_text(count)
        assert names(page) == [row]


def test_an_incident_is_one_outline_with_its_head_and_label(
    live: Open, jam: str
) -> None:
    page = live()
    (extent,), (head,) = drawn(page, "extents"), drawn(page, "heads")

    assert len(extent["geometry"]["coordinates"]) == 3
    assert head["geometry"]["coordinates"][0] == pytest.approx(-118.24, abs=1e-3)
    assert head["properties"]["label"] == "Street 5\n2.7 km +7 min"
    assert len(drawn(page, "alerts")) == 1
    page.locator(f"{HEAD} .row").click()
    settled(page)

    seen = page.evaluate("cityTraffic.map.map.getBounds().toArray().flat()")
    assert (seen[0] < -118.26, seen[2] > -118.24) == (True, True)
    assert (seen[1] < 34.04, seen[3] > 34.048) == (True, True)
    assert drawn(page, "extents")[0]["properties"]["chosen"] is True
    assert f"incident={jam.replace('@', '%40')}" in page.url


def test_the_address_opens_an_incident(live: Open, jam: str) -> None:
    page = live(f"/#incident={jam}")

    assert names(page, ".inside") == ["Street 5", "Street 4", "Street 3"]


@pytest.mark.usefixtures("jam")
def test_where_incidents_are_not_measured_alerts_stand_for_themselves(
    live: Open, clock: Clock
) -> None:
    page = live()
    expect(page.locator(ROW)).to_have_count(1)
    clock.lead_ms += STALE_MS
    expect(page.locator(ROW)).to_have_count(0)

    expect(page.locator("#alerts-title")).to_have_text("Open alerts 4")
    assert len(drawn(page, "alerts")) == 4
    assert drawn(page, "extents") == []


@pytest.mark.usefixtures("jam")
def test_segments_keep_their_place_under_a_pointer(
    live: Open, city: CannedCity
) -> None:
    page = live()
    page.locator(f"{HEAD} .row").click()
    page.mouse.move(*middle(page, ".inside li:nth-child(3)"))
    city.clear(next(one for one in city.known_alerts if one.startswith("S4")))
    expect(page.locator(".inside li").nth(1)).to_contain_text("cleared")
    held = names(page, ".inside")
    page.mouse.move(200, 300)

    assert held == ["Street 5", "Street 4", "Street 3"]
    expect(page.locator(".inside li")).to_have_count(2)


@pytest.mark.usefixtures("jam")
def test_an_incident_without_open_alerts_leaves_list_and_map_before_it_is_over(
    live: Open, city: CannedCity
) -> None:
    page = live()
    for alert_id in list(city.known_alerts):
        city.clear(alert_id)
    expect(page.locator("#alerts > li")).to_have_count(0)
    city.sweep()  # which waits for its alerts to come back
    polled(page)

    assert len(city.open_incidents()) == 1
    assert names(page) == []
    assert drawn(page, "extents") == []
    assert drawn(page, "heads") == []


def test_axe_finds_no_serious_fault_in_an_open_incident(
    live: Open, city: CannedCity, jam: str
) -> None:
    city.acknowledge(jam, "somebody", city.clock())
    page = live(f"/#incident={jam}")
    expect(page.locator(".inside .row")).to_have_count(3)

    for dark in (True, False):
        looking(page, LAPTOP, dark)
        assert faults(page) == [], dark


def test_on_a_phone_a_long_name_sticks_out_nowhere_and_is_never_read_as_markup(
    live: Open, city: CannedCity, jam: str
) -> None:
    city.items["S5"]["name"] = name = "<b>Elm</b>" + " and a very long name" * 5
    city.sweep()
    page = live(f"/#incident={jam}", size=PHONE)

    assert overflow(page) == 0
    assert names(page)[0] == f"{name}, Harbour to Old Town"


def test_without_incidents_the_list_is_one_of_alerts(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    city.alarm("S5", "severe")
    page = tab()
    page.goto(server.address)
    painted(page)

    expect(page.locator("#alerts-title")).to_have_text("Open alerts 1")
    assert names(page) == ["Street 5"]


@pytest.mark.usefixtures("jam")
def test_a_jam_that_is_over_shows_its_last_figures_quietly(
    live: Open, city: CannedCity
) -> None:
    page = live()
    figures = page.locator(f"{HEAD} .figures")
    expect(figures).to_have_css("font-weight", "600")
    page.locator(HEAD).hover()
    for alert_id in [one["alert_id"] for one in city.open_alerts()]:
        city.clear(alert_id)
    city.sweep()
    expect(page.locator(f"{HEAD} .chip")).to_have_text("cleared")

    expect(figures).to_have_css("font-weight", "400")


@pytest.mark.usefixtures("jam")
def test_the_only_incident_that_does_not_fit_is_one(
    live: Open, city: CannedCity
) -> None:
    city.clear(next(one for one in city.known_alerts if one.startswith("S1")))
    page = live("/#search=nowhere")

    expect(page.locator("#told")).to_contain_text(
        "The only open incident does not fit what you chose."
    )
