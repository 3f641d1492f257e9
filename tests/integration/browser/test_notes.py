"""A controller acknowledges with a note, changes it, or takes over from another."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER
from .conftest import LOOKS, Open, looking
from .test_access import faults
from .test_alert_list import polled
from .test_incidents import HEAD

OTHER = "night-shift@city.example"
NOTE = "Tow truck <b>ordered</b>"


@pytest.fixture
def alarmed(city: CannedCity) -> str:
    """An alert; its id."""
    return city.alarm("S4", "high", since_s=600)


def row(page: Page) -> Any:
    return page.locator("#alerts li[data-key^=S4]")


def ask(page: Page) -> Any:
    """Open the dialog of the alert."""
    row(page).get_by_role("button", name="Note on Street 4").click()
    dialog = page.get_by_role("dialog", name="Street 4")
    expect(dialog.get_by_label("Note")).to_be_focused()
    return dialog


def handled(city: CannedCity, alert_id: str) -> list[Any]:
    steps = json.loads(city.known_alerts[alert_id]["handled"])
    return [(one["who"], one["what"], one.get("note")) for one in steps]


def test_a_note_is_shown_as_it_was_typed_in_the_list_and_the_panel(
    live: Open, city: CannedCity, alarmed: str
) -> None:
    page = live("/#segment=S4")
    dialog = ask(page)
    expect(dialog.get_by_role("status")).to_have_text("Not acknowledged yet")
    dialog.get_by_label("Note").fill(NOTE)
    page.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    expect(row(page).locator(".note")).to_contain_text(f"✎ {NOTE}")
    expect(row(page).locator(".seen")).to_contain_text(CONTROLLER)
    expect(page.locator(".alarm .seen")).to_contain_text(f"{CONTROLLER} · ✎ {NOTE}")
    assert handled(city, alarmed) == [(CONTROLLER, "acknowledged", NOTE)]


def test_another_controller_takes_over_and_then_changes_the_note(
    live: Open, city: CannedCity, alarmed: str
) -> None:
    city.acknowledge(alarmed, OTHER, city.clock() - 60_000, NOTE)
    page = live()
    dialog = ask(page)
    expect(dialog.get_by_role("status")).to_contain_text(f"Acknowledged by {OTHER}")
    dialog.get_by_label("Note").fill("Police there")
    dialog.get_by_role("button", name="Take over").click()
    expect(row(page).locator(".seen")).to_contain_text(CONTROLLER)
    expect(row(page).locator(".note")).to_contain_text("✎ Police there")
    dialog = ask(page)
    expect(dialog.get_by_role("status")).to_contain_text("Acknowledged by you")
    expect(dialog.get_by_label("Note")).to_have_value("Police there")
    dialog.get_by_label("Note").fill("")
    dialog.get_by_role("button", name="Save note").click()

    expect(row(page).locator(".note")).not_to_contain_text("✎")
    assert handled(city, alarmed) == [
        (OTHER, "acknowledged", NOTE),
        (CONTROLLER, "handed_over", "Police there"),
        (CONTROLLER, "noted", None),
    ]


def test_what_someone_else_did_meanwhile_is_shown_before_it_is_replaced(
    live: Open, city: CannedCity, alarmed: str
) -> None:
    page = live()
    dialog = ask(page)
    dialog.get_by_label("Note").fill("Police there")
    polled(page)
    page.route("**/api/now*", lambda route: route.abort())
    city.acknowledge(alarmed, OTHER, city.clock(), NOTE)
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        f"Not saved: {OTHER} acknowledged it meanwhile"
    )
    page.unroute("**/api/now*")
    expect(dialog.get_by_role("status")).to_contain_text(NOTE)
    expect(dialog.get_by_label("Note")).to_have_value("Police there")
    dialog.get_by_role("button", name="Take over").click()

    expect(dialog).to_be_hidden()
    assert handled(city, alarmed)[-1] == (CONTROLLER, "handed_over", "Police there")


def test_what_someone_else_took_over_meanwhile_is_not_undone(
    live: Open, city: CannedCity, alarmed: str
) -> None:
    city.acknowledge(alarmed, CONTROLLER, city.clock() - 60_000)
    page = live()
    polled(page)
    page.route("**/api/now*", lambda route: route.abort())
    city.acknowledge(alarmed, OTHER, city.clock())
    row(page).get_by_role("button", name="Undo").click()

    expect(row(page).locator(".fault")).to_contain_text(
        f"Not taken back: {OTHER} acknowledged it meanwhile"
    )
    assert city.known_alerts[alarmed]["acknowledged_by"] == OTHER


@pytest.mark.usefixtures("jam")
def test_an_incident_has_one_note(live: Open, city: CannedCity) -> None:
    page = live()
    page.locator(f"{HEAD} .pen").click()
    dialog = page.locator("#note")
    dialog.get_by_label("Note").fill(NOTE)
    dialog.get_by_role("button", name="Acknowledge").click()

    seen = page.locator(f"{HEAD} .seen")
    expect(seen).to_have_text(f"controller ✎ {NOTE}")
    expect(seen).to_have_attribute("title", re.compile(f"{CONTROLLER} · ✎ {NOTE}"))
    notes = {
        one["segment_id"]: one.get("acknowledged_note") for one in city.open_alerts()
    }
    assert notes == {"S5": NOTE, "S4": NOTE, "S3": NOTE, "S1": None}


def test_an_alert_that_clears_can_have_no_note_any_more(
    live: Open, city: CannedCity, alarmed: str
) -> None:
    page = live()
    dialog = ask(page)
    city.clear(alarmed)

    expect(dialog.get_by_role("status")).to_have_text("Cleared meanwhile")
    expect(dialog.get_by_role("button", name="Acknowledge")).to_be_disabled()


@pytest.mark.usefixtures("alarmed")
def test_escape_closes_the_dialog_alone(live: Open) -> None:
    page = live("/#segment=S4")
    dialog = ask(page)
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(page.locator("#segment")).to_be_visible()
    expect(row(page).locator(".pen")).to_be_focused()


def test_a_note_moves_no_row_and_no_button(
    live: Open, city: CannedCity, alarmed: str
) -> None:
    page = live()
    before = row(page).bounding_box(), row(page).locator(".pen").bounding_box()
    city.acknowledge(alarmed, OTHER, city.clock(), "A long note " * 16)
    expect(row(page).locator(".undo")).to_be_visible()
    undo, pen = (row(page).locator(one).bounding_box() for one in (".undo", ".pen"))

    assert (row(page).bounding_box(), pen) == before
    assert pen is not None
    assert undo is not None
    assert undo["x"] + undo["width"] <= pen["x"]


def test_axe_finds_no_serious_fault_in_notes(
    live: Open, city: CannedCity, jam: str
) -> None:
    city.acknowledge(jam, OTHER, city.clock(), NOTE)
    page = live()
    for size, dark in LOOKS:
        looking(page, size, dark)
        expect(page.locator(f"{HEAD} .seen")).to_be_visible()
        shown = faults(page)
        page.locator(f"{HEAD} .pen").click()
        expect(page.locator("#note")).to_be_visible()

        assert (shown, faults(page)) == ([], []), (size, dark)
        page.keyboard.press("Escape")
        expect(page.locator("#note")).to_be_hidden()
