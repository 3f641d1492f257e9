"""The page says what is known, and never that all is well where nobody knows."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import Open
from .crossing import street

UNKNOWN = "\N{EN DASH}"
LOAD = "trafficctl roads load FILE"
SAID = """async ([facts, lostAt]) => {
    const {said} = await import("/app/known.js")
    const at = text => text && Date.parse(`2026-11-22T${text}:00Z`)
    return said({...facts, heard_at: at(facts.heard)}, at("20:00"), at(lostAt))
}"""


def facts(roads: int, reporting: int, **more: Any) -> dict[str, Any]:
    return {"roads": roads, "reporting": reporting, "waiting": 0, "alerts": 0, **more}


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (facts(0, 0), "No roads are loaded. Load them with"),
        (facts(6, 0), "No sensor has reported yet."),
        (facts(6, 0, heard="19:12"), "No sensor reports since 19:12."),
        (facts(6, 0, heard="19:12", alerts=2), "No sensor reports since 19:12."),
        (facts(6, 6), "No road is jammed."),
        (facts(6, 6, alerts=1), ""),
        (
            facts(6, 6, waiting=1),
            "1 road is congested, but not yet for the hold time.",
        ),
        (
            facts(6, 6, waiting=2, alerts=1),
            "2 other roads are congested, but not yet for the hold time.",
        ),
        (facts(6, 4), "Of 6 roads only 4 report. None of those is jammed."),
        (facts(6, 1, alerts=1), "Of 6 roads only 1 reports."),
        (
            facts(5000, 4000, waiting=3),
            "Of 5,000 roads only 4,000 report. "
            "3 roads are congested, but not yet for the hold time.",
        ),
    ],
)
def test_the_rule_of_what_is_said(
    rules: Page, known: dict[str, Any], text: str
) -> None:
    told = rules.evaluate(SAID, [known, None])

    assert told["text"] == text
    assert told.get("command") == (LOAD if known["roads"] == 0 else None)


def test_without_a_connection_nothing_is_claimed(rules: Page) -> None:
    assert rules.evaluate(SAID, [facts(6, 6), "19:55"]) == {
        "text": "No connection: nothing is known since 19:55."
    }


def test_an_empty_city_says_how_to_load_roads(tab: Open, clock: Clock) -> None:
    server = CannedServer(CannedCity([], clock), clock)
    page = tab()
    page.goto(server.address)
    try:
        expect(page.locator("#told")).to_have_text(
            f"No roads are loaded. Load them with {LOAD}", use_inner_text=True
        )
        expect(page.locator("#empty code")).to_have_text(LOAD)
        assert page.locator("#glance dd").all_inner_texts()[:3] == [
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
        ]
    finally:
        server.close()


def test_sensors_that_are_all_silent_are_said_and_no_figure_is_shown(
    live: Open, city: CannedCity
) -> None:
    for item in city.items.values():
        for name in ("updated_at", "observed_at"):
            item[name] -= 11 * 60_000
    page = live()
    told = page.locator("#told")
    expect(told).to_contain_text("No sensor reports since")
    heard_s = city.items["S0"]["observed_at"] / 1000
    at = datetime.fromtimestamp(heard_s, timezone.utc).strftime("%H:%M")

    assert at in told.inner_text()
    values = page.locator("#glance dd").all_inner_texts()
    assert values == [UNKNOWN, UNKNOWN, UNKNOWN, "0 / 24"]


def test_sensors_of_some_roads_that_are_silent_are_said(
    live: Open, city: CannedCity
) -> None:
    for segment_id in ("S3", "S4", "S5"):
        city.set(segment_id, sensors_reporting=0)
    page = live()

    expect(page.locator("#told")).to_have_text(
        "Of 6 roads only 3 report. None of those is jammed.", use_inner_text=True
    )
    expect(page.locator("#glance-congested")).to_have_text("0 %")


def test_a_road_that_is_congested_during_its_hold_time_is_said(
    live: Open, city: CannedCity
) -> None:
    for segment_id in ("S3", "S4"):
        city.drive(segment_id, 90.0, 900, 4)
    city.set("S5", congestion_score=88.0)
    page = live()
    told = page.locator("#told")
    expect(told).to_contain_text("1 road is congested, but not yet for the hold time.")
    city.alarm("S5", "severe")
    expect(page.locator("#alerts li")).to_have_count(1)
    expect(told).to_be_hidden()
    city.drive("S5", 90.0, 900, 4)
    city.clear(next(iter(city.known_alerts)))

    expect(told).to_contain_text("No road is jammed.")


def test_a_lost_connection_claims_nothing_of_the_roads(
    live: Open, server: CannedServer
) -> None:
    page = live()
    server.down = True

    expect(page.locator("#told")).to_contain_text("No connection: nothing is known")
    server.down = False
    page.get_by_role("button", name="Retry now").click()
    expect(page.locator("#told")).to_contain_text("congested")


def test_a_free_flow_or_speed_that_is_not_known_is_said(
    live: Open, city: CannedCity
) -> None:
    for name in ("free_flow_speed", "speed_ratio", "travel_time_index"):
        city.items["S5"].pop(name, None)
    for name in ("speed", "speed_ratio", "free_flow_speed"):
        city.items["S4"].pop(name, None)
    city.alarm("S5", "severe")
    city.alarm("S4", "high")
    page = live("/#segment=S5")
    expect(page.locator(".chart.speed .curve")).to_have_count(1)

    expect(page.locator("#alerts li").first).to_contain_text(
        "10 km/h, free flow unknown"
    )
    expect(page.locator("#alerts li").last).to_contain_text("speed unknown")
    text = page.locator("body").inner_text()
    assert [word for word in ("undefined", "NaN", "null") if word in text] == []


@pytest.mark.parametrize("how", ["silent", "long unheard"])
def test_a_road_of_which_nothing_is_heard_has_no_figures(
    live: Open, city: CannedCity, how: str
) -> None:
    if how == "silent":
        city.set("S3", sensors_reporting=0)
    else:
        city.items["S3"]["updated_at"] -= 11 * 60_000
    page = live("/#segment=S3&find=Street+3")
    figures = page.locator("#segment .figures b")
    expect(figures.first).to_have_text(UNKNOWN)

    free_flow = "100"
    assert figures.all_inner_texts() == [UNKNOWN, free_flow, *[UNKNOWN] * 4]
    expect(page.locator("#segment .note").first).to_contain_text("0 of 4 sensors")
    expect(page.locator("#worst li")).to_contain_text("no sensor reports")


def test_how_many_sensors_there_are_is_unknown_before_one_reported(
    tab: Open, clock: Clock
) -> None:
    server = CannedServer(CannedCity([street(0)], clock), clock)
    page = tab()
    page.goto(server.address)
    try:
        expect(page.locator("#told")).to_contain_text("No sensor has reported yet.")
        assert page.locator("#glance dd").all_inner_texts() == [UNKNOWN] * 4
    finally:
        server.close()


def test_a_road_that_is_removed_is_not_counted_among_the_silent_ones(
    live: Open, city: CannedCity
) -> None:
    page = live()
    del city.items["S2"]
    expect(page.locator("#glance dd").first).to_have_text("18,000")

    expect(page.locator("#told")).to_have_text(
        "3 roads are congested, but not yet for the hold time.", use_inner_text=True
    )


REMOVED = """async () => {
    const {emptyCity, takeNow, takeRoads} = await import("/app/city.js")
    const city = emptyCity()
    const roads = ids => takeRoads(city, [...ids].map(id => ({id, lat: 1, lon: 1})))
    const take = (rows, full) => takeNow(city, {version: "1", now: 9, city: {}, full,
        columns: ["id", "score", "updated_at"], segments: rows, alerts: []}, 9)
    const known = () => [...city.segments.values()].map(one => [one.id, one.index])
    roads("ABC")
    take([["A", 1, 5], ["B", 2, 5], ["C", 3, 5]], true)
    const changed = take([["A", 1, 5], ["C", 3, 5]], true)
    take([["D", 4, 6]], false)
    const before = [known(), city.isRebuilt]
    roads("ABCD")
    return {
        changed: changed.map(one => [one.id, one.updated_at]), before,
        after: [known(), city.isRebuilt],
    }
}"""


def test_no_index_is_given_twice_and_a_removed_road_does_not_return_with_old_roads(
    rules: Page,
) -> None:
    told = rules.evaluate(REMOVED)

    assert told == {
        "changed": [["B", None], ["A", 5], ["C", 5]],
        "before": [[["A", 0], ["C", 2], ["D", 3]], True],
        "after": [[["A", 0], ["C", 1], ["D", 2]], False],
    }


def test_a_road_that_was_built_anew_has_no_values_of_its_past(rules: Page) -> None:
    score = rules.evaluate("""async () => {
        const {emptyCity, takeNow} = await import("/app/city.js")
        const city = emptyCity()
        const columns = ["id", "score", "updated_at"]
        for (const row of [["A", 77, 5], ["A", null, null]])
            takeNow(city, {version: "1", now: 9, city: {}, alerts: [], full: true,
                columns, segments: [row]}, 9)
        return city.segments.get("A").score
    }""")

    assert score is None
