"""Alerts are filtered, found and sorted; each says speed, free flow and trend."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from traffic.policy import MINUTE_MS
from traffic.timestamps import minute_text

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import Open

TREND = """async ([points, score]) => {
    const {trend} = await import("/app/trend.js")
    const now = 1e12
    const then = points.map(([ago, score]) => ({at: now - ago * 60000, score}))
    return trend(then, score, now)
}"""
LOOKS = """async minutes => {
    const {pointsOf, remember} = await import("/app/trend.js")
    let looks = []
    for (let s = 0; s <= minutes * 60; s += 2) {
        looks = remember(looks, [{id: "a", score: s}, {id: "b"}], s * 1000)
    }
    const of = id => pointsOf(looks, id)
    return [looks.length, of("a")[0], of("b"), of("c")]
}"""


def listed(page: Page) -> list[str]:
    return [one.strip() for one in page.locator("#alerts .name").all_inner_texts()]


@pytest.fixture
def four(city: CannedCity) -> CannedCity:
    """Alerts of four segments in two districts."""
    for segment_id, district, level, since_s in [
        ("S2", "Old Town", "high", 60),
        ("S3", "Harbour", "severe", 600),
        ("S4", "Harbour", "high", 30),
        ("S5", "Old Town", "severe", 300),
    ]:
        city.items[segment_id]["district"] = district
        city.alarm(segment_id, level, since_s)
    seen = next(one for one in city.known_alerts if one.startswith("S5"))
    city.acknowledge(seen, "somebody", city.clock())
    return city


LISTED: list[tuple[str, list[int], str]] = [
    ("", [3, 5, 4, 2], "4"),
    ("district=Harbour", [3, 4], "2 of 4"),
    ("level=high", [4, 2], "2 of 4"),
    ("unacknowledged", [3, 4, 2], "3 of 4"),
    ("district=Old+Town&level=severe", [5], "1 of 4"),
    ("search=harb+3", [3], "1 of 4"),
    ("search=S5", [5], "1 of 4"),
    ("sort=newest", [4, 2, 5, 3], "4"),
    ("sort=oldest", [3, 5, 2, 4], "4"),
    ("sort=slowest", [5, 4, 3, 2], "4"),
    ("sort=name", [2, 3, 4, 5], "4"),
    ("sort=nonsense", [3, 5, 4, 2], "4"),
]


@pytest.mark.usefixtures("four")
def test_alerts_are_listed_as_the_address_says(live: Open) -> None:
    page = live("/#search=S5")
    for hash_, streets, count in [("search=S5", [5], "1 of 4"), *LISTED]:
        page.evaluate("hash => { location.hash = hash }", hash_)

        expect(page.locator("#alert-count")).to_have_text(count)
        expect(page.locator("#alerts .name")).to_have_text(
            [f"Street {k}" for k in streets]
        )
        assert page.title() == "(3) City Traffic"


@pytest.mark.usefixtures("four")
def test_alerts_are_filtered_by_the_controls_and_all_are_shown_again(
    live: Open,
) -> None:
    page = live()
    page.get_by_role("button", name="Filter and sort").click()
    page.get_by_label("District", exact=True).select_option("Harbour")
    page.get_by_label("Not acknowledged").check()
    expect(page.locator("#alerts li")).to_have_count(2)
    page.get_by_label("Find an alert").fill("nowhere")
    expect(page.locator("#told")).to_contain_text(
        "None of 4 open alerts fits what you chose."
    )
    page.get_by_role("button", name="Show all").click()

    expect(page.locator("#alerts li")).to_have_count(4)
    expect(page.get_by_label("Find an alert")).to_have_value("")
    assert "#" not in page.url


@pytest.mark.usefixtures("four")
def test_the_level_is_chosen_and_the_list_saved_by_keys_alone(live: Open) -> None:
    page = live()
    page.get_by_role("button", name="Filter and sort").press("Enter")
    for _ in range(4):  # search, order, district, level
        page.keyboard.press("Tab")
    expect(page.get_by_label("Level", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#alerts li")).to_have_count(2)
    for _ in range(3):  # unusual only, not acknowledged, export
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Export")).to_be_focused()

    assert "level=severe" in page.url
    assert listed(page) == ["Street 3", "Street 5"]


@pytest.mark.usefixtures("four")
def test_what_is_acknowledged_leaves_a_filtered_list_with_the_pointer(
    live: Open,
) -> None:
    page = live("/#unacknowledged")
    row = page.locator("#alerts li[data-key^=S3]")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row.get_by_role("button", name="Undo")).to_be_visible()
    page.mouse.move(200, 300)

    expect(page.locator("#alerts li")).to_have_count(2)


@pytest.mark.parametrize(
    ("points", "score", "said"),
    [
        ([], 50, None),
        ([[1, 50], [5, 50]], 80, None),
        ([[7.9, 50]], 80, None),
        ([[13.1, 50]], 80, None),
        ([[10, 50]], None, None),
        ([[10, None]], 50, None),
        ([[10, 50]], 55, "worse"),
        ([[10, 50]], 54.9, "steady"),
        ([[10, 50]], 45.1, "steady"),
        ([[10, 50]], 45, "better"),
        ([[10, 0]], 0, "steady"),
        ([[12, 90], [10, 50], [9, 90], [0, 80]], 80, "worse"),
    ],
)
def test_the_rule_of_a_trend(rules: Page, points: Any, score: Any, said: Any) -> None:
    assert rules.evaluate(TREND, [points, score]) == said


def test_scores_are_remembered_by_the_minute_and_forgotten(rules: Page) -> None:
    assert rules.evaluate(LOOKS, 60) == [14, {"at": 2_820_000, "score": 2820}, [], []]


def past(city: CannedCity, segment_id: str, score: float) -> None:
    """Let a segment have had this score until five minutes ago."""
    last = city.clock() // MINUTE_MS
    city.history[segment_id] = [
        {"minute": minute_text(last - ago), "congestion_score": score}
        for ago in range(30, 5, -1)
    ]


def test_each_alert_says_speed_free_flow_and_trend(
    live: Open, city: CannedCity
) -> None:
    for segment_id, score in [("S5", 60.0), ("S4", 70.0), ("S3", 99.0)]:
        past(city, segment_id, score)
    city.history["S2"] = []
    city.set("S1", sensors_reporting=0)
    for k in (5, 4, 3, 2, 1):
        city.alarm(f"S{k}", "severe", since_s=10 * (6 - k))
    page = live()
    lines = page.locator("#alerts .figures")

    expect(lines).to_have_text(
        [
            "10 of 100 km/h · ↗ worse",
            "30 of 100 km/h · → steady",
            "45 of 100 km/h · ↘ better",
            "55 of 100 km/h · trend unknown",
            "no sensor reports",
        ]
    )


def test_the_past_of_an_alert_is_asked_for_once_and_one_a_poll(
    live: Open, city: CannedCity, server: CannedServer
) -> None:
    for k in (2, 3, 4, 5):
        city.alarm(f"S{k}", "severe")
    page = live()
    for _ in range(6):
        with page.expect_response(lambda answer: "/api/now" in answer.url):
            pass
    asked = [path for path in server.asked if "/history" in path or "/now" in path]
    pasts = [path for path in asked if "/history" in path]

    assert len(pasts) == len(set(pasts)) == 4
    polls_left = accumulate(1 if "/now" in path else -1 for path in asked)
    assert min(polls_left) >= 0
