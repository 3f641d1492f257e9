"""Texts and buttons of a row stand apart, on every screen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER, CannedServer
from .conftest import SIZES, Open, looking
from .test_incidents import HEAD

APART_PX = 6


def crowded(page: Page) -> list[Any]:
    """Which texts of a row are nearer than APART_PX to which of its buttons."""
    found: list[Any] = page.evaluate(
        """apart => {
            const box = node => {
                const range = document.createRange()
                range.selectNodeContents(node)
                const seen = node.getBoundingClientRect()
                const words = range.getBoundingClientRect()
                return {...words.toJSON(), right: Math.min(words.right, seen.right)}
            }
            const near = (a, b) => a.left < b.right + apart && b.left < a.right + apart
                && a.top < b.bottom && b.top < a.bottom
            const parts = ".name, .chip, .note, .figures, .cost, .seen, .fault"
            return [...document.querySelectorAll("#alerts .alert")].flatMap(row => {
                const texts = [...row.querySelectorAll(parts)]
                    .filter(text => text.checkVisibility() && text.textContent)
                const buttons = [...row.querySelectorAll(":scope > :not(.row)")]
                    .filter(one => one.checkVisibility())
                return texts.flatMap(text => buttons
                    .filter(one => near(box(text), one.getBoundingClientRect()))
                    .map(one => [text.className, one.className]))
            })
        }""",
        APART_PX,
    )
    return found


def test_texts_and_buttons_of_a_row_stand_apart(
    live: Open, city: CannedCity, server: CannedServer, jam: str
) -> None:
    city.usual = dict.fromkeys(city.items, 88)
    city.items["S1"]["name"] = "A road with a name of two lines, at its middle"
    city.sweep()
    page = live(f"/#incident={jam}")
    expect(page.locator(".inside .row")).to_have_count(3)
    near = {}
    for name, size in SIZES.items():
        looking(page, size)
        near[name] = crowded(page)
    page.locator(f"{HEAD} .accept").first.click()
    expect(page.locator(f"{HEAD} .seen").first).to_contain_text(CONTROLLER)
    server.unlucky = {f"/api/alerts/{jam.replace('@', '%40')}/acknowledge"}
    page.locator(".inside .undo").first.click()
    expect(page.locator(".inside .fault").first).to_be_visible()
    for name, size in SIZES.items():
        looking(page, size)
        near[f"{name}, acknowledged"] = crowded(page)

    assert {name: found for name, found in near.items() if found} == {}
