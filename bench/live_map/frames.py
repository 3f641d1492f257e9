"""How smoothly the live map draws a large city, and how soon an answer is seen.

Every segment changes its class every 2 s, and is looked at as a whole and from so near
that sensors show. Frame times are the browser's own, between two calls of
requestAnimationFrame; tasks over 50 ms are what the page itself did on its thread, in
which drawing in software, without a graphics card, has no part. An answer is seen when
the frame after the one that drew its last class begins; it counts from the arrival of
its last byte. Needs what `make test` installs, and a Chromium.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

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
    if (changed) arrived ??= performance.getEntriesByType("resource")
      .findLast(({name}) => name.includes("api/now")).responseEnd
    return changed
  }
  globalThis.seen = []
  let arrived = null
  map.map.on("render", () => {
    if (arrived == null || map.waiting.size || map.drawing) return
    const since = arrived
    arrived = null
    requestAnimationFrame(() => seen.push(performance.now() - since))
  })
  performance.setResourceTimingBufferSize(10_000)
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


class Look(NamedTuple):
    """Milliseconds of frames, tasks over 50 ms, and from an answer to its picture."""

    name: str
    frames: list[float]
    tasks: list[float]
    seen: list[float]


def measure(side: int, seconds: float) -> list[Look]:
    """Look at a city of *side* x *side* blocks, as a whole and from near."""
    clock = Clock()
    city = grid(clock, side)
    shuffle(city, random.Random(0))  # noqa: S311 - traffic, no secret
    server = CannedServer(city, clock)
    try:
        with changing(city), chromium() as browser:
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(server.address)
            page.wait_for_selector("#link[data-state=live]", timeout=60_000)
            print(f"{os.cpu_count()} cores, {page.evaluate(RENDERER)}")
            page.evaluate(WORK)
            return looks(page, seconds)
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


def looks(page: Page, seconds: float) -> list[Look]:
    """The whole city, then a part of it."""
    page.wait_for_timeout(4_000)  # the first frames compile shaders
    whole = look(page, "whole city", seconds)
    page.evaluate(NEARER, NEAR_ZOOM)
    page.wait_for_timeout(4_000)
    near = page.evaluate(IN_VIEW)
    return [whole, look(page, f"near, {near * SENSORS} sensors in view", seconds)]


def look(page: Page, name: str, seconds: float) -> Look:
    """Measure one look."""
    page.evaluate("painted.length = longTasks.length = seen.length = 0")
    frames = sorted(page.evaluate(FRAMES, seconds))
    tasks, seen = page.evaluate("[longTasks, seen]")
    return Look(name, frames, sorted(tasks), sorted(seen))


def at(ranked: list[float], share: float) -> float:
    """The value at *share* of a sorted list; 0 of none."""
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0
