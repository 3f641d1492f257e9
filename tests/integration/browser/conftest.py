"""A canned city, its server, and pages of a real Chromium that look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from traffic.live_map.assets import FolderAssets

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .chromium import browser_or_skip
from .crossing import crossing

WALL = {"width": 1920, "height": 1080}
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
SIZES = {"wall": WALL, "laptop": LAPTOP, "phone": PHONE}
LOOKS = [(size, dark) for size in (LAPTOP, PHONE) for dark in (True, False)]
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
CHEAP = "--disable-gpu-compositing"  # without a graphics card it costs a second a page
COARSE = 0.5  # pixels to a CSS pixel: the map is drawn by the processor
FINE = {"device_scale_factor": 1}  # for tests that look at pixels

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once for all tests."""
    yield from browser_or_skip(CHEAP)


@pytest.fixture(scope="session")
def assets() -> FolderAssets:
    """The page's files, compressed once for all servers."""
    return FolderAssets()


@pytest.fixture(scope="session")
def rules(browser: Browser, assets: FolderAssets) -> Iterator[Page]:
    """A page that may import the page's modules, once for all tests of pure rules."""
    clock, faults = Clock(), list[str]()
    served = CannedServer(crossing(clock), clock, assets=assets)
    page = browser.new_page(timezone_id="Europe/London")
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(f"{served.address}/config.json")
    yield page
    page.close()
    served.close()
    assert faults == []


@pytest.fixture
def clock() -> Clock:
    """The server's time."""
    return Clock()


@pytest.fixture
def city(clock: Clock) -> CannedCity:
    """A crossing of six segments, each in another class."""
    return crossing(clock)


@pytest.fixture
def jam(city: CannedCity) -> str:
    """A jam from Street 3 to Street 5, its head, and an alert apart; its id."""
    return jammed(city)


def jammed(city: CannedCity) -> str:
    """Open the alerts of `jam`; returns its id."""
    city.items["S3"].update(district="Harbour", downstream="S4")
    city.items["S4"]["downstream"] = "S5"
    first = city.alarm("S5", "severe", since_s=1_800)
    city.alarm("S4", "high", since_s=120)
    city.alarm("S3", "high", since_s=60)
    city.sweep()
    city.alarm("S1", "high", since_s=30)
    return first


@pytest.fixture
def server(
    city: CannedCity, clock: Clock, assets: FolderAssets
) -> Iterator[CannedServer]:
    """The city, served."""
    served = CannedServer(city, clock, assets=assets)
    yield served
    served.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Open]:
    """`tab(size, dark, **options)`: an empty page; no script of it may fail."""
    with _tabs(browser) as opened:
        yield opened


@contextmanager
def _tabs(browser: Browser) -> Iterator[Open]:
    contexts, faults = [], []

    def opened(
        size: dict[str, int] = LAPTOP, dark: bool = True, **options: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **{"device_scale_factor": COARSE, **options},
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def live(tab: Open, server: CannedServer) -> Open:
    """`live(fragment="", ...)`: the live map of the canned city, painted."""

    def opened(fragment: str = "", **options: Any) -> Page:
        page = tab(**options)
        page.goto(server.address + fragment)
        painted(page)
        return page

    return opened


@pytest.fixture(scope="module")
def still(browser: Browser, assets: FolderAssets) -> Iterator[Open]:
    """`still(arrange, fragment, ...)`: a live map that a module's tests only read.

    `arrange(city)` says what there is to see; its time stands still.
    """
    now_ms = Clock()()
    servers: list[CannedServer] = []
    with _tabs(browser) as tabs:

        def opened(
            arrange: Callable[[CannedCity], object],
            fragment: str = "",
            **options: Any,
        ) -> Page:
            city = crossing(lambda: now_ms)
            arrange(city)
            servers.append(CannedServer(city, city.clock, assets=assets))
            page = tabs(**options)
            page.goto(servers[-1].address + fragment)
            if "wall" in fragment:
                page.get_by_role("button", name="Sign in").click()
            painted(page)
            return page

        yield opened
    for server in servers:
        server.close()


def looking(page: Page, size: dict[str, int], dark: bool = True) -> None:
    """Show the page in another size and theme."""
    theme = "dark" if dark else "light"
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.wait_for_function(
        "theme => document.documentElement.dataset.theme === theme", arg=theme
    )
    settled(page)


def painted(page: Page) -> None:
    """Wait until the page is live and the map has drawn what it knows."""
    page.wait_for_selector("#link[data-state=live]", state="attached")
    settled(page)


def look(page: Page, zoom: float, segment_id: str = "S2") -> None:
    """Show the middle of a segment."""
    page.evaluate(
        """([zoom, id]) => {
            const center = cityTraffic.city.segments.get(id).line[1]
            cityTraffic.map.map.jumpTo({center, zoom})
        }""",
        [zoom, segment_id],
    )
    settled(page)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the map has drawn what it was told."""
    page.evaluate(
        """() => new Promise(done => {
            const {map} = cityTraffic.map
            map.once("idle", () => done()) // not its event, which holds the whole map
            map.triggerRepaint()
        })"""
    )
