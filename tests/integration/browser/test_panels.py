"""Figures, lists and charts tell what the city knows, and lead there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from .canned_city import CannedCity
from .canned_server import CONTROLLER
from .conftest import Open

MARKUP = "<img src=x onerror=\"document.title='broken'\">Elm & <b>Oak</b>"


def centre_distance_km(page: Page, segment_id: str) -> float:
    """How far the middle of the map is from a segment's."""
    found: float = page.evaluate(
        """id => {
            const {map, city} = cityTraffic
            const [x, y] = city.segments.get(id).line[1]
            const at = map.map.getCenter()
            return Math.hypot((at.lng - x) * 92, (at.lat - y) * 111)
        }""",
        segment_id,
    )
    return found


def test_the_city_at_a_glance(live: Open) -> None:
    page = live()
    values = page.locator("#glance dd").all_inner_texts()

    # 6 streets of 3,600 veh/h; 6 / (sum of 1/speed) km/h; scores 55, 70, 90 of six
    assert values == ["21,600", "30", "50 %", "24 / 24"]


def test_the_worst_segments_lead_the_list_and_a_click_flies_there(live: Open) -> None:
    page = live()
    rows = page.locator("#worst li")
    expect(rows.first).to_contain_text("Street 5")
    expect(rows.first).to_contain_text("Old Town · 10 of 100 km/h · F")
    assert [row.split("\n")[0] for row in rows.all_inner_texts()] == [
        f"Street {k}" for k in (5, 4, 3, 2, 1, 0)
    ]
    rows.first.get_by_role("button").click()

    expect(page.locator("#segment-name")).to_have_text("Street 5")
    assert centre_distance_km(page, "S5") < 2
    assert "segment=S5" in page.url


def test_any_segment_is_found_by_name(live: Open) -> None:
    page = live()
    page.get_by_label("Find a segment").fill("town 2")
    expect(page.locator("#worst li")).to_have_count(1)
    page.get_by_label("Find a segment").fill("nowhere")

    expect(page.locator("#no-worst")).to_be_visible()


def test_an_alert_appears_is_acknowledged_for_all_and_clears(
    live: Open, city: CannedCity
) -> None:
    page, colleague = live(), live()
    expect(page.locator("#told")).to_be_visible()
    alert = city.alarm("S5", "severe", since_s=300)
    row = page.locator("#alerts li")
    expect(row).to_have_count(1)
    expect(page.locator("#spoken")).to_contain_text(
        "New severe congestion: Street 5, Old Town"
    )
    expect(row).to_contain_text("severe")
    expect(row).to_contain_text("5 min")
    assert page.title() == "(1) City Traffic"
    page.get_by_role("button", name="Acknowledge Street 5").click()
    expect(row).to_contain_text(CONTROLLER)
    expect(row.locator(".accept")).to_be_hidden()
    expect(colleague.locator("#alerts li")).to_contain_text(CONTROLLER)
    page.reload()
    expect(row).to_contain_text(CONTROLLER)
    page.mouse.move(0, 0)
    city.clear(alert)
    expect(row).to_have_count(0)

    expect(page.locator("#spoken")).to_contain_text("Cleared: Street 5, Old Town")
    expect(page.locator("#told")).to_be_visible()


def test_an_alert_that_cleared_meanwhile_is_not_acknowledged(
    live: Open, city: CannedCity
) -> None:
    alert = city.alarm("S5", "high")
    page = live()

    def clears_on_the_way(route: Route) -> None:
        city.clear(alert)
        route.continue_()

    page.route("**/acknowledge", clears_on_the_way)
    page.route("**/api/now*", lambda route: route.abort())
    page.get_by_role("button", name="Acknowledge Street 5").click()

    expect(page.locator("#alerts .fault")).to_contain_text(
        f"Not acknowledged: alert {alert} is cleared"
    )
    assert "acknowledged_by" not in city.known_alerts[alert]


