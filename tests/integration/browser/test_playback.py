"""The map plays back the last day, marked as past, while all else stays live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from traffic.policy import MINUTE_MS
from traffic.timestamps import minute_text

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import FINE, LOOKS, Open, looking, painted, settled
from .pixels import class_at
from .test_access import faults, overflow
from .test_map import CLASSES, shown, wait_for_class
from .test_wall import signed_in

STEP_MS = 300_000
ZONE = "Asia/Tokyo"
LIVE_NOTE = "Only the map shows the past: figures, lists and panels are live."
NONE = "none"


def step_ms(city: CannedCity, ago: int = 12) -> int:
    """A step of the slider, so many before its last; at first it shows the twelfth."""
    return ((city.clock() - 180_000) // STEP_MS - ago) * STEP_MS


@pytest.fixture(autouse=True)
def between_steps(clock: Clock) -> None:
    """No step of the slider begins during a test."""
    clock.lead_ms = STEP_MS - (clock() - 180_000) % STEP_MS


@pytest.fixture
def past(city: CannedCity) -> int:
    """All flowed but S1, which stood, and S0, unknown; the first step of a playback."""
    began_ms = step_ms(city)
    for rows in city.history.values():
        rows.clear()
    for ago in range(13):
        minute = minute_text(step_ms(city, ago) // MINUTE_MS)
        for segment_id in ("S1", "S2", "S3", "S4", "S5"):
            score = 100 if segment_id == "S1" else 20 * (ago == 12)
            row = {"minute": minute, "congestion_score": score, "speed": 0.0}
            city.history[segment_id].append(row)
    return began_ms


def text(ms: int, zone: str = "UTC") -> str:
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).strftime("%H:%M")


def painted_classes(page: Page) -> dict[str, str]:
    """The class in which the map paints each segment."""
    found: dict[str, int] = page.evaluate(
        """() => Object.fromEntries([...cityTraffic.city.segments.values()]
             .map(one => [one.id, cityTraffic.map.classes[one.index]]))"""
    )
    return {name: NONE if k < 0 else str(k) for name, k in found.items()}


def opened(page: Page) -> Page:
    page.get_by_role("button", name="Playback").click()
    expect(page.locator("#playback-note")).to_have_text(LIVE_NOTE)
    settled(page)
    return page


def slide(page: Page, steps: int) -> None:
    """Drag the slider, so many steps from where it is."""
    page.locator("#playback-step").evaluate(
        """(slider, steps) => {
            slider.value = Number(slider.value) + steps
            slider.dispatchEvent(new Event("input", {bubbles: true}))
        }""",
        steps,
    )


def test_the_map_shows_the_hour_before_and_then_the_present_again(
    live: Open, past: int
) -> None:
    page = live(**FINE)
    before = shown(page)
    opened(page)
    then = {**dict.fromkeys(CLASSES, "1"), "S0": NONE, "S1": "5"}

    assert (before, painted_classes(page)) == (CLASSES, then)
    assert (class_at(page, "S1"), class_at(page, "S5")) == ("5", "1")
    expect(page.locator("#playback-time")).to_contain_text(text(past))
    page.get_by_role("button", name="Live", exact=True).click()
    settled(page)
    assert shown(page) == CLASSES
    expect(page.locator("#playback")).to_be_hidden()
    expect(page.get_by_role("button", name="Playback")).to_be_focused()


def test_the_past_is_marked_and_told_in_tooltips(live: Open, past: int) -> None:
    page = live("/#segment=S5")
    box = page.locator("#playback")
    expect(box).to_be_hidden()
    opened(page)
    mark = "getComputedStyle(document.getElementById({!r}), {!r}).content"

    expect(box).to_contain_text("Past")
    frame = page.evaluate(mark.format("stage", "::after"))
    panel = page.evaluate(mark.format("segment", "::before"))
    assert (frame, panel) == ('""', '"Live: not the time on the map"')
    tips = page.evaluate(
        "['S1', 'S0'].map(id => cityTraffic.playback.of("
        "cityTraffic.city.segments.get(id))).map(s => [s.speed, s.updated_at])"
    )
    assert tips == [[0, past], [None, None]]


@pytest.mark.usefixtures("past")
def test_alerts_of_the_present_are_listed_and_spoken_but_not_drawn(
    live: Open, city: CannedCity
) -> None:
    page = opened(live())
    city.alarm("S5", "severe")
    expect(page.locator("#alerts li")).to_have_count(1)
    expect(page.locator("#spoken")).to_contain_text("New severe congestion: Street 5")
    rings = "cityTraffic.map.data.alerts.features.length"

    assert (page.title(), page.evaluate(rings)) == ("(1) City Traffic", 0)
    page.get_by_role("button", name="Live", exact=True).click()
    assert page.evaluate(rings) == 1


@pytest.mark.usefixtures("past")
def test_what_the_present_reports_does_not_show_in_the_past(
    live: Open, city: CannedCity
) -> None:
    page = opened(live(**FINE))
    city.drive("S5", 2.0, 300, 4)
    expect(page.locator("#worst li[data-key=S5] .main")).to_have_text("98")
    settled(page)

    assert class_at(page, "S5") == "1"


def test_keys_move_the_slider_by_five_minutes(
    live: Open, server: CannedServer, clock: Clock, past: int
) -> None:
    page = opened(live())
    today = f"{datetime.fromtimestamp(clock() / 1000, timezone.utc):%b %-d} "
    slider = page.get_by_role("slider", name="Time that the map shows")
    expect(slider).to_be_focused()
    for key, at_ms in [
        ("ArrowRight", past + STEP_MS),
        ("End", past + 12 * STEP_MS),
        ("Home", past - 276 * STEP_MS),
    ]:
        page.keyboard.press(key)
        at = datetime.fromtimestamp(at_ms / 1000, timezone.utc)
        said = f"{at:%b %-d %H:%M} UTC".removeprefix(today)
        expect(slider).to_have_attribute("aria-valuetext", said)
        expect(page.locator("#playback-time")).to_have_text(said)
        assert f"/api/at?time={at_ms // 1000}" in server.asked

    expect(page.locator("#playback-note")).to_have_text(
        "No sensor's readings are stored of this minute."
    )


def test_it_plays_a_step_a_second_to_the_newest_minute(live: Open, past: int) -> None:
    page = opened(live())
    slide(page, 8)
    play = page.locator("#playback-play")
    play.click()
    expect(play).to_have_text("Pause")
    expect(page.locator("#playback-time")).to_contain_text(text(past + 12 * STEP_MS))
    expect(play).to_have_text("Play")

    wait_for_class(page, "S5", "0")


def test_pause_stops_it(live: Open, server: CannedServer, past: int) -> None:
    page = opened(live())
    play = page.locator("#playback-play")
    play.click()
    expect(page.locator("#playback-time")).to_contain_text(text(past + STEP_MS))
    play.click()
    expect(play).to_have_text("Play")
    asked = len(server.asked)
    page.wait_for_timeout(1_500)

    assert [one for one in server.asked[asked:] if "/api/at" in one] == []


def test_a_minute_that_cannot_be_read_is_said_and_shows_no_colours(
    live: Open, city: CannedCity, past: int
) -> None:
    page = opened(live())
    city.refused.add(minute_text((past + STEP_MS) // MINUTE_MS))
    slide(page, 1)
    note = page.locator("#playback-note")
    expect(note).to_contain_text(
        f"{text(past + STEP_MS)} UTC can't be read: the tables did not answer"
    )
    assert painted_classes(page) == dict.fromkeys(CLASSES, NONE)
    page.locator("#playback-play").click()
    expect(note).to_have_text(LIVE_NOTE)

    wait_for_class(page, "S1", "5")


def test_a_minute_seen_before_comes_from_the_browser(
    live: Open, server: CannedServer, past: int
) -> None:
    page = opened(live())
    for steps in (1, -1, 1):
        slide(page, steps)
        expect(page.locator("#playback-ago")).to_contain_text("ago")
    expect(page.locator("#playback-time")).to_contain_text(text(past + STEP_MS))

    asked = [one for one in server.asked if one.startswith("/api/at")]
    assert len(asked) == len(set(asked)) == 2


@pytest.fixture
def tokyo(city: CannedCity, clock: Clock) -> Iterator[CannedServer]:
    served = CannedServer(city, clock, zone=ZONE)
    yield served
    served.close()


def test_its_times_are_the_citys(tab: Open, tokyo: CannedServer, past: int) -> None:
    page = tab(timezone_id="Europe/London")
    page.goto(tokyo.address)
    painted(page)
    opened(page)

    expect(page.locator("#playback-time")).to_contain_text(f"{text(past, ZONE)} GMT+9")


def test_a_wall_display_never_shows_it(tab: Open, server: CannedServer) -> None:
    page = tab()
    signed_in(page, server.address)

    expect(page.locator("#playback-open")).to_be_hidden()
    assert page.evaluate("cityTraffic.playback") is None


@pytest.mark.usefixtures("past")
def test_axe_finds_no_serious_fault_and_nothing_sticks_out(live: Open) -> None:
    page = opened(live("/#segment=S5"))
    for size, dark in LOOKS:
        looking(page, size, dark)

        assert (faults(page), overflow(page)) == ([], 0), (size, dark)
