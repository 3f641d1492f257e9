"""The map shows each road in its class's colour, and follows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import FINE, LAPTOP, Open, look, looking, settled
from .crossing import SPEEDS
from .pixels import class_at, colours_at, gaps_at, legend

CLASSES = {f"S{k}": f"{k}" for k in range(6)}

SWITCHED = """async () => {
  const {createTheme} = await import("/app/theme.js")
  window.themes = []
  const {theme} = createTheme(null, theme => themes.push(theme))
  const turn = new MessageChannel() // reads the theme as often as the page can
  turn.port1.onmessage = () => turn.port2.postMessage(theme())
  turn.port2.postMessage(theme())
}"""


def shown(page: Page) -> dict[str, str]:
    return {segment_id: class_at(page, segment_id) for segment_id in SPEEDS}


def wait_for_class(page: Page, segment_id: str, name: str) -> None:
    """Wait until the page has heard; then the map has to show it."""
    page.wait_for_function(
        """([id, k]) => {
            const {map, city} = cityTraffic
            return String(map.classes[city.segments.get(id).index]) === k
        }""",
        arg=[segment_id, name],
    )
    settled(page)


@pytest.fixture(scope="module")
def calm(still: Open) -> Page:
    """The crossing, without alerts."""
    return still(lambda _city: None, **FINE)


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_each_road_is_painted_in_the_colour_that_the_legend_gives_its_class(
    calm: Page, dark: bool
) -> None:
    looking(calm, LAPTOP, dark)

    assert len(set(legend(calm).values())) == 7
    assert shown(calm) == CLASSES


def test_the_worst_roads_are_told_by_gaps_too(calm: Page) -> None:
    gaps = {segment_id: gaps_at(calm, segment_id) for segment_id in SPEEDS}

    assert [name for name, n in gaps.items() if n] == ["S4", "S5"]
    assert gaps["S5"] > gaps["S4"]


def test_the_ground_is_plain_without_a_base_map(calm: Page) -> None:
    page = calm
    asked = page.evaluate("performance.getEntriesByType('resource').map(r => r.name)")
    elsewhere = [one for one in asked if not one.startswith(page.url.split("#")[0])]

    assert elsewhere == []
    assert len(colours_at(page, "S3")) > 1  # road and ground


def test_another_scale_paints_the_same_roads_by_another_measure(
    live: Open, city: CannedCity
) -> None:
    city.set("S0", level_of_service="F", speed_ratio=0.35)
    page = live(**FINE)
    found = {}
    for name, scale in [("Speed", "ratio"), ("Level of service", "los")]:
        page.get_by_label(name, exact=True).check(force=True)
        settled(page)
        found[scale] = class_at(page, "S0")

    assert found == {"ratio": "4", "los": "5"}
    assert "scale=los" in page.url
    expect(page.locator("#legend .key")).to_contain_text("A")


def test_a_road_that_jams_turns_its_colour(live: Open, city: CannedCity) -> None:
    page = live(**FINE)
    city.drive("S0", 5.0, 400, 4)
    wait_for_class(page, "S0", "5")

    assert class_at(page, "S0") == "5"


def test_a_road_whose_sensors_fell_silent_shows_no_state(
    live: Open, city: CannedCity
) -> None:
    city.items["S4"]["updated_at"] -= 11 * 60_000
    city.set("S3", sensors_reporting=0)
    page = live(**FINE)

    assert shown(page) == {**CLASSES, "S3": "none", "S4": "none"}


def test_the_theme_changes_at_once_and_stays_in_the_address(live: Open) -> None:
    page = live(dark=True, **FINE)
    before = legend(page)
    page.get_by_role("button", name="Light").click()
    settled(page)

    assert legend(page) != before
    assert shown(page) == CLASSES
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert "theme=light" in page.url


def test_the_page_follows_the_machine_though_it_reads_the_theme_meanwhile(
    tab: Open, server: CannedServer
) -> None:
    page = tab(dark=True)
    page.goto(f"{server.address}/config.json")
    page.evaluate(SWITCHED)
    wanted = ["dark", *["light", "dark"] * 5]
    for count, theme in enumerate(wanted, 1):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_function("count => themes.length >= count", arg=count)

    assert page.evaluate("themes") == wanted


def test_sensors_show_along_the_road_from_close_by(
    live: Open, city: CannedCity
) -> None:
    city.set("S2", sensors_reporting=0.5)
    page = live()
    rendered = """() => {
        const {map} = cityTraffic.map
        const seen = map.queryRenderedFeatures({layers: ["sensors"]})
        const on = new Map(seen.map(f => [f.geometry.coordinates.join(), f.properties]))
        return [...on.values()].filter(p => p.k === 2).map(p => p.on).sort()
    }"""
    far = page.evaluate(rendered)
    look(page, 14.2)

    assert far == []
    assert page.evaluate(rendered) == [False, False, True, True]


def test_a_click_on_a_road_opens_it_and_beside_it_closes_it(live: Open) -> None:
    page = live()
    at = page.evaluate("""() => {
        const {map} = cityTraffic.map
        const {x, y} = map.project(cityTraffic.city.segments.get("S3").line[1])
        const box = map.getCanvas().getBoundingClientRect()
        return [x + box.left, y + box.top]
    }""")
    page.mouse.click(*at)
    expect(page.locator("#segment-name")).to_have_text("Street 3")
    page.mouse.click(at[0], at[1] + 300)

    expect(page.locator("#segment")).to_be_hidden()


def test_a_road_that_was_built_while_the_page_was_open_is_listed(
    live: Open, city: CannedCity
) -> None:
    page = live()
    city.items["new-road"] = {"segment_id": "new-road"}
    city.set(
        "new-road", congestion_score=99.0, speed=1.0, sensors=1, sensors_reporting=1
    )

    expect(page.locator("#worst li").first).to_contain_text("new-road")