def test_severe_alerts_come_before_high_ones_and_seen_ones_last(
    live: Open, city: CannedCity
) -> None:
    for segment_id, level, since_s in [
        ("S0", "high", 10),
        ("S1", "severe", 900),
        ("S2", "severe", 60),
    ]:
        city.alarm(segment_id, level, since_s)
    seen = city.alarm("S3", "severe", 5)
    city.acknowledge(seen, "somebody", city.clock())
    page = live()

    names = page.locator("#alerts .name").all_inner_texts()
    assert names == ["Street 2", "Street 1", "Street 3", "Street 0"]


def test_a_segment_shows_its_last_hours_with_free_flow_as_a_line(live: Open) -> None:
    page = live("/#segment=S3")
    speed = page.locator(".chart.speed")
    expect(speed.locator(".curve")).to_have_count(1)
    expect(speed.locator(".across.free")).to_have_attribute("data-value", "100")
    expect(page.locator(".chart.score .across")).to_have_count(2)
    expect(page.locator(".chart.flow .curve")).to_have_count(1)
    figures = page.locator("#segment .figures b").all_inner_texts()

    assert figures == ["45", "100", "3,600", "55", "D", "2.2"]


def test_the_chart_is_read_by_pointer_and_by_keys(live: Open) -> None:
    page = live("/#segment=S3")
    page.locator(".chart.speed").hover(position={"x": 200, "y": 40})
    expect(page.locator(".reading")).to_contain_text("45 km/h, 3,600 veh/h")
    charts = page.locator(".charts")
    charts.focus()
    charts.press("ArrowLeft")
    expect(page.locator(".reading")).to_contain_text("congestion 55")

    assert page.locator(".cross[visibility=visible]").count() == 3


def test_a_gap_in_the_record_is_not_drawn_over(live: Open, city: CannedCity) -> None:
    city.history["S3"] = city.history["S3"][:30] + city.history["S3"][60:]
    page = live("/#segment=S3")

    expect(page.locator(".chart.speed .curve")).to_have_count(2)


def test_a_segment_lists_its_sensors(live: Open) -> None:
    page = live("/#segment=S1")
    page.locator(".sensors summary").click()

    expect(page.locator(".sensors tbody tr")).to_have_count(4)
    expect(page.locator(".sensors summary")).to_have_text("Sensors: 4 of 4 report")


def test_names_are_shown_not_run(live: Open, city: CannedCity) -> None:
    city.items["S5"] |= {"name": MARKUP, "district": MARKUP}
    city.alarm("S5", "severe")
    page = live("/#segment=S5")
    places = ["#alerts .name", "#worst li:first-child .name", "#segment-name"]

    for place in places:
        expect(page.locator(place)).to_have_text(MARKUP)
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "(1) City Traffic"


LATE = """async fails => {
    const {createOpenSegment} = await import("/app/opened.js")
    const box = document.createElement("section")
    const asked = new Map(), past = []
    const get = path => new Promise((answer, fail) => asked.set(path, {answer, fail}))
    createOpenSegment({
        box, api: {get}, thresholds: {high: 50, severe: 80}, time: () => 9e6,
        closed() {}, sensors() {}, act() {}, alarm: () => ({}),
        past: (_id, answer) => past.push(answer.rows.length),
    }).open({id: "S3", name: "Street 3"})
    const choose = hours => {
        const list = box.querySelector("select")
        list.value = hours
        list.dispatchEvent(new Event("change"))
        return asked.get(`api/segments/S3/history?hours=${hours}`)
    }
    const [late, wanted] = [choose("48"), choose("1")]
    const usual = {columns: [], rows: []}
    const minute = ["1970-01-01T02:00Z", 45, 900, 55]
    const columns = ["minute", "speed", "flow", "score"]
    const history = rows => ({columns, rows, usual})
    wanted.answer(history([]))
    if (fails) late.fail(new Error("the city did not answer in time"))
    else late.answer(history([minute]))
    await new Promise(setTimeout)
    return [box.querySelector(".span + .none").textContent, past]
}"""


@pytest.mark.parametrize("fails", [False, True])
def test_what_comes_late_of_hours_no_longer_chosen_is_not_shown(
    rules: Page, fails: bool
) -> None:
    assert rules.evaluate(LATE, fails) == ["Nothing was recorded in this span.", [0]]
