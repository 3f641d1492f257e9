"""One wrong coordinate does not spoil the view of the city."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .conftest import FINE, Open, settled
from .crossing import street
from .test_map import CLASSES, shown

SEEN = """() => {
    const {map} = cityTraffic.map
    const width = map.getBounds()
    return width.getEast() - width.getWest()
}"""


def add(city: CannedCity, segment_id: str, latitude: float, longitude: float) -> None:
    """Add a road at one point, without a line."""
    road = replace(
        street(0),
        segment_id=segment_id,
        name=f"Road {segment_id}",
        latitude=latitude,
        longitude=longitude,
        line=None,
    )
    known = {k: v for k, v in asdict(road).items() if v is not None}
    city.items[segment_id] = known
    city.drive(segment_id, 20.0, 900, 4)


def test_the_first_view_shows_the_city_and_says_what_lies_outside(
    live: Open, city: CannedCity
) -> None:
    add(city, "swapped", -90.0, 34.06)
    add(city, "null", 0.0, 0.0)
    page = live(**FINE)

    assert page.evaluate(SEEN) < 0.5  # degrees
    assert shown(page) == CLASSES
    expect(page.locator("#outside")).to_have_text(
        "2 roads lie far from all others, outside of this map's view: Road null, "
        "Road swapped. Check the coordinates."
    )
    expect(page.locator("#worst")).to_contain_text("Road null")


def test_the_whole_city_is_the_city_without_what_lies_far_off(
    live: Open, city: CannedCity
) -> None:
    add(city, "null", 0.0, 0.0)
    page = live("/#segment=null", **FINE)
    page.get_by_role("button", name="Close the segment").click()
    page.get_by_role("button", name="Show the whole city").click()
    settled(page)

    assert shown(page) == CLASSES
    assert page.evaluate(SEEN) < 0.5


def far(page: Page, places: list[list[float] | None]) -> list[int]:
    found: list[int] = page.evaluate(
        """async points => {
            const {farOff} = await import("/app/polyline.js")
            const places = points.map((at, index) =>
                ({index, box: at && [at[0], at[1], at[0], at[1]]}))
            return farOff(places).map(one => one.index)
        }""",
        places,
    )
    return found


@pytest.mark.parametrize(
    ("places", "outside"),
    [
        ([], []),
        ([None], []),
        ([[8.0, 50.0]], []),
        ([[8.0, 50.0], [9.0, 50.0]], []),  # which of two is wrong?
        ([[8.0, 50.0], [8.1, 50.0], [50.0, 8.0], None], [2]),
        ([[8.0 + n / 10, 50.0] for n in range(30)], []),  # a long valley
        ([*[[8.0, 50.0 + n / 1000] for n in range(20)], [8.4, 50.0]], []),  # a suburb
        ([*[[8.0, 50.0 + n / 1000] for n in range(20)], [9.0, 50.0]], [20]),
        ([[8.0, 50.0]] * 5 + [[-8.0, 50.0]] * 2, [5, 6]),
    ],
)
def test_far_off_is_what_lies_far_from_where_most_are(
    rules: Page,
    places: list[list[float] | None],
    outside: list[int],
) -> None:
    assert far(rules, places) == outside
