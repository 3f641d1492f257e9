"""New alerts sound and are notified of, if the viewer wants it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import Open, painted

NOTIFY = "Desktop notifications for new alerts"
# The browser's own notifications can't be seen by a test: these are written down.
NOTED = """() => {
    globalThis.noted = []
    globalThis.asked = 0
    class Noted {
        static permission = localStorage.getItem("permission") ?? "default"
        static async requestPermission() {
            globalThis.asked++
            Noted.permission = localStorage.getItem("answer") ?? "granted"
            localStorage.setItem("permission", Noted.permission)
            return Noted.permission
        }
        constructor(title, {tag}) { noted.push(title); globalThis.last = this }
    }
    globalThis.Notification = Noted
    globalThis.tones = 0
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (...given) {
        tones++
        start.apply(this, given)
    }
}"""


def listening(page: Page, server: CannedServer) -> None:
    page.add_init_script(f"({NOTED})()")
    page.goto(server.address)
    painted(page)


def pressed_late(
    page: Page, city: CannedCity, name: str, noted: str
) -> tuple[Any, Locator]:
    """What is *noted* of an alert before the button is pressed, which is remembered."""
    city.alarm("S3", "severe")
    expect(page.locator("#alerts li")).to_have_count(1)
    before = page.evaluate(noted)
    button = page.get_by_role("button", name=name)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    painted(page)
    expect(button).to_have_attribute("aria-pressed", "true")
    return before, button


def test_a_sound_is_off_until_wanted_and_remembered(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    listening(page, server)
    silent, sound = pressed_late(page, city, "Sound for new alerts", "tones")
    before = page.evaluate("tones")
    city.alarm("S4", "severe")
    expect(page.locator("#alerts li")).to_have_count(2)
    after = page.evaluate("tones")
    sound.click()
    city.alarm("S5", "severe")
    expect(page.locator("#alerts li")).to_have_count(3)

    assert (silent, before, after, page.evaluate("tones")) == (0, 0, 2, 2)


def test_a_notification_is_shown_after_the_viewer_allowed_it(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    listening(page, server)
    before, notify = pressed_late(page, city, NOTIFY, "[asked, noted]")
    city.alarm("S5", "severe")
    expect(page.locator("#alerts li")).to_have_count(2)
    after = page.evaluate("[asked, noted]")
    page.evaluate("last.onclick()")
    expect(page.locator("#segment-name")).to_have_text("Street 5")
    notify.click()
    expect(notify).to_have_attribute("aria-pressed", "false")

    assert before == [0, []]
    assert after == [0, ["New severe congestion: Street 5, Old Town"]]


def test_a_notification_that_the_browser_blocks_is_said(
    tab: Open, server: CannedServer
) -> None:
    page = tab()
    listening(page, server)
    page.evaluate("localStorage.setItem('answer', 'denied')")
    notify = page.get_by_role("button", name=NOTIFY)
    notify.click()

    expect(page.locator("#signal-hint")).to_contain_text("The browser blocks")
    expect(notify).to_have_attribute("aria-pressed", "false")


def test_many_alerts_at_once_are_few_notifications(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    listening(page, server)
    page.get_by_role("button", name=NOTIFY).click()
    for k in range(6):
        city.alarm(f"S{k}", "severe")
    expect(page.locator("#alerts li")).to_have_count(6)

    assert page.evaluate("noted.length") == 3
