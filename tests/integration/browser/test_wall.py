"""A wall display: read from 3 m, without a pointer, signed in for as long as a week."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER, CannedServer
from .conftest import WALL, Open, looking, painted, settled
from .test_access import faults

# 16 minutes of arc at 3 m, on a 16:9 screen of 55 inches across.
MM_PER_PX = 55 * 25.4 * 16 / math.hypot(16, 9) / WALL["width"]
CAPITAL_PX = 3_000 * math.tan(math.radians(16 / 60)) / MM_PER_PX

# Height of a capital, px, of each element that shows text of its own.
CAPITALS = """() => {
  const pen = document.createElement("canvas").getContext("2d")
  const found = {}
  for (const one of document.querySelectorAll("#top *, #main *")) {
    const own = [...one.childNodes].some(n => n.nodeType === 3 && n.data.trim())
    const style = getComputedStyle(one)
    if (!own || !one.checkVisibility() || style.clipPath !== "none") continue
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
    const name = `${one.tagName} ${one.id || one.className} ${one.textContent}`
    found[name] = pen.measureText("H").actualBoundingBoxAscent
  }
  return found
}"""
MAP_TEXT = """() => Object.fromEntries(cityTraffic.map.map.getStyle().layers
  .filter(one => one.layout?.["text-size"])
  .map(one => [one.id, one.layout["text-size"]]))"""


def alarmed(city: CannedCity) -> None:
    """Open an alert on each street, and on six more that are copies of them."""
    for n in range(12):
        segment_id = f"S{n}"
        if segment_id not in city.items:
            copy = {**city.items[f"S{n - 6}"], "name": f"Street {n}"}
            city.items[segment_id] = {**copy, "segment_id": segment_id}
            city.items[segment_id].pop("alert_since", None)
        city.alarm(segment_id, "severe" if n % 2 else "high", since_s=60 + n)


def signed_in(page: Page, address: str, keep: bool = False) -> None:
    """Sign the display in, as somebody does who sets it up."""
    page.goto(f"{address}/#wall")
    if keep:
        page.get_by_label("Keep this display signed in").check()
    page.get_by_role("button", name="Sign in").click()
    painted(page)


@pytest.fixture
def wall(tab: Open, server: CannedServer) -> Open:
    def opened(dark: bool = True) -> Page:
        page = tab(size=WALL, dark=dark)
        signed_in(page, server.address)
        return page

    return opened


@pytest.fixture(scope="module")
def busy(still: Open) -> Page:
    """A wall with more alerts than it has room for."""
    page = still(alarmed, "/#wall", size=WALL)
    expect(page.locator("#more-alerts")).to_be_visible()
    return page


def test_a_capital_of_16_minutes_of_arc_is_22_px() -> None:
    assert round(CAPITAL_PX, 1) == 22.0


def test_what_stands_on_a_wall_is_read_from_3_m(busy: Page) -> None:
    capitals = busy.evaluate(CAPITALS)
    small = {name: px for name, px in capitals.items() if px < CAPITAL_PX}

    assert len(capitals) > 30
    assert small == {}


def test_what_the_map_of_a_wall_writes_is_read_from_3_m(busy: Page) -> None:
    # a capital of the sans-serif fonts that browsers fall back to: 0.72 of the size
    sizes = busy.evaluate(MAP_TEXT)
    capitals = {name: 0.72 * size for name, size in sizes.items()}

    assert set(capitals) >= {"sign-shield", "districts"}
    assert {k: px for k, px in capitals.items() if px < 0.89 * CAPITAL_PX} == {}


def test_a_wall_has_nothing_to_press_and_shows_no_pointer(busy: Page) -> None:
    controls = busy.evaluate("""() =>
        [...document.querySelectorAll("button, input, select, a, [tabindex]")]
          .filter(one => one.checkVisibility() && !one.closest("[inert]")
            && one.tabIndex >= 0 && !one.disabled)
          .map(one => one.id || one.className)""")

    assert controls == []
    assert busy.evaluate("getComputedStyle(document.body).cursor") == "none"


def test_whole_rows_of_alerts_and_how_many_more_there_are(busy: Page) -> None:
    more = busy.locator("#more-alerts")
    rows = busy.locator("#alerts li:visible")
    bottoms = rows.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().bottom)"
    )
    said = more.bounding_box()

    assert 4 <= len(bottoms) < 12
    expect(more).to_have_text(f"and {12 - len(bottoms)} more")
    assert said is not None
    assert bottoms[-1] <= said["y"] + 1
    assert said["y"] + said["height"] <= WALL["height"]
    expect(rows.first).to_contain_text("severe")


def test_few_alerts_are_all_shown(wall: Open, city: CannedCity) -> None:
    city.alarm("S5", "severe")
    page = wall()

    expect(page.locator("#alerts li:visible")).to_have_count(1)
    expect(page.locator("#more-alerts")).to_be_hidden()


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_axe_finds_no_serious_fault_on_a_wall(busy: Page, dark: bool) -> None:
    looking(busy, WALL, dark)

    assert faults(busy) == []


def test_a_wall_fits_its_screen(wall: Open, city: CannedCity) -> None:
    alarmed(city)
    page = wall()
    page.evaluate("location.hash = 'wall=on&segment=S5'")
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    settled(page)
    clipped = page.evaluate("""() =>
        [...document.querySelectorAll("#top *, #legend *, #lists *, #segment *")]
          .filter(one => one.checkVisibility()
            && (one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
              && getComputedStyle(one).display !== "inline"
              || one.getBoundingClientRect().right > innerWidth + 1))
          .map(one => one.id || one.className)""")

    assert clipped == []


def reopened(context: BrowserContext, address: str, fragment: str = "") -> Page:
    """The page as a browser shows it that was closed and started again."""
    kept = context.storage_state()
    assert context.browser is not None
    after = context.browser.new_context(storage_state=kept, viewport=WALL)
    after.set_default_timeout(60_000)
    page = after.new_page()
    page.goto(f"{address}/{fragment}")
    return page


def stored(page: Page) -> dict[str, Any]:
    """What outlives the browser."""
    found: dict[str, Any] = page.evaluate("({...localStorage})")
    return found


def test_a_display_that_was_asked_to_stays_signed_in_when_it_is_started_again(
    tab: Open, server: CannedServer
) -> None:
    page = tab(size=WALL)
    signed_in(page, server.address, keep=True)
    (kept,) = (json.loads(text) for text in stored(page).values())
    asked = server.asked.count("/oauth2/token")
    again = reopened(page.context, server.address, "#wall")
    painted(again)

    assert set(kept) == {"refresh_token", "ends_at"}  # no token that opens anything
    assert server.asked.count("/oauth2/token") == asked + 1
    assert again.locator("#sign-out").get_attribute("title") == CONTROLLER
    again.context.close()


def test_nothing_outlives_the_browser_unless_somebody_asked_for_it(
    wall: Open, server: CannedServer
) -> None:
    page = wall()
    again = reopened(page.context, server.address, "#wall")
    expect(again.locator("#sign-in")).to_be_visible()

    assert stored(page) == {}
    again.context.close()


def test_no_link_can_ask_a_browser_to_keep_a_sign_in(
    tab: Open, server: CannedServer
) -> None:
    page = tab(size=WALL)
    page.goto(f"{server.address}/#wall&keep=on")

    expect(page.get_by_label("Keep this display signed in")).not_to_be_checked()


@pytest.mark.parametrize("ended", ["by Cognito", "by time"])
def test_a_kept_sign_in_that_ended_is_forgotten(
    tab: Open, server: CannedServer, ended: str
) -> None:
    page = tab(size=WALL)
    signed_in(page, server.address, keep=True)
    if ended == "by Cognito":
        server.sign_in.refresh_tokens.clear()
    else:
        page.evaluate("""() => {
            const key = "city-traffic-display"
            const kept = JSON.parse(localStorage[key])
            localStorage[key] = JSON.stringify({...kept, ends_at: 1})
        }""")
    again = reopened(page.context, server.address, "#wall")
    expect(again.locator("#sign-in-why")).to_have_text(
        "This wall display is not signed in."
    )

    assert stored(again) == {}
    again.context.close()


def test_a_display_tries_again_where_the_sign_in_does_not_answer(
    tab: Open, server: CannedServer
) -> None:
    page = tab(size=WALL)
    signed_in(page, server.address, keep=True)
    server.unlucky = {"/oauth2/token"}
    again = reopened(page.context, server.address, "#wall")
    painted(again)

    assert server.unlucky == set()
    assert stored(again) != {}
    again.context.close()


def test_signing_out_takes_the_kept_sign_in_with_it(
    tab: Open, server: CannedServer
) -> None:
    page = tab(size=WALL)
    signed_in(page, server.address, keep=True)
    with page.expect_event("load"):  # a page that is no wall any more opens again
        page.evaluate("location.hash = 'theme=dark'")
    painted(page)
    with page.expect_navigation(url=f"{server.address}/?code=*"):
        page.get_by_role("button", name="Sign out").click()
    painted(page)

    assert stored(page) == {}
