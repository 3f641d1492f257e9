"""The address holds the whole view: it survives a reload, and Escape leads back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .conftest import Open, painted, settled

PARSED = "hash => import('/app/view.js').then(v => v.parseView(hash))"
AGAIN = "hash => import('/app/view.js').then(v => v.formatView(v.parseView(hash)))"


def camera(page: Page) -> dict[str, float]:
    """Where the map is, once it stands still."""
    page.wait_for_function("!cityTraffic.map.map.isMoving()")
    found: dict[str, float] = page.evaluate("cityTraffic.map.camera()")
    return found


def zoom_in(page: Page) -> dict[str, float]:
    before = camera(page)
    page.locator(".maplibregl-ctrl-zoom-in").click()
    page.wait_for_url("**at=*")
    found = camera(page)
    assert found["zoom"] > before["zoom"]
    return found


def listed(page: Page) -> list[str]:
    return [
        one[:2]
        for one in page.locator("#alerts li").evaluate_all(
            "all => all.map(one => one.dataset.key)"
        )
    ]


@pytest.mark.parametrize(
    "hash_",
    [
        "segment=I-405-S-717816&scale=los&theme=dark",
        "at=34.05,-118.25,11.2",
        "find=a+b&search=elm+street&district=Old+Town&level=high&unusual&unacknowledged&sort=newest",
        "",
    ],
)
def test_a_view_is_written_as_it_was_read(rules: Page, hash_: str) -> None:
    assert rules.evaluate(AGAIN, f"#{hash_}") == hash_


@pytest.mark.parametrize(
    ("hash_", "at"),
    [
        ("at=34.05,-118.25,11.2", {"lat": 34.05, "lon": -118.25, "zoom": 11.2}),
        ("at=0,0,0", {"lat": 0, "lon": 0, "zoom": 0}),
        ("at=34.05,-118.25", None),
        ("at=34.05,,11", None),
        ("at=91,0,3", None),
        ("at=0,181,3", None),
        ("at=0,0,NaN", None),
        ("at=<b>", None),
    ],
)
def test_a_camera_is_a_place_on_the_map_or_none(
    rules: Page, hash_: str, at: Any
) -> None:
    assert rules.evaluate(PARSED, f"#{hash_}")["at"] == at


def test_nothing_else_is_read_or_kept(rules: Page) -> None:
    assert rules.evaluate(AGAIN, "#x=1&scale=los&__proto__=2&theme=") == "scale=los"


def test_the_whole_view_survives_a_reload(live: Open, city: CannedCity) -> None:
    for k, level in enumerate(["high", "severe", "high", "severe"]):
        city.alarm(f"S{k}", level, since_s=60 * k)
    page = live()
    at = zoom_in(page)
    page.get_by_label("Level of service", exact=True).check(force=True)
    page.get_by_role("button", name="Filter and sort").click()
    page.get_by_label("Level", exact=True).select_option("Severe")
    page.get_by_label("Sort alerts").select_option("Longest open first")
    page.get_by_label("Find a segment").fill("street 1")
    page.get_by_role("button", name="Light").click()
    x, y = page.evaluate("""() => {
        const {map} = cityTraffic.map
        const {x, y} = map.project(cityTraffic.city.segments.get("S2").line[1])
        const box = map.getCanvas().getBoundingClientRect()
        return [x + box.left, y + box.top]
    }""")
    page.mouse.click(x, y)
    expect(page.locator("#segment-name")).to_have_text("Street 2")
    address = page.url
    page.reload()
    painted(page)

    assert page.url == address
    assert camera(page) == at
    expect(page.locator("#segment-name")).to_have_text("Street 2")
    expect(page.get_by_label("Level of service", exact=True)).to_be_checked()
    expect(page.get_by_label("Sort alerts")).to_have_value("oldest")
    expect(page.get_by_label("Find a segment")).to_have_value("street 1")
    assert listed(page) == ["S3", "S1"]
    assert page.locator("#worst li").count() == 1
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_the_wheel_moves_the_address_and_a_smaller_window_does_not(
    live: Open,
) -> None:
    page = live()
    page.set_viewport_size({"width": 1200, "height": 700})
    settled(page)
    resized = page.url
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -300)
    page.wait_for_url("**at=*")

    assert "at=" not in resized


def test_a_segment_is_flown_to_again_after_a_reload(live: Open) -> None:
    page = live()
    page.locator("#worst li").first.get_by_role("button").click()
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    before = camera(page)
    page.reload()
    painted(page)

    assert "at=" not in page.url
    assert camera(page) == before


@pytest.mark.parametrize("is_moved", [True, False])
def test_escape_leads_back_to_where_one_came_from(live: Open, is_moved: bool) -> None:
    page = live()
    before = zoom_in(page) if is_moved else camera(page)
    address = page.url
    rows = page.locator("#worst li .row")
    rows.nth(0).click()
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    away = camera(page)
    rows.nth(1).click()  # from one to the next: back is still where it began
    expect(page.locator("#segment-name")).to_have_text("Street 4")
    page.keyboard.press("Escape")
    expect(page.locator("#segment")).to_be_hidden()

    assert away != before
    assert camera(page) == before
    assert page.url == address


def test_a_click_beside_the_roads_closes_a_segment_where_one_is(live: Open) -> None:
    page = live()
    page.locator("#worst li .row").first.click()
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    before = camera(page)
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 40, box["y"] + 250)
    expect(page.locator("#segment")).to_be_hidden()
    page.reload()
    painted(page)

    assert camera(page) == before


def test_a_bookmark_that_is_opened_in_the_same_tab_is_followed(
    live: Open, city: CannedCity
) -> None:
    city.alarm("S1", "high")
    city.alarm("S2", "severe")
    page = live("/#segment=S5&level=high")
    expect(page.locator("#alerts li")).to_have_count(1)
    page.evaluate("location.hash = 'at=34.05,-118.25,13&sort=name'")
    expect(page.locator("#segment")).to_be_hidden()

    assert camera(page) == {"lat": 34.05, "lon": -118.25, "zoom": 13}
    assert listed(page) == ["S1", "S2"]
    assert page.url.endswith("#at=34.05,-118.25,13&sort=name")


def test_escape_in_a_search_empties_it_and_closes_nothing(live: Open) -> None:
    page = live("/#segment=S5")
    find = page.get_by_label("Find a segment")
    find.fill("town")
    find.press("Escape")
    expect(find).to_have_value("")
    expect(page.locator("#segment")).to_be_visible()
    find.press("Escape")

    expect(page.locator("#segment")).to_be_hidden()


def test_names_that_every_object_has_are_no_scale_and_no_order(
    live: Open, city: CannedCity
) -> None:
    city.alarm("S1", "high")
    city.alarm("S2", "severe")
    page = live("/#scale=constructor&sort=constructor")
    congestion = page.get_by_label("Congestion", exact=True)

    expect(congestion).to_be_checked()
    expect(page.get_by_label("Sort alerts")).to_have_value("worst")
    assert listed(page) == ["S2", "S1"]
    page.evaluate("location.hash = 'scale=toString&sort=name'")
    expect(page.get_by_label("Sort alerts")).to_have_value("name")
    expect(congestion).to_be_checked()
