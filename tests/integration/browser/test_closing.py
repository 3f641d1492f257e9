"""A controller closes by hand what need not be listed, until it gets worse."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER
from .conftest import Open
from .test_access import faults
from .test_incidents import HEAD, drawn

MARKED = """async () => {
    const {markers} = await import("/app/features.js")
    const {features} = markers(cityTraffic.city.alerts)
    return features.map(one => one.properties.acknowledged)
}"""


def close(page: Page, pen: str, reason: str) -> None:
    """Close an item for a reason."""
    page.locator(pen).click()
    dialog = page.locator("#note")
    dialog.get_by_label("comes back").select_option(f"Close it: {reason}")
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(dialog).to_be_hidden()


def test_what_is_closed_is_out_of_the_way_and_can_be_taken_back(
    live: Open, city: CannedCity
) -> None:
    alert = city.alarm("S4", "high", since_s=600)
    city.alarm("S5", "severe", since_s=60)
    page = live()
    close(page, "#alerts li[data-key^=S4] .pen", "false alarm")
    expect(page.locator("#alerts .name")).to_have_text(["Street 5"])
    assert (city.known_alerts[alert]["alert_status"], page.title()) == (
        "open",
        "(1) City Traffic",
    )
    page.get_by_role("button", name="1 closed by hand").click()
    row = page.locator("#alerts li[data-key^=S4]")
    expect(row).to_contain_text("✓ Closed")
    expect(row).to_contain_text("✎ false alarm")
    assert faults(page) == []
    row.get_by_role("button", name="Undo").click()

    expect(page.locator("#closed")).to_be_hidden()
    expect(row.get_by_role("button", name="Acknowledge")).to_be_visible()
    steps = json.loads(city.known_alerts[alert]["handled"])
    assert [(one["who"], one["what"]) for one in steps] == [
        (CONTROLLER, "closed"),
        (CONTROLLER, "undone"),
    ]


def test_what_is_closed_comes_back_when_its_level_rises(
    live: Open, city: CannedCity
) -> None:
    city.alarm("S4", "high", since_s=600)
    page = live()
    close(page, "#alerts li .pen", "planned works or event")
    expect(page.locator("#alerts li")).to_have_count(0)
    city.alarm("S4", "severe")

    expect(page.locator("#alerts li .badge")).to_have_text("escalated")
    expect(page.locator("#alerts li .chip")).to_have_text("severe")


def test_what_was_closed_and_has_risen_waits_to_be_acknowledged_again(
    live: Open, city: CannedCity
) -> None:
    alert = city.alarm("S4", "high", since_s=600)
    page = live("/#unacknowledged")
    close(page, "#alerts li .pen", "false alarm")
    expect(page).to_have_title("City Traffic")
    city.alarm("S4", "severe")
    row = page.locator("#alerts li")
    expect(row.locator(".chip")).to_have_text("severe")

    expect(page).to_have_title("(1) City Traffic")
    assert page.evaluate(MARKED) == [False]
    expect(row.locator(".done")).to_be_hidden()
    expect(row.locator(".undo")).to_be_hidden()
    row.locator(".pen").click()
    expect(page.locator("#note .go")).to_have_text("Acknowledge")
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_have_count(0)
    expect(page).to_have_title("City Traffic")
    expect(page.locator("#spoken")).to_contain_text("Acknowledged: Street 4")
    assert "closed_level" not in city.known_alerts[alert]
    steps = json.loads(city.known_alerts[alert]["handled"])
    assert [one["what"] for one in steps] == ["closed", "noted"]


def test_an_incident_of_which_a_closed_segment_rose_is_not_wholly_acknowledged(
    rules: Page,
) -> None:
    told = rules.evaluate("""async () => {
        const {acknowledgement, seenOf} = await import("/app/incidents.js")
        const {inOrder} = await import("/app/news.js")
        const seen = {alert_id: "seen", level: "severe", acknowledged_at: 5}
        const closed = {acknowledged_at: 7, closed_level: "high"}
        const risen = {...seen, ...closed, alert_id: "risen"}
        const item = {incident: {}, alerts: [seen, risen]}
        const {count, acknowledged_at} = acknowledgement(item)
        const order = inOrder(item.alerts).map(one => one.alert_id)
        return [count, acknowledged_at, seenOf(item), order]
    }""")

    assert told == [1, None, 7, ["risen", "seen"]]


def test_an_incident_is_closed_until_a_segment_joins(
    live: Open, city: CannedCity
) -> None:
    for segment_id in ("S3", "S4"):
        city.items[segment_id]["downstream"] = f"S{int(segment_id[1]) + 1}"
    city.alarm("S5", "severe", since_s=1_800)
    city.alarm("S4", "high", since_s=120)
    city.sweep()
    page = live()
    close(page, f"{HEAD} .pen", "handled elsewhere")
    expect(page.locator(HEAD)).to_have_count(0)
    expect(page.locator("#spoken")).not_to_contain_text("Cleared")
    assert drawn(page, "heads") == []
    city.alarm("S3", "high")
    city.sweep()

    expect(page.locator(f"{HEAD} .seen")).to_contain_text("2 of 3 acknowledged")
