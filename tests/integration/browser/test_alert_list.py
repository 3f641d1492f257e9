"""Rows keep their place under a pointer; an acknowledgement can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER, CannedServer
from .conftest import LAPTOP, PATIENCE_MS, Open, painted

IDLE_MS = 30_000  # hold.js


def names(page: Page, rows: str = "#alerts") -> list[str]:
    return [text.strip() for text in page.locator(f"{rows} .name").all_inner_texts()]


def keys(page: Page, rows: str) -> list[str]:
    found: list[str] = page.locator(f"{rows} li").evaluate_all(
        "all => all.map(one => one.dataset.key)"
    )
    return found


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def acknowledged(city: CannedCity) -> list[str]:
    """The segments of the alerts that somebody acknowledged."""
    return [
        alert["segment_id"]
        for alert in city.known_alerts.values()
        if "acknowledged_at" in alert
    ]


def polled(page: Page) -> None:
    """Wait for two answers: the second was asked for after now."""
    for _ in range(2):
        with page.expect_response(lambda answer: "/api/now" in answer.url):
            pass
    page.evaluate("() => new Promise(requestAnimationFrame)")


@pytest.fixture
def alarmed(city: CannedCity) -> dict[str, str]:
    """Alerts of three segments, S3 the newest and so the first; their ids."""
    return {
        segment_id: city.alarm(segment_id, "severe", since_s)
        for segment_id, since_s in [("S3", 60), ("S4", 120), ("S5", 180)]
    }


@pytest.mark.usefixtures("alarmed")
def test_two_quick_clicks_acknowledge_one_alert(live: Open, city: CannedCity) -> None:
    page = live()
    at = middle(page, "#alerts .accept")
    page.mouse.click(*at)
    expect(page.locator("#alerts li[data-key^=S3] .seen")).to_contain_text(CONTROLLER)
    polled(page)
    page.mouse.click(*at)
    polled(page)

    assert acknowledged(city) == ["S3"]
    expect(page.locator("#segment")).to_be_hidden()


def test_rows_keep_their_place_until_the_pointer_leaves(
    live: Open, city: CannedCity, alarmed: dict[str, str]
) -> None:
    page = live()
    page.mouse.move(*middle(page, "#alerts li:nth-child(2)"))
    city.acknowledge(alarmed["S3"], "somebody", city.clock())
    city.clear(alarmed["S4"])
    city.alarm("S0", "severe")
    expect(page.locator("#alerts li")).to_have_count(4)
    expect(page.locator("#alerts li").nth(1)).to_contain_text("cleared")
    held, later = names(page), page.locator("#alerts-later").inner_text()
    page.mouse.move(200, 300)

    assert held == ["Street 3", "Street 4", "Street 5", "Street 0"]
    assert later == "1 new ↓"
    expect(page.locator("#alerts li")).to_have_count(3)
    assert names(page) == ["Street 0", "Street 5", "Street 3"]
    expect(page.locator("#alerts-later")).to_be_empty()


def test_no_row_moves_by_a_pixel_whatever_happens_around_it(
    live: Open, city: CannedCity, server: CannedServer, alarmed: dict[str, str]
) -> None:
    page = live()
    last = "#alerts li[data-key^=S5]"
    page.mouse.move(*middle(page, last))
    before = page.locator(last).bounding_box()
    page.locator("#alerts li[data-key^=S3] .accept").evaluate("one => one.click()")
    server.unlucky = {f"/api/alerts/{alarmed['S4'].replace('@', '%40')}/acknowledge"}
    page.locator("#alerts li[data-key^=S4] .accept").evaluate("one => one.click()")
    expect(page.locator("#alerts .failed")).to_have_count(1)
    city.set("S0", sensors_reporting=0)
    city.alarm("S1", "severe")
    expect(page.locator("#alerts li")).to_have_count(4)
    expect(page.locator("#told")).to_contain_text("only")
    server.down = True
    expect(page.locator("#notice")).to_be_visible()

    assert page.locator(last).bounding_box() == before


@pytest.mark.usefixtures("alarmed")
def test_rows_keep_their_place_while_keys_are_used_in_the_list(
    live: Open, city: CannedCity
) -> None:
    page = live()
    page.locator("#alerts .row").nth(1).focus()
    city.alarm("S0", "severe")
    expect(page.locator("#alerts li")).to_have_count(4)
    held = names(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#alerts .seen").nth(1)).to_contain_text(CONTROLLER)
    polled(page)
    focused = page.evaluate("document.activeElement.closest('li').dataset.key")
    page.locator("#find").focus()

    assert held == ["Street 3", "Street 4", "Street 5", "Street 0"]
    assert acknowledged(city) == ["S4"]
    assert focused.startswith("S4@")
    expect(page.locator("#alerts .name").first).to_have_text("Street 0")


@pytest.mark.usefixtures("alarmed")
def test_a_key_that_is_held_down_does_not_undo_what_it_did(
    live: Open, city: CannedCity
) -> None:
    page = live()
    page.locator("#alerts .accept").first.focus()
    for _ in range(3):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    polled(page)

    assert acknowledged(city) == ["S3"]


@pytest.fixture
def phone(browser: Browser, server: CannedServer) -> Iterator[Page]:
    context = browser.new_context(viewport=LAPTOP, has_touch=True)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.address)
    painted(page)
    yield page
    context.close()


@pytest.mark.usefixtures("alarmed")
def test_rows_keep_their_place_after_a_touch_until_another_place_is_touched(
    phone: Page, city: CannedCity
) -> None:
    phone.touchscreen.tap(*middle(phone, "#alerts li:nth-child(2) .accept"))
    city.alarm("S0", "severe")
    expect(phone.locator("#alerts li")).to_have_count(4)
    held = names(phone)
    phone.touchscreen.tap(*middle(phone, "#worst-title"))

    assert held == ["Street 3", "Street 4", "Street 5", "Street 0"]
    assert acknowledged(city) == ["S4"]
    expect(phone.locator("#alerts .name").first).to_have_text("Street 0")


@pytest.mark.usefixtures("alarmed")
def test_a_pointer_that_was_left_on_the_list_does_not_hold_it_for_ever(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    page.clock.install()
    page.goto(server.address)
    page.wait_for_selector("#link[data-state=live]")
    page.mouse.move(*middle(page, "#alerts li:nth-child(2)"))
    city.alarm("S0", "severe")
    page.clock.fast_forward(3_000)
    expect(page.locator("#alerts li")).to_have_count(4)
    held = names(page)
    page.clock.fast_forward(IDLE_MS)

    assert held[-1] == "Street 0"
    expect(page.locator("#alerts .name").first).to_have_text("Street 0")


def test_a_list_that_shrinks_away_from_a_pointer_is_held_until_the_pointer_moves(
    live: Open, city: CannedCity
) -> None:
    for segment_id, level in [("S3", "severe"), ("S4", "high")]:
        city.alarm(segment_id, level, since_s=60)
    page = live("/#search=street")
    x, y = middle(page, "#alerts li:nth-child(2)")
    page.mouse.move(x, y)
    page.evaluate("location.hash = 'search=street&level=severe'")
    expect(page.locator("#alerts li")).to_have_count(1)
    polled(page)
    below = page.evaluate(
        "([x, y]) => !document.elementFromPoint(x, y).closest('#alerts li')", [x, y]
    )
    city.alarm("S0", "severe")
    expect(page.locator("#alerts li")).to_have_count(2)
    held, later = names(page), page.locator("#alerts-later").inner_text()
    page.mouse.move(200, 300)

    assert below
    assert (held, later) == (["Street 3", "Street 0"], "1 new ↓")
    expect(page.locator("#alerts .name").first).to_have_text("Street 0")
    expect(page.locator("#alerts-later")).to_be_empty()


def test_the_worst_segments_keep_their_place_under_the_pointer(
    live: Open, city: CannedCity
) -> None:
    page = live()
    page.mouse.move(*middle(page, "#worst li:nth-child(2)"))
    city.drive("S0", 2.0, 300, 4)
    city.drive("S1", 99.0, 300, 4)
    expect(page.locator("#worst li[data-key=S0] .main")).to_have_text("98")
    held = keys(page, "#worst")
    page.mouse.move(200, 300)

    assert held == ["S5", "S4", "S3", "S2", "S1", "S0"]
    expect(page.locator("#worst li").first).to_have_attribute("data-key", "S0")


@pytest.mark.usefixtures("alarmed")
def test_an_acknowledgement_is_taken_back_for_all(live: Open, city: CannedCity) -> None:
    page, colleague = live(), live()
    page.get_by_role("button", name="Acknowledge Street 4").click()
    theirs = colleague.locator("#alerts li[data-key^=S4]")
    expect(theirs.locator(".seen")).to_contain_text(CONTROLLER)
    page.get_by_role("button", name="Undo Street 4").click()

    expect(page.get_by_role("button", name="Acknowledge Street 4")).to_be_visible()
    expect(page.locator("#spoken")).to_contain_text("taken back: Street 4")
    expect(theirs.get_by_role("button", name="Acknowledge")).to_be_visible()
    expect(theirs.locator(".seen")).to_be_empty()
    assert acknowledged(city) == []


@pytest.mark.parametrize("network", ["refuses", "is gone"])
def test_what_failed_is_said_in_the_row_and_tried_again(
    live: Open, server: CannedServer, city: CannedCity, network: str
) -> None:
    alert = city.alarm("S5", "severe")
    page = live()
    row = page.locator("#alerts li")
    path = f"/api/alerts/{alert.replace('@', '%40')}/acknowledge"
    for name, failed, shown in [
        ("Acknowledge", "Not acknowledged: ", "Undo"),
        ("Undo", "Not taken back: ", "Acknowledge"),
    ]:
        if network == "refuses":
            server.unlucky = {path}
        else:
            page.route(f"**{path}", lambda route: route.abort(), times=1)
        row.get_by_role("button", name=f"{name} Street 5").click()
        expect(row.locator(".fault")).to_contain_text(failed)
        expect(row.locator(".fault")).to_be_visible()
        row.get_by_role("button", name=f"Retry: {name} Street 5").click()

        expect(row.get_by_role("button", name=f"{shown} Street 5")).to_be_visible()
        expect(row.locator(".fault")).to_be_empty()


@pytest.mark.usefixtures("alarmed")
def test_a_segment_shows_its_alert_and_acknowledges_it(
    live: Open, city: CannedCity, server: CannedServer
) -> None:
    page = live("/#segment=S4")
    alarm = page.get_by_role("group", name="Open alert")
    expect(alarm).to_contain_text("severe")
    alarm.get_by_role("button", name="Acknowledge").click()
    expect(alarm).to_contain_text(CONTROLLER)
    after = acknowledged(city)
    alarm.get_by_role("button", name="Undo").click()
    expect(alarm.get_by_role("button", name="Acknowledge")).to_be_visible()
    server.down = True
    alarm.get_by_role("button", name="Acknowledge").click()

    expect(alarm.locator(".fault")).to_contain_text("Not acknowledged: ")
    expect(alarm.get_by_role("button", name="Retry")).to_be_visible()
    assert (after, acknowledged(city)) == (["S4"], [])


def test_a_segment_without_an_alert_shows_none(live: Open) -> None:
    page = live("/#segment=S4")
    expect(page.locator(".chart.speed .curve")).to_have_count(1)

    expect(page.get_by_role("group", name="Open alert")).to_be_hidden()
