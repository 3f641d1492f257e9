"""The log of a shift, as a dialog of the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER, CannedServer
from .conftest import LOOKS, Open, looking
from .test_access import faults

OTHER = "night-shift@city.example"
NOTE = "Tow truck <b>ordered</b>"


def test_the_log_tells_who_did_what_the_newest_first(
    live: Open, city: CannedCity, jam: str
) -> None:
    city.acknowledge(jam, OTHER, city.clock() - 20_000, NOTE)
    city.acknowledge(jam, CONTROLLER, city.clock() - 10_000)
    (alone,) = (one for one in city.known_alerts if one.startswith("S1@"))
    city.clear(alone)
    page = live()
    page.get_by_role("button", name="Shift log").click()
    rows = page.get_by_role("dialog", name="Shift log").locator("tbody tr")
    expect(rows).to_have_count(5)
    told = [
        [cell.strip() for cell in row.locator("td").all_inner_texts()][1:]
        for row in rows.all()
    ]

    assert [(what, where, who) for what, _, where, who, _ in told] == [
        ("Cleared", "Street 1", ""),
        ("Taken over", "Street 5, Old Town", CONTROLLER),
        ("Acknowledged", "Street 5, Old Town", OTHER),
        ("Opened", "Street 1", ""),
        ("Opened", "Street 5, Old Town", ""),
    ]
    assert told[2][-1] == NOTE


@pytest.mark.usefixtures("jam")
def test_a_name_in_the_log_opens_its_segment(live: Open) -> None:
    page = live()
    page.get_by_role("button", name="Shift log").click()
    page.locator("#log tbody button").first.click()

    expect(page.locator("#log")).to_be_hidden()
    expect(page.locator("#segment-name")).to_have_text("Street 1")


def test_a_log_that_does_not_come_says_so_and_is_read_again(
    live: Open, server: CannedServer
) -> None:
    page = live()
    server.unlucky = {"/api/log"}
    opener = page.get_by_role("button", name="Shift log")
    opener.click()
    told = page.locator("#log [role=status]")
    expect(told).to_contain_text("The log is not available: ")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.click()

    expect(told).to_contain_text("Nothing happened, since ")


def test_axe_finds_no_serious_fault_in_the_log(
    live: Open, city: CannedCity, jam: str
) -> None:
    city.acknowledge(jam, OTHER, city.clock(), NOTE)
    page = live()
    page.get_by_role("button", name="Shift log").click()
    expect(page.locator("#log tbody tr")).to_have_count(3)

    for size, dark in LOOKS:
        looking(page, size, dark)
        assert faults(page) == [], (size, dark)
