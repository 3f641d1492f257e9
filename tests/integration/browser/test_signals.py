"""Incidents, and alerts in none, sound and are notified of, if the viewer wants it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import Open, painted
from .test_alert_list import polled

NOTIFY = "Desktop notifications for new alerts"
ALONE_S = 20  # after which no incident takes an alert any more
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
        constructor(title, options) {
            noted.push(title)
            globalThis.last = Object.assign(this, {options})
        }
    }
    globalThis.Notification = Noted
    globalThis.tones = 0
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (...given) {
        tones++
        start.apply(this, given)
    }
}"""

# What is announced at each step. A step is a time (s) and what is open: an alert by its
# id, or an incident by those of its alerts; its level; and when an alert opened (s).
ANNOUNCED = """async steps => {
    const {announced} = await import("/app/news.js")
    let told = new Map()
    return steps.map(([now, open]) => {
        const items = open.map(([name, level, opened]) => {
            const [first, ...others] = name.split(" ")
            const alerts = [first, ...others].map(one => ({
                alert_id: one.replace("seen-", ""), isSeen: one.startsWith("seen-")}))
            if (!others.length) return {...alerts[0], level, opened_at: opened * 1000}
            return {incident: {incident_id: "a", level}, alerts}
        })
        const found = announced(told, items, one => !one.isSeen, now * 1000)
        told = found.told
        return found.due.map(({item, isNew}) =>
            `${isNew ? "new" : "now"} ${(item.incident ?? item).level}`)
    })
}"""


def listening(page: Page, server: CannedServer) -> None:
    page.add_init_script(f"({NOTED})()")
    page.goto(server.address)
    painted(page)


def signalled(page: Page, server: CannedServer) -> None:
    """Have the page sound and notify, and wait until it has shown how it sounds."""
    listening(page, server)
    page.get_by_role("button", name=NOTIFY).click()
    page.get_by_role("button", name="Sound for new alerts").click()
    page.wait_for_function("() => tones === 2")


def pressed_late(
    page: Page, city: CannedCity, name: str, noted: str
) -> tuple[Any, Locator]:
    """What is *noted* of an alert before the button is pressed, which is remembered."""
    city.alarm("S3", "severe", ALONE_S)
    expect(page.locator("#alerts li")).to_have_count(1)
    before = page.evaluate(noted)
    button = page.get_by_role("button", name=name)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    painted(page)
    expect(button).to_have_attribute("aria-pressed", "true")
    return before, button


@pytest.mark.parametrize(
    ("steps", "announced"),
    [
        # an alert waits for its incident, which is announced in its place
        (
            [[5, [["a", "high", 0]]], [9, [["a b", "high"]]], [12, [["a b", "high"]]]],
            [[], ["new high"], []],
        ),
        # no incident takes it
        (
            [[14, [["a", "high", 0]]], [15, [["a", "high", 0]]]],
            [[], ["new high"]],
        ),
        # a segment joins, alone at first
        (
            [
                [0, [["a b", "high"]]],
                [5, [["a b", "high"], ["c", "severe", 1]]],
                [9, [["a b c", "high"]]],
                [30, [["c", "high", 1]]],
            ],
            [["new high"], [], [], []],
        ),
        # severe once
        (
            [
                [0, [["a b", "high"]]],
                [60, [["a b", "severe"]]],
                [120, [["a b", "high"]]],
                [180, [["a b", "severe"]]],
            ],
            [["new high"], ["now severe"], [], []],
        ),
        # its alerts clear, and it is the same when others open in time
        (
            [[0, [["a b", "high"]]], [600, []], [1700, [["c d", "high"]]]],
            [["new high"], [], []],
        ),
        # somebody has looked at it already
        (
            [[0, [["seen-a seen-b", "high"]]], [60, [["seen-a b", "severe"]]]],
            [[], ["now severe"]],
        ),
        # incidents are not measured for a while
        (
            [
                [0, [["a b", "severe"]]],
                [300, [["a", "severe", 0], ["b", "severe", 0]]],
                [600, [["a b", "severe"]]],
            ],
            [["new severe"], [], []],
        ),
    ],
)
def test_the_rule_of_what_is_announced(
    rules: Page, steps: list[Any], announced: list[list[str]]
) -> None:
    assert rules.evaluate(ANNOUNCED, steps) == announced


