"""A browser may take the graphics away: the map comes back, or the page says so."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .conftest import FINE, Open, settled
from .pixels import class_at
from .test_map import CLASSES, shown, wait_for_class

LOSE = """() => {
    globalThis.graphics = cityTraffic.map.map.getCanvas()
        .getContext("webgl2").getExtension("WEBGL_lose_context")
    graphics.loseContext()
}"""
MAPPED = """name =>
    cityTraffic.map.map.getSource(name).serialize().data.features.length"""


def lose(page: Page) -> None:
    """Take the graphics away, as a driver does that starts again."""
    page.evaluate(LOSE)
    page.wait_for_function("() => cityTraffic.map.isLost")


def restore(page: Page) -> None:
    """Give the graphics back, and wait for the picture."""
    page.evaluate("graphics.restoreContext()")
    page.wait_for_function("() => !cityTraffic.map.isLost")
    settled(page)
    settled(page)


def test_the_map_comes_back_with_what_happened_meanwhile(
    live: Open, city: CannedCity
) -> None:
    page = live("/#segment=S2", **FINE)
    lose(page)
    city.drive("S0", 5.0, 400, 4)
    city.alarm("S0", "severe")
    expect(page.locator("#alerts li")).to_have_count(1)
    page.wait_for_function(
        """() => {
            const {map, city} = cityTraffic
            return map.classes[city.segments.get("S0").index] === 5
        }"""
    )
    expect(page.locator("#notice")).to_be_hidden()
    restore(page)

    assert shown(page) == {**CLASSES, "S0": "5"}
    assert [page.evaluate(MAPPED, name) for name in ("picked", "alerts")] == [1, 1]
    expect(page.locator("#no-picture")).to_be_hidden()


def test_the_map_follows_the_city_after_it_came_back(
    live: Open, city: CannedCity
) -> None:
    page = live(**FINE)
    lose(page)
    restore(page)
    lose(page)
    restore(page)
    city.drive("S1", 5.0, 400, 4)
    wait_for_class(page, "S1", "5")

    assert class_at(page, "S1") == "5"


def test_what_a_viewer_does_meanwhile_shows_when_it_comes_back(live: Open) -> None:
    page = live(**FINE)
    lose(page)
    page.get_by_role("button", name="Light").click()
    page.locator("#worst .row").first.click()
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    page.get_by_role("button", name="Close the segment").click()
    restore(page)

    assert shown(page) == CLASSES
    assert page.evaluate(MAPPED, "picked") == 0


def test_a_picture_that_stays_lost_is_said_while_the_lists_live_on(
    live: Open, city: CannedCity
) -> None:
    page = live()
    lose(page)
    expect(page.locator("#no-picture")).to_contain_text("Lists and figures are still")
    city.alarm("S5", "severe")
    expect(page.locator("#alerts li")).to_have_count(1)
    expect(page.locator("#link")).to_have_text("Live")
    page.get_by_role("button", name="Reload the page").click()
    page.wait_for_function("() => globalThis.cityTraffic && !cityTraffic.map.isLost")

    expect(page.locator("#no-picture")).to_be_hidden()


def test_the_notice_of_a_lost_picture_goes_when_it_is_back(live: Open) -> None:
    page = live(**FINE)
    lose(page)
    expect(page.locator("#no-picture")).to_be_visible()
    restore(page)

    expect(page.locator("#no-picture")).to_be_hidden()
    assert shown(page) == CLASSES
