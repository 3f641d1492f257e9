"""A city's own base map lies beneath its roads, and comes from the page's address."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from traffic.live_map.assets import WEB, FolderAssets
from traffic.live_map.page import BASE_MAP
from trafficctl.package import base_map

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import FINE, Open, painted, settled
from .pixels import class_at

# A lake that covers the crossing, the shore of it, and a road far from ours.
LAKE = [[-118.3, 34.0], [-118.2, 34.0], [-118.2, 34.1], [-118.3, 34.1], [-118.3, 34.0]]
MAP = {
    "type": "FeatureCollection",
    "attribution": "Survey of Old Town",
    "features": [
        {
            "type": "Feature",
            "properties": {"kind": kind},
            "geometry": {"type": geometry, "coordinates": coordinates},
        }
        for kind, geometry, coordinates in [
            ("water", "Polygon", [LAKE]),
            ("coast", "LineString", LAKE),
            ("road", "LineString", [[-118.29, 34.063], [-118.21, 34.063]]),
        ]
    ],
}
# The colour a little south of a segment's western end.
DRAWN = """id => new Promise(done => {
  const {map} = cityTraffic.map
  const [x, y] = cityTraffic.city.segments.get(id).line[0]
  const at = map.project([x, y - 0.002])
  map.once("render", () => {
    const canvas = map.getCanvas()
    const gl = canvas.getContext("webgl2")
    const scale = canvas.width / canvas.clientWidth
    const data = new Uint8Array(4)
    gl.readPixels(at.x * scale, canvas.height - at.y * scale, 1, 1,
      gl.RGBA, gl.UNSIGNED_BYTE, data)
    const hex = [...data.slice(0, 3)].map(v => v.toString(16).padStart(2, "0"))
    done("#" + hex.join(""))
  })
  map.triggerRepaint()
})"""


class WithBaseMap(FolderAssets):
    """The page's files, and a base map beside them as the package carries it."""

    def __init__(self, path: Path) -> None:
        super().__init__(WEB)
        self._paths[BASE_MAP] = path


@pytest.fixture
def given(tmp_path: Path, city: CannedCity, clock: Clock) -> Iterator[CannedServer]:
    (tmp_path / "given.geojson").write_text(json.dumps(MAP))
    shipped = tmp_path / BASE_MAP
    shipped.write_bytes(base_map.packed(tmp_path / "given.geojson"))
    server = CannedServer(city, clock, assets=WithBaseMap(shipped))
    yield server
    server.close()


def base_drawn(page: Page) -> None:
    page.wait_for_function("cityTraffic.map.map.getLayer('base-area')")
    settled(page)


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_water_lies_beneath_the_roads_in_both_themes(
    tab: Open, given: CannedServer, dark: bool
) -> None:
    page = tab(dark=dark, **FINE)
    page.goto(given.address)
    painted(page)
    base_drawn(page)
    theme = "dark" if dark else "light"
    water = page.evaluate(f"import('/app/layers.js').then(l => l.BASE.{theme}.water)")

    assert page.evaluate(DRAWN, "S2") == water
    assert class_at(page, "S2") == "2"
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text(
        "Survey of Old Town"
    )


def test_a_base_map_asks_nobody_else(tab: Open, given: CannedServer) -> None:
    page = tab()
    page.goto(given.address)
    painted(page)
    base_drawn(page)
    asked = page.evaluate("performance.getEntriesByType('resource').map(r => r.name)")

    assert f"{given.address}/{BASE_MAP}" in asked
    assert [one for one in asked if not one.startswith(given.address)] == []


def test_the_theme_changes_the_base_map_too(tab: Open, given: CannedServer) -> None:
    page = tab(dark=True, **FINE)
    page.goto(given.address)
    painted(page)
    base_drawn(page)
    before = page.evaluate(DRAWN, "S2")
    page.get_by_role("button", name="Light").click()
    settled(page)

    assert page.evaluate(DRAWN, "S2") != before
    assert class_at(page, "S2") == "2"


def test_roads_are_shown_though_the_base_map_is_refused(
    tab: Open, given: CannedServer
) -> None:
    page = tab(**FINE)
    given.unlucky = {f"/{BASE_MAP}"}
    page.goto(given.address)
    painted(page)

    assert class_at(page, "S2") == "2"


def test_without_a_base_map_the_page_asks_for_none(
    live: Open, server: CannedServer
) -> None:
    page = live()

    assert Counter(server.asked)[f"/{BASE_MAP}"] == 0
    assert page.evaluate("cityTraffic.map.map.getSource('base')") is None
