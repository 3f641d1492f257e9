"""The list says which incidents are unusual, and has those without an alert last."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import LOOKS, Open, looking
from .test_access import faults, overflow
from .test_alert_list import names, polled
from .test_incidents import HEAD, drawn
from .test_signals import signalled


@pytest.fixture
def slow(city: CannedCity) -> None:
    """Traffic that is unusually slow from Street 0 to Street 2, without an alert."""
    city.items["S0"]["downstream"] = "S2"
    city.usual = dict.fromkeys(city.items, 88)
    city.unusual = {"S0": city.clock() - 60_000, "S2": city.clock() - 30_000}
    city.sweep()


@pytest.mark.usefixtures("jam")
def test_an_incident_says_what_is_usual_and_the_unusual_ones_are_found(
    live: Open, city: CannedCity
) -> None:
    members = city.incidents[0].segments()
    city.usual = dict.fromkeys(members, 61)
    city.sweep()
    page = live()
    cost = page.locator(f"{HEAD} .cost").first
    expect(cost).to_contain_text("usual 61 km/h · 3 segments")
    expect(cost).not_to_contain_text("unusual")

    city.unusual = dict.fromkeys(members, 0)
    city.sweep()
    page.get_by_role("button", name="Filter and sort").click()
    page.get_by_label("Unusual only").check()

    expect(cost).to_contain_text("unusual · usual 61 km/h · 3 segments")
    expect(page.locator("#alert-count")).to_have_text("1 of 2")
    page.get_by_label("Unusual only").uncheck()
    expect(page.locator("#alert-count")).to_have_text("2")


@pytest.mark.usefixtures("slow", "jam")
def test_unusual_traffic_without_an_alert_comes_last_however_the_list_is_sorted(
    live: Open,
) -> None:
    page = live()
    last = page.locator("#alerts > li").last

    assert len(names(page)) == 3
    for hash_, count in [
        ("sort=slowest", "2 + 1 alert"),
        ("sort=newest", "2 + 1 alert"),
        ("unusual", "1 of 2 + 1 alert"),
        ("search=street 0&district=Old Town", "1 of 2 + 1 alert"),
    ]:
        page.evaluate("hash => { location.hash = hash }", hash_)
        expect(page.locator("#alert-count")).to_have_text(count)
        expect(last).to_contain_text("unusual")
        expect(last).to_contain_text("usual 88 km/h · 2 segments")
    for hash_, count in [
        ("unacknowledged", "1 + 1 alert of 2 + 1 alert"),
        ("level=high", "0 + 1 alert of 2 + 1 alert"),
        ("district=Harbour", "1 of 2 + 1 alert"),
    ]:
        page.evaluate("hash => { location.hash = hash }", hash_)
        expect(page.locator("#alert-count")).to_have_text(count)
        expect(page.locator("#alerts")).not_to_contain_text("unusual")


@pytest.mark.usefixtures("slow")
def test_unusual_traffic_is_quiet_until_it_has_an_alert(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    signalled(page, server)
    expect(page.locator("#alerts > li")).to_have_count(1)
    polled(page)

    assert page.evaluate("[tones, noted]") == [2, []]
    assert page.title() == "City Traffic"
    assert drawn(page, "extents") == drawn(page, "heads") == []
    expect(page.locator("#told")).to_contain_text("3 roads are congested")
    expect(page.locator(f"{HEAD} :is(.accept, .pen, .undo):visible")).to_have_count(0)
    expect(page.locator("#spoken")).not_to_contain_text("Street")

    city.alarm("S2", "high")
    city.sweep()
    expect(page.locator(f"{HEAD} .chip")).to_have_text("high")
    page.wait_for_function("() => noted.length === 1")
    assert page.title() == "(1) City Traffic"
    expect(page.locator(f"{HEAD} .accept")).to_be_visible()
    city.clear(next(iter(city.known_alerts)))
    city.sweep()
    expect(page.locator("#spoken")).to_contain_text("Cleared: Street 2")
    expect(page.locator(f"{HEAD} .chip")).to_have_text("unusual")


@pytest.mark.usefixtures("slow")
def test_a_row_without_an_alert_opens_its_head_by_keys(live: Open) -> None:
    page = live()
    go = page.locator(f"{HEAD} .row")
    expect(go).not_to_have_attribute("aria-expanded", "false")
    go.press("Enter")
    expect(page.locator("#segment-name")).to_have_text("Street 2")
    page.keyboard.press("Escape")
    expect(go).to_be_focused()

    for size, dark in LOOKS:
        looking(page, size, dark)
        assert (faults(page), overflow(page)) == ([], 0), (size, dark)
