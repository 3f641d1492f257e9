"""A canned city, its server, and pages of a real Chromium that look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .chromium import browser_or_skip
from .crossing import crossing

LAPTOP = {"width": 1366, "height": 768}
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once for all tests."""
    yield from browser_or_skip()


@pytest.fixture
def clock() -> Clock:
    """The server's time."""
    return Clock()


@pytest.fixture
def city(clock: Clock) -> CannedCity:
    """A crossing of six segments, each in another class."""
    return crossing(clock)


@pytest.fixture
def server(city: CannedCity, clock: Clock) -> Iterator[CannedServer]:
    """The city, served."""
    served = CannedServer(city, clock)
    yield served
    served.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Open]:
    """`tab(size, dark, **options)`: an empty page; no script of it may fail."""
    contexts, faults = [], []

    def opened(
        size: dict[str, int] = LAPTOP, dark: bool = True, **options: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **options,
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


def painted(page: Page) -> None:
    """Wait until the page is live and the map has drawn what it knows."""
    page.wait_for_selector("#link[data-state=live]", state="attached")
    settled(page)


def settled(page: Page) -> None:
    """Wait until the map has drawn what it was told."""
    page.evaluate(
        """() => new Promise(done => {
            const {map} = cityTraffic.map
            map.once("idle", done)
            map.triggerRepaint()
        })"""
    )
