"""A page whose city replays a recording shows the recording's clock."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

from playwright.sync_api import Page, Route, expect

from trafficctl.demo.plan import schedule_at

from .canned_server import CannedServer, Clock
from .conftest import Open

BEGAN = 1_795_000_123_456


def test_the_page_and_the_console_read_the_same_clock(rules: Page) -> None:
    played = schedule_at(BEGAN)
    published = [BEGAN + hours * 3_600_000 for hours in (-2, 0, 1, 15, 150)]

    shown = rules.evaluate(
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
        config["recording"] = schedule_at(clock()).recording()
        route.fulfill(response=answer, body=json.dumps(config))

    page.route("**/config.json", replayed)
    page.goto(server.address)

    shown = re.compile(r"^Recording: Thu, Mar 1, 2012, \d\d:\d\d$")
    expect(page.locator("#recording")).to_have_text(shown)


def test_a_city_that_lives_now_shows_no_recording(live: Open) -> None:
    expect(live().locator("#recording")).to_be_hidden()
