"""Finding a Chromium, and starting it so that it draws without a graphics card."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

REQUIRED = "TRAFFIC_REQUIRE_BROWSER"
NAMES = (
    "chromium-headless-shell",  # no window, no desktop: a third less CPU a page
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = (
    "--no-sandbox",  # tests run as root in containers; only our own page is opened
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own. Raises Error without either."""
    browser = _started(_playwright(), *flags)
    try:
        yield browser
    finally:
        browser.close()


@cache
def _playwright() -> Playwright:
    """One for all browsers of a process: a second one refuses to start beside it."""
    manager = sync_playwright()
    atexit.register(manager.__exit__)
    return manager.start()


def _started(playwright: Playwright, *flags: str) -> Browser:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])


def browser_or_skip(*flags: str) -> Iterator[Browser]:
    """Chromium for a fixture; without one, skip, or fail where it is required."""
    try:
        with chromium(*flags) as browser:
            yield browser
    except Error as exc:
        if "Executable doesn't exist" not in str(exc) or os.environ.get(REQUIRED):
            raise
        pytest.skip("no Chromium: run `.venv/bin/playwright install chromium`")
