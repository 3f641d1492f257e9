"""Draws the pictures of the live map's page.

Run as `python -m tests.integration.browser.screenshots`.
"""

from __future__ import annotations

import random
import threading
import time
import urllib.parse
from pathlib import Path

from playwright.sync_api import Browser, Page

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .chromium import chromium
from .conftest import painted
from .los_angeles import los_angeles, usual_speeds

IMAGES = Path(__file__).parents[3] / "docs" / "images"
WALL, LAPTOP, PHONE = (1920, 1080), (1366, 768), (390, 844)
WORST = "SR-110-S-773012"
PATIENCE_MS = 60_000
SWEEP_S = 60.0

# Name of the file, size, what the address says.
PICTURES = (
    ("live-map-wall-dark", WALL, "theme=dark"),
    ("live-map-wall-display", WALL, "wall&theme=light"),
    ("live-map-laptop-segment", LAPTOP, f"theme=light&segment={WORST}"),
    ("live-map-laptop-incident", LAPTOP, "theme=dark&incident={longest}"),
    ("live-map-phone", PHONE, "theme=dark"),
)


def main() -> None:
    """Draw all pictures, of Los Angeles on a Monday morning."""
    clock = Clock()
    city = los_angeles(clock)
    by_cost = sorted(city.incidents, key=lambda one: -one.delay)
    for segment_id, member in by_cost[1].members.items():
        alert_id = f"{segment_id}@{member.opened_at}"
        city.acknowledge(alert_id, "day-shift@city.example", clock())
    longest = urllib.parse.quote(by_cost[0].incident_id)
    server = CannedServer(city, clock)
    server.bucket.learn(clock(), usual_speeds(clock()))
    over = threading.Event()
    thread = threading.Thread(target=keep_alive, args=(city, over))
    thread.start()
    try:
        with chromium() as browser:
            for name, size, shown in PICTURES:
                view = shown.format(longest=longest)
                draw(browser, f"{server.address}/#{view}", size, IMAGES / f"{name}.png")
    finally:
        over.set()
        thread.join()
        server.close()


def keep_alive(city: CannedCity, over: threading.Event) -> None:
    """Let some segments report every second, and a sweep run every minute."""
    chance = random.Random(0)  # noqa: S311 - traffic, no secret
    swept = time.monotonic()
    while not over.wait(1.0):
        if time.monotonic() - swept >= SWEEP_S:
            city.sweep()
            swept = time.monotonic()
        for segment_id in chance.sample(sorted(city.items), 20):
            city.set(segment_id)


def draw(browser: Browser, address: str, size: tuple[int, int], path: Path) -> None:
    """Draw one picture."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if size == PHONE else 1,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(address)
    if "wall" in address.partition("#")[2]:
        page.get_by_role("button", name="Sign in").click()
    painted(page)
    ready(page)
    page.screenshot(path=path)
    context.close()


def ready(page: Page) -> None:
    """Wait for the chart, if one is open, and for a second poll."""
    if "segment=" in page.url:
        page.wait_for_selector(".chart.speed .ahead")
    with page.expect_response(lambda answer: "/api/now?since" in answer.url):
        pass
    painted(page)


if __name__ == "__main__":
    main()
