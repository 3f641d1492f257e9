"""A page whose city replays a recording shows the recording's clock."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

from playwright.sync_api import Route, expect

from trafficctl.demo.plan import STEP_MS, WEEK_MS, DemoSchedule

from .canned_server import CannedServer, Clock
from .conftest import Open

BEGAN = 1_795_000_123_456


def test_the_page_and_the_console_read_the_same_clock(
    tab: Open, server: CannedServer
) -> None:
    page, played = tab(), DemoSchedule(BEGAN)
    page.goto(f"{server.address}/config.json")
    steps = [0, 1, 2, 190, 1_915, 1_916, WEEK_MS // STEP_MS, 5_000]
    published = [played.began_ms + round(n * STEP_MS / 180) for n in steps]

    shown = page.evaluate(
        "([told, times]) => import('/app/recording.js')"
        ".then(r => times.map(at => r.recordedTime(told, at)))",
        [played.recording(), published],
    )

    moments = [datetime.fromtimestamp(ms / 1000, timezone.utc) for ms in shown]
    assert [f"{moment:%c}" for moment in moments] == [
        f"{played.street_time(at):%c}" for at in published
    ]


def test_the_map_shows_the_recordings_clock(
    tab: Open, server: CannedServer, clock: Clock
) -> None:
    page = tab()

    def replayed(route: Route) -> None:
        answer = route.fetch()
        config: dict[str, Any] = answer.json()
        config["recording"] = DemoSchedule(clock()).recording()
        route.fulfill(response=answer, body=json.dumps(config))

    page.route("**/config.json", replayed)
    page.goto(server.address)

    shown = re.compile(r"^Recording: [A-Z][a-z]{2} \d\d:\d\d, 180 times as fast$")
    expect(page.locator("#recording")).to_have_text(shown)


def test_a_city_that_lives_now_shows_no_recording(live: Open) -> None:
    expect(live().locator("#recording")).to_be_hidden()
