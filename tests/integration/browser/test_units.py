"""A city of miles sees mph and miles wherever the page shows a speed or a length."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from .canned_city import CannedCity
from .canned_server import CannedServer, Clock
from .conftest import Open, painted
from .learned import all_day
from .test_incidents import drawn


@pytest.fixture
def miles(city: CannedCity, clock: Clock) -> Iterator[CannedServer]:
    served = CannedServer(city, clock, unit="mph")
    served.bucket.learn(clock(), {"S3": all_day(60, 80)})
    yield served
    served.close()


@pytest.mark.usefixtures("jam")
def test_speeds_are_in_mph_and_lengths_in_miles(
    tab: Open, miles: CannedServer, city: CannedCity
) -> None:
    city.usual = dict.fromkeys(city.items, 61)
    city.sweep()
    page = tab()
    page.goto(f"{miles.address}/#segment=S3")
    painted(page)
    expect(page.locator("#outlook")).to_have_text(
        "Grey band: usual, 37 to 50 mph now. "
        "Dotted: expected, 31 in 15 min, 35 in 30 min, 42 in 60 min."
    )
    page.locator(".charts").press("ArrowLeft")
    expect(page.locator(".reading")).to_contain_text("28 mph (usual 37 to 50)")
    page.locator(".sensors summary").click()
    shown = page.locator("body").inner_text()

    assert page.locator("#segment .figures b").all_inner_texts()[:2] == ["28", "62"]
    assert page.locator("#glance-speed").inner_text() == "19"
    assert page.locator(".sensors tbody td").first.inner_text() == "29"
    free = page.locator(".across.free")
    assert float(free.get_attribute("data-value") or 0) == pytest.approx(62.137, 1e-4)
    expect(page.locator("#alerts .cost").first).to_contain_text("usual 38 mph")
    for words in (
        "Mean speed, mph",
        "Speed, mph",
        "1.7 mi · 12 mph · +7 min",
        "43 of 62 mph",
    ):
        assert words in shown
    assert "km" not in shown
    label = drawn(page, "heads")[0]["properties"]["label"]
    assert label == "Street 5\n1.7 mi +7 min"
    expect(page.locator(".maplibregl-ctrl-scale")).to_contain_text("ft")
