"""A segment's panel plots what is usual and what is expected, and says it in words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .canned_city import CannedCity
from .canned_server import CannedServer
from .conftest import Open
from .learned import all_day
from .test_access import faults


def opened(live: Open, server: CannedServer) -> Page:
    """Street 3, at 45 km/h where 60 to 80 is usual."""
    server.bucket.learn(server.city.clock(), {"S3": all_day(60, 80)})
    page = live("/#segment=S3")
    expect(page.locator(".chart.speed .ahead")).to_have_count(1)
    return page


def test_the_usual_speed_is_a_band_and_the_expected_one_a_dotted_line(
    live: Open, server: CannedServer
) -> None:
    page = opened(live, server)
    speed = page.locator(".chart.speed")
    now = float(speed.locator(".now").get_attribute("x1") or 0)
    band = speed.locator(".band").bounding_box()
    ahead = speed.locator(".ahead").bounding_box()
    curve = speed.locator(".curve").bounding_box()

    assert band
    assert ahead
    assert curve
    # 45 km/h lie below 60 to 80
    assert band["y"] + band["height"] < curve["y"]
    # expected: 80 - 0.85 x 35 = 50 to 80 - 0.35 x 35 = 68
    assert band["y"] < ahead["y"] < band["y"] + band["height"] < curve["y"]
    assert abs(ahead["x"] + ahead["width"] - band["x"] - band["width"]) < 4
    # three hours and one ahead, of 346 px after 46
    assert abs(now - (46 + 346 * 3 / 4)) < 4


def test_the_band_and_the_dots_are_said_in_words(
    live: Open, server: CannedServer
) -> None:
    page = opened(live, server)

    words = (
        "Grey band: usual, 60 to 80 km/h now. "
        "Dotted: expected, 50 in 15 min, 57 in 30 min, 68 in 60 min."
    )
    expect(page.locator("#outlook")).to_have_text(words)
    expect(page.locator(".chart.speed")).to_have_attribute(
        "aria-describedby", "outlook"
    )
    page.locator(".charts").press("ArrowLeft")
    expect(page.locator(".reading")).to_contain_text("45 km/h (usual 60 to 80)")
    assert faults(page) == []


def test_without_a_profile_there_is_no_band_and_the_panel_says_why(live: Open) -> None:
    page = live("/#segment=S3")

    expect(page.locator("#outlook")).to_have_text(
        "No usual speed: it takes three measured days of a kind "
        "(working day, Saturday, Sunday or holiday)."
    )
    assert page.locator(".band, .ahead, .now").count() == 0


def test_nothing_is_expected_where_no_vehicle_passes(
    live: Open, server: CannedServer, city: CannedCity
) -> None:
    server.bucket.learn(city.clock(), {"S3": all_day(60, 80)})
    city.set("S3", speed=None)
    page = live("/#segment=S3")

    expect(page.locator("#outlook")).to_have_text(
        "Grey band: usual, 60 to 80 km/h now."
    )
    assert page.locator(".chart.speed .band").count() == 1
    assert page.locator(".ahead").count() == 0


def test_the_charts_stay_where_they_are_while_they_are_read(
    live: Open, server: CannedServer, city: CannedCity
) -> None:
    city.history["S3"] = [{**one, "flow": 13600} for one in city.history["S3"]]
    page = opened(live, server)
    chart = page.locator(".chart.speed")
    before = chart.bounding_box()
    chart.hover(position={"x": 200, "y": 40})
    expect(page.locator(".reading")).to_contain_text("usual")

    assert chart.bounding_box() == before


AT_EDGES = """async minutes => {
    const {usualAt} = await import("/app/usual.js")
    const rows = [null, 60, 80, null].map((usual, at) =>
        ({at: (15 + 30 * at) * 60_000, low: usual && usual - 10, usual}))
    const found = minutes.map(one => usualAt(rows, one * 60_000))
    return found.map(one => one && [one.at / 60_000, one.low, one.usual])
}"""


def test_the_half_hour_beside_an_unknown_one_is_known_to_its_edge(
    rules: Page,
) -> None:
    told = rules.evaluate(AT_EDGES, [29, 30, 45, 60, 90, 91])

    assert told == [
        None,
        [30, 50, 60],
        [45, 50, 60],
        [60, 60, 70],
        [90, 70, 80],
        None,
    ]


@pytest.mark.parametrize("missing", [None, "constructor"])
def test_words_for_an_unknown_usual_speed_always_say_why(
    rules: Page, missing: str | None
) -> None:
    words = rules.evaluate(
        "why => import('/app/usual.js').then(u => u.outlookWords(null, why, []))",
        missing,
    )

    assert words == (
        "No usual speed: it takes three measured days of this kind "
        "(working day, Saturday, Sunday or holiday)."
    )
