"""The legend explains colours, gaps and rings, and offers other colours."""

from __future__ import annotations

from playwright.sync_api import expect

from .canned_city import CannedCity
from .conftest import FINE, LAPTOP, Open, looking, settled
from .pixels import class_at, gaps_at, legend
from .test_map import CLASSES, shown

RINGS = """() => [...document.querySelectorAll("#legend .rings li")].map(one => {
  const of = name => Number(one.querySelector("circle")?.getAttribute(name))
  return [one.textContent, of("r"), of("fill-opacity"), of("stroke-width")]
})"""


def test_it_tells_alerts_apart_by_form_and_explains_gaps_and_scales(
    live: Open,
) -> None:
    page = live()
    incident, severe, high, seen = page.evaluate(RINGS)

    assert incident[0] == "incident and head"
    assert [severe[0], high[0], seen[0]] == ["severe alert", "alert", "acknowledged"]
    assert severe[1] > high[1]
    assert severe[3] > high[3] > seen[3] > 0
    assert seen[2] == 0 < high[2]

    note = page.locator("#legend .note")
    expect(note).to_contain_text("Gaps mark the two worst classes.")
    page.get_by_label("Level of service", exact=True).check(force=True)
    expect(note).to_contain_text("By density, not speed")


def test_green_to_red_paints_legend_and_roads_and_keeps_widths_and_gaps(
    live: Open,
) -> None:
    page = live(**FINE)
    for dark in (True, False):
        looking(page, LAPTOP, dark)
        before = legend(page)
        page.get_by_label("Green to red").check()
        settled(page)

        green_to_red = {k: v for k, v in legend(page).items() if k != "none"}
        assert all(before[k] != colour for k, colour in green_to_red.items())
        assert shown(page) == CLASSES
        assert gaps_at(page, "S5") > gaps_at(page, "S4") > 0
        assert "colours=signal" in page.url
        page.get_by_label("Green to red").uncheck()


def test_an_address_chooses_the_colours(live: Open) -> None:
    page = live("/#colours=signal", **FINE)

    expect(page.get_by_label("Green to red")).to_be_checked()
    assert class_at(page, "S3") == "3"


def test_the_panel_says_why_level_and_score_differ(
    live: Open, city: CannedCity
) -> None:
    city.set("S0", congestion_score=12.0, level_of_service="F")
    page = live("/#segment=S0")
    expect(page.locator("#segment .differ")).to_contain_text("the road is full")
    page.locator("#worst li[data-key=S5] button").click()

    expect(page.locator("#segment-name")).to_have_text("Street 5")
    expect(page.locator("#segment .differ")).to_be_hidden()
