"""`python -m bench.map_frames`: how smoothly the live map draws a large city.

5,000 segments, every one of which changes its class every 2 s, looked at as a whole and
from so near that sensors show. Frame times are the browser's own, between two calls of
requestAnimationFrame; tasks over 50 ms are what the page itself did on its thread, in
which drawing in software, without a graphics card, has no part. Needs what `make test`
installs, and a Chromium.
"""

from __future__ import annotations

import argparse
import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.integration.browser.canned_city import CannedCity
from tests.integration.browser.canned_server import CannedServer, Clock
from tests.integration.browser.chromium import chromium
from tests.integration.browser.grid import SENSORS, grid, shuffle

CHANGE_S = 2.0
NEAR_ZOOM = 14.2

FRAMES = """seconds => new Promise(done => {
  const times = []
  const end = performance.now() + seconds * 1000
  const frame = now => {
    times.push(now)
    if (now < end) requestAnimationFrame(frame)
    else done(times.slice(1).map((at, i) => at - times[i]))
  }
  requestAnimationFrame(frame)
})"""
WORK = """() => {
  globalThis.longTasks = []
  const note = list => longTasks.push(...list.getEntries().map(one => one.duration))
  new PerformanceObserver(note).observe({type: "longtask"})
  const {map} = cityTraffic
  const paint = map.paint.bind(map)
  globalThis.painted = []
  map.paint = (...given) => {
    const changed = paint(...given)
    if (changed) painted.push(changed)
    return changed
  }
}"""
NEARER = """zoom => cityTraffic.map.map.jumpTo({zoom})"""
IN_VIEW = """() => {
  const box = cityTraffic.map.map.getBounds()
  const inside = ({box: b}) => b[0] >= box.getWest() && b[2] <= box.getEast()
    && b[1] >= box.getSouth() && b[3] <= box.getNorth()
  return cityTraffic.map.segments.filter(inside).length
}"""
RENDERER = """() => {
  const gl = document.createElement("canvas").getContext("webgl2")
  const info = gl.getExtension("WEBGL_debug_renderer_info")
  return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : "unknown"
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.map_frames")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each look")
    seconds = parser.parse_args().seconds
    clock = Clock()
    city = grid(clock)
    shuffle(city, random.Random(0))  # noqa: S311 - traffic, no secret
    server = CannedServer(city, clock)
    try:
        with changing(city), chromium() as browser:
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(server.address)
            page.wait_for_selector("#link[data-state=live]", timeout=60_000)
            report(page, city, seconds)
    finally:
        server.close()


@contextmanager
def changing(city: CannedCity) -> Iterator[None]:
    """Let every segment change its class every 2 s meanwhile."""
    over = threading.Event()
    chance = random.Random(1)  # noqa: S311 - traffic, no secret

    def work() -> None:
        while not over.wait(CHANGE_S):
            shuffle(city, chance)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def report(page: Page, city: CannedCity, seconds: float) -> None:
    """Print what was looked at and how long frames took."""
    print(f"{os.cpu_count()} cores, {page.evaluate(RENDERER)}")
    print(f"{len(city.items)} segments, {len(city.items) * SENSORS} sensors")
    page.evaluate(WORK)
    page.wait_for_timeout(4_000)  # the first frames compile shaders
    look(page, "whole city", seconds)
    page.evaluate(NEARER, NEAR_ZOOM)
    page.wait_for_timeout(4_000)
    near = page.evaluate(IN_VIEW)
    look(page, f"near ({near} segments, {near * SENSORS} sensors in view)", seconds)


def look(page: Page, name: str, seconds: float) -> None:
    """Measure one look."""
    page.evaluate("painted.length = longTasks.length = 0")
    frames = sorted(page.evaluate(FRAMES, seconds))
    changed: list[float] = sorted(page.evaluate("painted"))
    tasks: list[float] = page.evaluate("longTasks")
    print(
        f"{name}: {len(frames)} frames, p50 {at(frames, 0.5):.1f} ms, "
        f"p99 {at(frames, 0.99):.1f} ms, longest {at(frames, 1):.0f} ms; "
        f"{len(changed)} updates of {at(changed, 0.5):.0f} segments; "
        f"{len(tasks)} tasks over 50 ms, longest {max(tasks, default=0):.0f} ms"
    )


def at(ranked: list[float], share: float) -> float:
    """The value at *share* of a sorted list; 0 of none."""
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


if __name__ == "__main__":
    main()
