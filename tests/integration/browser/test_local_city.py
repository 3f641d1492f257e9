"""The page on the deployed stack: sign-in, readings that become colours, alerts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.device import Device, register
from tests.integration.live import restart_live_api
from traffic.aws import dynamodb
from traffic.policy import MINUTE_MS
from traffic.segment.rows import hour_key
from traffic.timestamps import minute_text
from trafficctl.map import command as live_map
from trafficctl.map.proxy import Proxy, ProxyTarget
from trafficctl.roads.store import load_segments
from trafficctl.users import command as users

from .conftest import LAPTOP, PATIENCE_MS, painted
from .crossing import street
from .pixels import class_at
from .test_map import wait_for_class

CONTROLLER = "wall@city.example"
SEGMENT, DEVICE = "web-0", "web-device"
FREE, JAM = 95.0, 5.0
STEP_MS = 300_000  # of the playback


@dataclass
class Road:
    """A segment with one sensor, whose readings the test dates itself."""

    device: Device
    topic: str
    now_ms: int

    def drive(self, speed: float, after_s: int) -> None:
        """Send one reading, that much later than the last one."""
        self.now_ms += after_s * 1000
        reading = {
            "sensor_id": f"{SEGMENT}-a",
            "timestamp": self.now_ms,
            "vehicle_count": 12,
            "average_speed": speed,
            "interval": 10,
        }
        assert self.device.publish(self.topic, {"readings": [reading]}) == "Success"


@pytest.fixture(scope="module")
def road(local_city: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    outputs = local_city.outputs
    known = replace(street(0), segment_id=SEGMENT, name="Wall Street")
    load_segments(local_city.session, outputs["RoadSegmentsTable"], [known])
    restart_live_api(local_city)  # other tests' page may have read the roads lately
    folder: Path = tmp_path_factory.mktemp("browser")
    own = register(local_city, folder, DEVICE, {"segment_id": SEGMENT})
    device = Device(local_city.city, DEVICE, own)
    topic = f"{outputs['IngestTopicPrefix']}/{SEGMENT}/{DEVICE}"
    yield Road(device, topic, time.time_ns() // 1_000_000 - 1_200_000)
    device.close()


@pytest.fixture(scope="module")
def address(local_city: Any) -> Iterator[str]:
    """Where a browser finds the city, with a controller who is let in."""
    password = users.random_password()
    users.create_controller(
        local_city.session, local_city.outputs, CONTROLLER, password
    )
    endpoint, api = local_city.city.endpoint, local_city.outputs["LiveApiId"]
    proxy = Proxy(0, ProxyTarget(endpoint, api, CONTROLLER, password))
    live_map.allow_redirect(local_city.session, local_city.outputs, proxy.address)
    yield proxy.address
    proxy.close()


@pytest.fixture(scope="module")
def wall(browser: Browser, address: str, road: Road) -> Iterator[Page]:
    """A page that stays open, as on a wall."""
    road.drive(FREE, after_s=0)
    context = browser.new_context(
        viewport={"width": LAPTOP["width"], "height": LAPTOP["height"]},
        color_scheme="dark",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{address}/#segment={SEGMENT}")
    painted(page)
    yield page
    context.close()


def test_a_controller_signs_in_and_sees_the_city(wall: Page, address: str) -> None:
    assert wall.url == f"{address}/#segment={SEGMENT}"
    assert wall.locator("#sign-out").get_attribute("title") == CONTROLLER
    expect(wall.locator("#segment-name")).to_have_text("Wall Street")


def test_a_segment_that_jams_turns_its_colour(wall: Page, road: Road) -> None:
    wait_for_class(wall, SEGMENT, "0")
    before = class_at(wall, SEGMENT)
    road.drive(JAM, after_s=20)
    wait_for_class(wall, SEGMENT, "5")

    assert (before, class_at(wall, SEGMENT)) == ("0", "5")


def test_the_chart_shows_the_minutes_from_the_table(wall: Page, road: Road) -> None:
    for _ in range(6):
        road.drive(JAM, after_s=10)
    road.drive(JAM, after_s=60)
    wall.reload()
    painted(wall)

    expect(
        wall.locator(".chart.speed .curve, .chart.speed .dot").first
    ).to_be_attached()
    expect(wall.locator(".chart.speed .across.free")).to_have_count(1)


def test_the_minutes_from_the_table_are_played_back(
    wall: Page, local_city: Any
) -> None:
    first = (time.time_ns() // 1_000_000 - 180_000) // STEP_MS - 12
    for step in (first, first + 1):  # the next one may begin meanwhile
        minute = step * STEP_MS // MINUTE_MS
        row = {
            "segment_id": SEGMENT,
            "minute": minute_text(minute),
            "hour": hour_key(SEGMENT, minute),
            "congestion_score": 0.0,
            "speed": FREE,
        }
        local_city.client("dynamodb").put_item(
            TableName=local_city.outputs["SegmentHistoryTable"],
            Item=dynamodb.attributes(row),
        )
    wall.get_by_role("button", name="Playback").click()
    wait_for_class(wall, SEGMENT, "0")
    then = class_at(wall, SEGMENT)
    wall.get_by_role("button", name="Live", exact=True).click()
    wait_for_class(wall, SEGMENT, "5")

    assert (then, class_at(wall, SEGMENT)) == ("0", "5")


def test_an_incident_appears_stays_acknowledged_and_clears(
    wall: Page, road: Road
) -> None:
    for after_s in (20, 70):  # longer than AlertHoldSeconds
        road.drive(JAM, after_s)
    row = wall.locator("#alerts > .incident").filter(has_text="Wall Street")
    expect(row).to_contain_text("severe")
    row.get_by_role("button", name="Acknowledge Wall Street").click()
    expect(row).to_contain_text(CONTROLLER)
    wall.reload()
    painted(wall)
    expect(row).to_contain_text(CONTROLLER)
    row.get_by_role("button", name="Undo Wall Street").click()
    row.get_by_role("button", name="Acknowledge Wall Street").click()
    expect(row).to_contain_text(CONTROLLER)
    wall.mouse.move(0, 0)
    for after_s in (20, *[65] * 9):  # longer than AlertClearSeconds, never silent
        road.drive(FREE, after_s)

    expect(row).to_have_count(0)
