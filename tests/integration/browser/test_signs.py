"""Roads are told apart by shields, names and arrows, drawn by this machine alone."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from .canned_city import CannedCity
from .canned_server import CannedServer
from .colour import contrast
from .conftest import LAPTOP, Open, look

CITY_ZOOM = 12.5
LEGIBLE = 4.5  # WCAG 1.4.3, text

SHOWN = """kind => {
  const {map} = cityTraffic.map
  const found = map.queryRenderedFeatures({layers: [`sign-${kind}`]})
  const unique = new Map(found.map(f => [f.geometry.coordinates.join(), f]))
  return [...unique.values()].map(({properties, geometry}) => {
    const at = map.project(geometry.coordinates)
    return {...properties, x: at.x, y: at.y}
  })
}"""


def shown(page: Page, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(SHOWN, kind)
    return found


@pytest.fixture
def highways(city: CannedCity) -> None:
    """Give four streets a number."""
    for n, name in enumerate(["I-405 S, detector 7", "US 101 N", "A8", "B 27 at Park"]):
        city.items[f"S{n}"]["name"] = name


@pytest.mark.usefixtures("highways")
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_a_road_with_a_number_has_a_shield_and_another_its_name(
    live: Open, dark: bool
) -> None:
    page = live(dark=dark)
    look(page, CITY_ZOOM)

    shields = {one["text"] for one in shown(page, "shield")}
    names = {one["text"] for one in shown(page, "name")}
    assert shields == {"I-405", "US 101", "A8", "B 27"}
    assert names
    assert names <= {"Street 4", "Street 5"}


@pytest.mark.usefixtures("highways")
def test_what_the_map_writes_is_drawn_from_this_machine_alone(
    live: Open, server: CannedServer
) -> None:
    page = live()
    look(page, CITY_ZOOM)
    asked = page.evaluate("performance.getEntriesByType('resource').map(r => r.name)")

    assert shown(page, "shield") != []
    assert [one for one in asked if not one.startswith(server.address)] == []
    assert [one for one in asked if "glyph" in one or one.endswith(".pbf")] == []


def test_arrows_tell_the_way_of_each_direction(live: Open) -> None:
    page = live()
    page.evaluate(
        """() => {
            const {map, city} = cityTraffic
            const segments = [...city.segments.values()]
            segments[3].line = [...segments[2].line].reverse()
            return map.setRoads(segments)
        }"""
    )
    look(page, CITY_ZOOM)
    turns = {round(one["turn"]) for one in shown(page, "arrow")}

    assert turns == {90, 270}


@pytest.mark.usefixtures("highways")
@pytest.mark.parametrize("zoom", [11.0, 12.5, 15.0])
def test_signs_of_a_kind_keep_apart(live: Open, zoom: float) -> None:
    page = live()
    look(page, zoom)
    for kind, apart in [("shield", 20), ("name", 30), ("arrow", 10)]:
        pairs = combinations(shown(page, kind), 2)
        near = [
            (a["text"], b["text"])
            for a, b in pairs
            if abs(a["x"] - b["x"]) < apart and abs(a["y"] - b["y"]) < apart
        ]
        assert near == [], kind


def test_one_road_repeats_its_shield_only_far_apart(
    live: Open, city: CannedCity
) -> None:
    for item in city.items.values():
        item["name"] = "I-405 S"
    page = live(size=LAPTOP)
    look(page, CITY_ZOOM)

    ys = sorted(one["y"] for one in shown(page, "shield"))
    assert len(ys) >= 1
    assert all(b - a >= 100 for a, b in pairwise(ys))


def test_an_id_is_no_name_of_a_road(live: Open, city: CannedCity) -> None:
    for segment_id, item in city.items.items():
        item["name"] = segment_id
    page = live()
    look(page, CITY_ZOOM)

    assert (shown(page, "shield"), shown(page, "name")) == ([], [])


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_signs_are_legible(rules: Page, theme: str) -> None:
    ink = rules.evaluate(f"import('/app/layers.js').then(l => l.INK.{theme})")

    assert contrast(ink["number"], ink["plate"]) >= LEGIBLE
    assert contrast(ink["text"], ink["halo"]) >= LEGIBLE
