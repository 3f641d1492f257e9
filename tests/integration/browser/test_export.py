"""What list and panel show is saved as a file that a spreadsheet opens."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.unit.trafficctl.cli.formulas import FORMULAS

from .canned_city import CannedCity
from .canned_server import CONTROLLER, CannedServer
from .conftest import Open
from .learned import all_day
from .test_access import faults


def saved(page: Page, scope: str) -> tuple[str, list[list[str]]]:
    """Press Export; return the name and the rows of the file."""
    with page.expect_download() as found:
        page.locator(scope).get_by_role("button", name="Export").press("Enter")
    text = Path(found.value.path()).read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    assert all(line.endswith("\r\n") for line in lines)
    return found.value.suggested_filename, list(csv.reader(lines))


def test_the_list_is_saved_with_incidents_and_their_alerts(
    live: Open, city: CannedCity, jam: str
) -> None:
    city.acknowledge(jam, CONTROLLER, city.clock())
    page = live()
    page.get_by_role("button", name="Filter and sort").press("Enter")
    name, (head, *rows) = saved(page, "#choose")

    assert name.startswith("alerts-20")
    assert name.endswith(".csv")
    assert [row[0] for row in rows] == ["incident", "alert", "alert", "alert", "alert"]
    incident, first, *_, alone = [dict(zip(head, row, strict=True)) for row in rows]
    assert incident["name"] == "Street 5, Harbour to Old Town"
    assert (incident["speed (km/h)"], incident["length (km)"]) == ("19.3", "2.7")
    assert first["id"] == jam
    assert first["incident"] == incident["id"] == jam
    assert (first["speed (km/h)"], first["free flow (km/h)"]) == ("10", "100")
    assert first["acknowledged_by"] == CONTROLLER
    assert first["opened_at"].endswith("Z")
    assert (alone["name"], alone["incident"], alone["level"]) == (
        "Street 1",
        "",
        "high",
    )


def test_only_what_is_listed_is_saved(live: Open, city: CannedCity) -> None:
    city.alarm("S5", "severe")
    city.alarm("S4", "high")
    page = live("/#level=high")

    _, rows = saved(page, "#choose")

    assert [row[4] for row in rows] == ["name", "Street 4"]


def test_the_history_of_a_segment_is_saved_with_what_was_usual(
    live: Open, server: CannedServer, city: CannedCity
) -> None:
    server.bucket.learn(city.clock(), {"S3": all_day(60, 80)})
    city.history["S3"][0] |= {"speed": None, "flow": 0}
    page = live("/#segment=S3")
    expect(page.locator(".chart.speed .band")).to_have_count(1)
    name, (head, *rows) = saved(page, "#segment")

    assert name == "S3.csv"
    assert head[:4] == ["minute", "speed (km/h)", "usual low (km/h)", "usual (km/h)"]
    assert rows[0][1:5] == ["", "60", "80", "0"]
    assert rows[1] == [
        city.history["S3"][1]["minute"],
        "45",
        "60",
        "80",
        "3600",
        "55",
        "",
        "4",
    ]
    assert len(rows) == 91
    assert faults(page) == []


@pytest.mark.parametrize(("name", "cell"), FORMULAS)
def test_a_name_is_never_calculated(rules: Page, name: str, cell: str) -> None:
    text = rules.evaluate(
        """async name => (await import("/app/export.js")).csv([["a", name, -1.5]])""",
        name,
    )

    assert list(csv.reader([text])) == [["a", cell, "-1.5"]]
