"""A page that is not live says so, and becomes live again by itself."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import Open


def test_a_lost_connection_is_said_retried_and_recovers(
    live: Open, server: CannedServer, city: CannedCity
) -> None:
    page = live()
    server.down = True
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#notice-text")).to_contain_text("What you see is not live")
    expect(page.locator("#link")).to_have_text("No connection")
    expect(page.get_by_role("button", name="Retry now")).to_be_visible()
    city.drive("S0", 5.0, 400, 4)
    server.down = False
    expect(page.locator("#notice")).to_be_hidden()

    expect(page.locator("#link")).to_have_text("Live")
    expect(page.locator("#spoken")).to_contain_text("Connection is back.")
    expect(page.locator("#worst li").first).to_contain_text("Street 0")


def test_a_network_that_is_gone_is_said_too(live: Open) -> None:
    page = live()
    page.context.set_offline(True)
    expect(page.locator("#notice-text")).to_contain_text("can't be reached")
    page.context.set_offline(False)

    expect(page.locator("#notice")).to_be_hidden()


def test_the_page_waits_longer_after_each_failure(rules: Page) -> None:
    waits = rules.evaluate(
        "import('/app/poller.js').then(p =>"
        " [1, 2, 3, 4, 5, 20].map(n => [p.waitAfter(n, 0), p.waitAfter(n, 1)]))"
    )

    assert waits == [
        [1500, 2000],
        [3000, 4000],
        [6000, 8000],
        [12000, 16000],
        [22500, 30000],
        [22500, 30000],
    ]


def test_old_data_turns_amber_then_red(live: Open, clock: Clock) -> None:
    page = live()
    age = page.locator("#age")
    expect(age).to_have_attribute("data-state", "fresh")
    clock.lead_ms += 15_000
    expect(age).to_have_attribute("data-state", "amber")
    expect(page.locator("#spoken")).to_contain_text("Data is more than 10 seconds old.")
    clock.lead_ms += 20_000

    expect(age).to_have_attribute("data-state", "red")


def test_a_wrong_clock_of_the_viewer_does_not_make_data_old(
    tab: Open, server: CannedServer
) -> None:
    page = tab()
    page.clock.install(time="2031-01-01T00:00:00")
    page.goto(server.address)
    page.wait_for_selector("#link[data-state=live]")

    expect(page.locator("#age")).to_have_attribute("data-state", "fresh")


def test_polls_ask_only_for_what_changed(live: Open, server: CannedServer) -> None:
    page = live()
    server.asked.clear()
    with page.expect_response(lambda answer: "/api/now" in answer.url) as caught:
        pass
    answer = caught.value.json()

    assert "since=" in caught.value.url
    assert (answer["full"], answer["segments"]) == (False, [])


def test_an_older_answer_does_not_undo_a_newer_one(rules: Page) -> None:
    speeds = rules.evaluate("""async () => {
        const {emptyCity, takeNow, takeRoads} = await import("/app/city.js")
        const city = emptyCity()
        const columns = ["id", "speed", "updated_at"]
        takeRoads(city, [{id: "a", line: null, lat: 1, lon: 1}])
        const fixed = {columns, now: 9, city: {}, version: "1", alerts: []}
        const take = (speed, at, full) =>
            takeNow(city, {...fixed, full, segments: [["a", speed, at]]}, 9)
        take(50, 5, true)
        take(20, 7, false)
        take(50, 5, false)
        const first = city.segments.get("a").speed
        take(50, 5, true)
        return [first, city.segments.get("a").speed]
    }""")

    assert speeds == [20, 20]


CITY = """async steps => {
    const {emptyCity, takeAlert, takeNow} = await import("/app/city.js")
    const city = emptyCity()
    const told = at => ({version: "1", now: 0, city: {}, segments: [], columns: [],
        alerts: [{alert_id: "a", acknowledged_at: at, acknowledged_by: at && "x"}]})
    return steps.map(([what, at, clock]) => {
        if (what === "poll") takeNow(city, told(at), clock)
        else takeAlert(city, told(at).alerts[0], clock)
        return city.alerts[0].acknowledged_at
    })
}"""


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        # an older look is answered after the acknowledgement, or after its undo
        ([["poll", None, 0], ["own", 7, 10], ["poll", None, 2000]], [None, 7, 7]),
        ([["poll", 7, 0], ["own", None, 10], ["poll", 7, 2000]], [7, None, None]),
        # what a colleague did meanwhile shows once no older look can come
        ([["poll", 7, 0], ["own", None, 10], ["poll", 8, 5011]], [7, None, 8]),
        ([["poll", None, 0], ["poll", 7, 2000], ["poll", None, 4000]], [None, 7, 7]),
        ([["poll", 7, 0], ["poll", None, 6000]], [7, None]),
    ],
)
def test_an_older_look_does_not_bring_back_what_was_done(
    rules: Page, steps: list[Any], shown: list[Any]
) -> None:
    assert rules.evaluate(CITY, steps) == shown