def test_a_sound_is_off_until_wanted_and_remembered(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    listening(page, server)
    silent, sound = pressed_late(page, city, "Sound for new alerts", "tones")
    before = page.evaluate("tones")
    city.alarm("S4", "severe", ALONE_S)
    expect(page.locator("#alerts li")).to_have_count(2)
    after = page.evaluate("tones")
    sound.click()
    city.alarm("S5", "severe", ALONE_S)
    expect(page.locator("#alerts li")).to_have_count(3)

    assert (silent, before, after, page.evaluate("tones")) == (0, 0, 2, 2)


def test_a_notification_is_shown_after_the_viewer_allowed_it(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    listening(page, server)
    before, notify = pressed_late(page, city, NOTIFY, "[asked, noted]")
    city.alarm("S5", "severe", ALONE_S)
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
        city.alarm(f"S{k}", "severe", ALONE_S)
    expect(page.locator("#alerts li")).to_have_count(6)

    assert page.evaluate("noted.length") == 3
    assert page.evaluate("last.options.body") == "and 3 more"


@pytest.fixture
def linked(city: CannedCity) -> None:
    """Street 3 leads to Street 4, and that to Street 5."""
    city.items["S3"].update(district="Harbour", downstream="S4")
    city.items["S4"]["downstream"] = "S5"


def jammed(city: CannedCity, level: str) -> str:
    """Open an incident from Street 4 to Street 5; returns its id."""
    first = city.alarm("S5", level, since_s=90)
    city.alarm("S4", level, since_s=60)
    city.sweep()
    return first


@pytest.mark.usefixtures("linked")
def test_an_incident_is_announced_once_and_when_it_is_severe_and_opened_from_there(
    tab: Open, server: CannedServer, city: CannedCity
) -> None:
    page = tab()
    signalled(page, server)
    level = page.locator("#alerts > .incident > .alert .chip")
    incident_id = jammed(city, "high")
    expect(level).to_have_text("high")
    city.alarm("S3", "high", since_s=-600)  # alone until its incident takes it
    expect(page.locator("#alerts > li")).to_have_count(2)
    city.sweep(ago_ms=-600_000)
    expect(page.locator("#alerts > li")).to_have_count(1)
    for segment_id in ("S3", "S4"):
        city.alarm(segment_id, "severe")
        city.sweep(ago_ms=-600_000)
        expect(level).to_have_text("severe")
        polled(page)

    assert page.evaluate("noted") == [
        "New high congestion: Street 5, Old Town",
        "Now severe: Street 5, Harbour to Old Town",
    ]
    assert page.evaluate("tones") == 2 * 3
    page.evaluate("last.onclick()")
    expect(page.locator(".inside > li")).to_have_count(3)
    assert f"incident={incident_id.replace('@', '%40')}" in page.url
    assert page.evaluate("last.options") == {
        "tag": f"incident {incident_id}",
        "renotify": True,
        "body": "",
    }


@pytest.mark.usefixtures("linked")
def test_an_incident_is_spoken_of_when_it_begins_and_when_all_its_alerts_cleared(
    live: Open, city: CannedCity
) -> None:
    page = live()
    jammed(city, "severe")
    expect(page.locator("#alerts > .incident")).to_have_count(1)
    for alert_id in list(city.known_alerts):
        city.clear(alert_id)
        polled(page)
    expect(page.locator("#spoken")).to_contain_text("Cleared")

    spoken = page.locator("#spoken p").all_inner_texts()
    assert [words for words in spoken if not words.startswith("Data is")] == [
        "New severe congestion: Street 5, Old Town",
        "Cleared: Street 5, Old Town",
    ]
