"""What is new catches the eye, and the ear if wanted, until somebody looked at it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import LAPTOP, PATIENCE_MS, Open, painted
from .test_alert_list import middle

MARKS = """async steps => {
    const {lookedAt, noticed} = await import("/app/fresh.js")
    let known = null
    return steps.map(([what, given, at]) => {
        const alerts = Object.entries(given).map(([alert_id, level]) =>
            ({alert_id, level: level.replace("seen ", ""),
              acknowledged_at: level.startsWith("seen ") ? 1 : null}))
        if (what === "poll") known = noticed(known, alerts, at)
        else known = lookedAt(known, Object.keys(given)[0])
        return Object.fromEntries([...known].map(([id, one]) => [id, one.fresh]))
    })
}"""


def badge(page: Page, segment_id: str) -> Any:
    return page.locator(f"#alerts li[data-key^={segment_id}] .badge")


@pytest.mark.parametrize(
    ("steps", "marks"),
    [
        # the first visit: nothing is new, what comes then is
        (
            [["poll", {"a": "high"}, 0], ["poll", {"a": "high", "b": "high"}, 1]],
            {"a": None, "b": "new"},
        ),
        (
            [["poll", {"a": "high"}, 0], ["poll", {"a": "severe"}, 1]],
            {"a": "escalated"},
        ),
        ([["poll", {"a": "severe"}, 0], ["poll", {"a": "high"}, 1]], {"a": None}),
        # looked at, and worse after that
        (
            [
                ["poll", {}, 0],
                ["poll", {"a": "high"}, 1],
                ["look", {"a": "high"}, 2],
                ["poll", {"a": "high"}, 3],
            ],
            {"a": None},
        ),
        (
            [
                ["poll", {}, 0],
                ["poll", {"a": "high"}, 1],
                ["look", {"a": "high"}, 2],
                ["poll", {"a": "severe"}, 3],
            ],
            {"a": "escalated"},
        ),
        # a colleague acknowledged it
        (
            [
                ["poll", {}, 0],
                ["poll", {"a": "high"}, 1],
                ["poll", {"a": "seen high"}, 2],
            ],
            {"a": None},
        ),
        # an older look that does not have it yet makes it no second time new
        (
            [
                ["poll", {}, 0],
                ["poll", {"a": "high"}, 1000],
                ["look", {"a": "high"}, 1500],
                ["poll", {}, 3000],
                ["poll", {"a": "high"}, 5000],
            ],
            {"a": None},
        ),
        (
            [
                ["poll", {"a": "high"}, 0],
                ["poll", {}, 2000],
                ["poll", {}, 10000],
                ["poll", {"a": "high"}, 12000],
            ],
            {"a": "new"},
        ),
    ],
)
def test_the_rule_of_what_is_new(
    rules: Page, steps: list[Any], marks: dict[str, Any]
) -> None:
    assert rules.evaluate(MARKS, steps)[-1] == marks


@pytest.mark.parametrize("look", ["hover", "focus", "open", "acknowledge"])
def test_a_new_alert_is_marked_until_it_was_looked_at(
    live: Open, city: CannedCity, look: str
) -> None:
    city.alarm("S4", "severe")
    page = live()
    city.alarm("S5", "severe")
    expect(badge(page, "S5")).to_have_text("new")
    before = badge(page, "S4").inner_text()
    if look == "hover":
        page.mouse.move(*middle(page, "#alerts li[data-key^=S5] .figures"))
    elif look == "focus":
        page.locator("#alerts li[data-key^=S5] .row").focus()
    elif look == "open":
        page.locator("#worst li[data-key=S5] .row").click()
    else:
        city.acknowledge(next(reversed(city.known_alerts)), "x", city.clock())

    expect(badge(page, "S5")).to_be_empty()
    assert before == ""


def test_an_alert_that_became_severe_is_marked(live: Open, city: CannedCity) -> None:
    city.alarm("S5", "high")
    page = live()
    city.alarm("S5", "severe")

    expect(badge(page, "S5")).to_have_text("escalated")


def test_a_reload_keeps_what_nobody_looked_at_and_marks_what_came_meanwhile(
    live: Open, city: CannedCity
) -> None:
    city.alarm("S3", "severe")
    page = live()
    city.alarm("S4", "severe")
    expect(badge(page, "S4")).to_have_text("new")
    page.goto("about:blank")
    city.alarm("S5", "severe")
    page.go_back()
    painted(page)
    expect(page.locator("#alerts li")).to_have_count(3)

    assert [badge(page, f"S{k}").inner_text().lower() for k in (3, 4, 5)] == [
        "",
        "new",
        "new",
    ]
    other = live()
    expect(other.locator("#alerts li")).to_have_count(3)
    assert other.locator("#alerts .badge").all_inner_texts() == ["", "", ""]


@pytest.mark.parametrize(("motion", "flashes"), [("no-preference", 1), ("reduce", 0)])
def test_a_new_alert_flashes_for_those_who_do_not_mind(
    browser: Browser, server: CannedServer, city: CannedCity, motion: Any, flashes: int
) -> None:
    context = browser.new_context(viewport=LAPTOP, reduced_motion=motion)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script("""
        globalThis.flashed = []
        const animate = Element.prototype.animate
        Element.prototype.animate = function (...given) {
            flashed.push(this.dataset.key)
            return animate.apply(this, given)
        }""")
    page.goto(server.address)
    painted(page)
    alert = city.alarm("S5", "severe")
    expect(badge(page, "S5")).to_have_text("new")
    found = page.evaluate("flashed")
    context.close()

    assert found == [alert] * flashes


def test_the_title_counts_what_nobody_acknowledged(
    live: Open, city: CannedCity
) -> None:
    for segment_id in ("S3", "S4", "S5"):
        city.alarm(segment_id, "severe")
    page = live()
    titles = [page.title()]
    page.get_by_role("button", name="Acknowledge Street 4").click()
    expect(page.locator("#alerts .undo:visible")).to_have_count(1)
    titles.append(page.title())
    for alert in city.known_alerts:
        city.acknowledge(alert, "x", city.clock())
    expect(page.locator("#alerts .undo:visible")).to_have_count(3)

    assert [*titles, page.title()] == [
        "(3) City Traffic",
        "(2) City Traffic",
        "City Traffic",
    ]
