"""Usable by keyboard, by screen reader, on a wall, on a laptop and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import LAPTOP, PHONE, SIZES, WALL, Open, looking, settled

FEW_STOPS = 7  # skip link, two of the top, three switches of the list, its row
GRAVE = {"serious", "critical"}


def overflow(page: Page) -> int:
    """How much wider the page is than its window, px."""
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


def faults(page: Page) -> list[Any]:
    """Serious and critical faults by axe: rule, and the elements concerned."""
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in GRAVE
    ]


def test_axe_finds_no_serious_fault(live: Open, city: CannedCity) -> None:
    city.alarm("S5", "severe", since_s=300)
    seen = city.alarm("S4", "high", since_s=600)
    city.acknowledge(seen, "somebody", city.clock())
    page = live("/#segment=S5", size=WALL)
    expect(page.locator(".chart.speed .curve")).to_have_count(1)
    page.locator(".sensors summary").click()

    for size, dark in [(WALL, True), (LAPTOP, False), (PHONE, True), (PHONE, False)]:
        looking(page, size, dark)
        assert faults(page) == [], (size, dark)


def test_axe_finds_no_serious_fault_where_sign_in_or_connection_failed(
    tab: Open, live: Open, server: CannedServer
) -> None:
    out = tab()
    out.goto(f"{server.address}/?error=access_denied")
    expect(out.locator("#sign-in")).to_be_visible()
    lost = live()
    server.down = True
    expect(lost.locator("#notice")).to_be_visible()

    assert (faults(out), faults(lost)) == ([], [])


def test_nothing_sticks_out_sideways(live: Open, city: CannedCity) -> None:
    city.items["S5"]["name"] = "A very long name of a street " * 5
    city.alarm("S5", "severe")
    page = live("/#segment=S5")
    clipped = """() =>
        [...document.querySelectorAll("#top *, #legend *, #lists h2, #segment > *")]
          .filter(one => one.getClientRects().length
            && one.getBoundingClientRect().right > innerWidth + 1)
          .map(one => one.id)"""

    for size in SIZES.values():
        looking(page, size)
        assert (overflow(page), page.evaluate(clipped)) == (0, []), size


def test_the_first_tab_skips_to_the_alerts(live: Open, city: CannedCity) -> None:
    city.alarm("S5", "severe")
    page = live()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to open alerts")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator("#alerts .row")).to_be_focused()


def test_keys_open_a_segment_and_escape_leads_back(
    live: Open, city: CannedCity
) -> None:
    city.alarm("S5", "severe")
    page = live()
    row = page.locator("#alerts .row")
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    expect(page.get_by_label("Close the segment")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#segment")).to_be_hidden()
    expect(row).to_be_focused()


def test_axe_finds_no_serious_fault_in_a_busy_list_of_alerts(
    live: Open, city: CannedCity, server: CannedServer
) -> None:
    ids = {k: city.alarm(f"S{k}", "severe", since_s=60 - k) for k in (2, 3, 4, 5)}
    page = live("/#sort=name")
    page.locator("#alerts li").first.hover()
    rows = {k: page.locator(f"#alerts li[data-key^=S{k}]") for k in ids}
    rows[3].get_by_role("button", name="Acknowledge").click()
    server.unlucky = {f"/api/alerts/{ids[4].replace('@', '%40')}/acknowledge"}
    rows[4].get_by_role("button", name="Acknowledge").click()
    city.clear(ids[5])
    city.alarm("S1", "high")
    expect(rows[3].get_by_role("button", name="Undo")).to_be_visible()
    expect(rows[4].locator(".fault")).to_be_visible()
    expect(rows[5]).to_contain_text("cleared")
    expect(page.locator("#alerts-later")).to_have_text("1 new ↓")

    for dark in (True, False):
        looking(page, LAPTOP, dark)
        assert faults(page) == [], dark


def test_focus_survives_a_poll_that_reorders_the_list(
    live: Open, city: CannedCity
) -> None:
    page = live()
    row = page.locator("#worst li[data-key=S3] button")
    row.focus()
    city.drive("S3", 2.0, 300, 4)
    expect(row.locator(".main")).to_have_text("98")

    expect(row).to_be_focused()


def test_the_lists_come_a_few_tabs_after_the_top(live: Open, city: CannedCity) -> None:
    city.alarm("S5", "severe")
    page = live()
    stops = []
    while "row" not in stops and len(stops) < 14:
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.className"))

    assert len(stops) <= FEW_STOPS


def test_enter_opens_the_first_that_find_finds(live: Open) -> None:
    page = live()
    find = page.get_by_label("Find a segment")
    find.press("Enter")
    expect(page.locator("#segment")).to_be_hidden()
    find.fill("street 2")
    find.press("Enter")
    expect(page.locator("#segment-name")).to_have_text("Street 2")
    page.keyboard.press("Escape")

    expect(find).to_be_focused()


def test_a_row_that_is_gone_hands_the_focus_to_the_one_in_its_place(
    live: Open, city: CannedCity
) -> None:
    for segment_id in ("S3", "S4", "S5"):
        city.alarm(segment_id, "severe", since_s=10 * int(segment_id[1]))
    page = live()
    rows = page.locator("#alerts li")
    expect(rows).to_have_count(3)
    rows.nth(1).get_by_role("button").first.focus()
    city.clear(next(one for one in city.known_alerts if one.startswith("S4@")))
    expect(rows).to_have_count(2)

    expect(rows.nth(1).get_by_role("button").first).to_be_focused()
    expect(rows.nth(1)).to_contain_text("Street 5")


def test_closing_a_segment_whose_row_is_gone_leads_to_the_alerts(
    live: Open, city: CannedCity
) -> None:
    alert = city.alarm("S5", "severe")
    page = live()
    page.locator("#alerts .row").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Close the segment")).to_be_focused()
    city.clear(alert)
    expect(page.locator("#alerts li")).to_have_count(0)
    page.keyboard.press("Escape")

    expect(page.locator("#alerts")).to_be_focused()


def test_a_connection_that_is_back_takes_no_focus_with_its_notice(
    live: Open, server: CannedServer
) -> None:
    page = live()
    server.down = True
    retry = page.locator("#retry")
    expect(retry).to_be_visible()
    retry.focus()
    server.down = False
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_be_hidden()

    expect(page.locator("#alerts")).to_be_focused()


MIDDLE = """id => {
  const {map} = cityTraffic.map
  const box = map.getCanvas().getBoundingClientRect()
  const ends = cityTraffic.city.segments.get(id).line.map(one => map.project(one))
  const middle = axis => ends.reduce((sum, one) => sum + one[axis], 0) / ends.length
  return [box.left + middle("x"), box.top + middle("y")]
}"""
# The segment's line on the page, and what may cover it.
SEEN = """id => {
  const {map} = cityTraffic.map
  const box = map.getCanvas().getBoundingClientRect()
  const at = cityTraffic.city.segments.get(id).line.map(one => map.project(one))
  const ys = at.map(one => one.y + box.top)
  const xs = at.map(one => one.x + box.left)
  const panel = document.getElementById("segment").getBoundingClientRect()
  const [top, bottom] = [Math.max(0, box.top), panel.top] // what is free of the map
  const middle = (Math.min(...ys) + Math.max(...ys)) / 2
  return Math.min(...ys) > top && Math.max(...ys) < bottom
    && middle > top + (bottom - top) / 4 && middle < bottom - (bottom - top) / 4
    && Math.min(...xs) > 0 && Math.max(...xs) < innerWidth
}"""


@pytest.mark.parametrize("opened", ["from the list", "on the map"])
def test_on_a_phone_the_panel_does_not_hide_the_road(live: Open, opened: str) -> None:
    page = live(size=PHONE)
    if opened == "from the list":
        row = page.locator("#worst li[data-key=S0] button")
        row.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        row.click()
    else:
        before = 0
        x, y = page.evaluate(MIDDLE, "S5")
        page.mouse.click(x, y)
    expect(page.locator("#segment")).to_be_visible()
    settled(page)

    assert page.evaluate(SEEN, "S0" if opened == "from the list" else "S5")
    page.get_by_label("Close the segment").click()
    assert page.evaluate("scrollY") == before


def test_focus_is_not_lost_with_an_alert_that_clears(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    alert = city.alarm("S5", "severe")
    page = tab()
    page.clock.install()
    page.goto(server.address)
    row = page.locator("#alerts .row")
    row.focus()
    city.clear(alert)
    page.clock.fast_forward(3_000)
    expect(row).to_contain_text("cleared")
    expect(row).to_be_focused()
    page.clock.fast_forward(30_000)  # IDLE_MS of hold.js
    expect(page.locator("#alerts li")).to_have_count(0)

    expect(page.locator("#alerts")).to_be_focused()


def test_scales_are_switched_by_keys(live: Open) -> None:
    page = live()
    page.get_by_label("Congestion", exact=True).focus()
    page.keyboard.press("ArrowRight")

    expect(page.get_by_label("Speed", exact=True)).to_be_checked()


FOCUSED = """() => {
  const one = document.activeElement
  const shown = one.type === "radio" ? one.nextElementSibling : one
  const {outlineStyle, boxShadow} = getComputedStyle(shown)
  return [one.id || one.className, outlineStyle !== "none" || boxShadow !== "none"]
}"""


def test_the_focus_is_always_visible(live: Open) -> None:
    page = live()
    for name, size in SIZES.items():
        looking(page, size)
        page.locator("#skip").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        focused = []
        for _ in range(14):
            focused.append(page.evaluate(FOCUSED))
            page.keyboard.press("Tab")

        assert focused[0][0] == "skip", name
        assert [one for one, is_seen in focused if not is_seen] == [], name
