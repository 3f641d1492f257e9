"""Ten minutes on four roads, told over MQTT by devices of the template's kind.

All of it lies in the past and is published at once: event time decides. What is
published goes into the tally of the city's home, so that the audit can count it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from traffic.timestamps import minute_text
from trafficctl.local.process import LOCAL
from trafficctl.publishing.devices import (
    Broker,
    devices_of,
    register_devices,
    unit_name,
)
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.mqtt_fleet import Fleet
from trafficctl.publishing.tally import FILE_NAME, Tally
from trafficctl.roads.geojson import feature, feature_collection
from trafficctl.roads.network import parse
from trafficctl.roads.store import load_segments

from .stack import Stack
from .work import now_ms

MINUTE_MS = 60_000
PATIENCE_S = 90.0

JAMMED, WATCHED, CALM = "I-405:12", "main-st:3", "main-st:4"
UNKNOWN = "nobody.knows:77"  # no road file describes it
ROADS = feature_collection(
    [
        feature(
            [(34.07, -118.45), (34.08, -118.45)],
            segment_id=JAMMED,
            name="I-405 North at Sunset",
            district="Westwood",
            lanes=4,
            free_flow_speed=100,
        ),
        feature([(34.05, -118.25)], segment_id=WATCHED, name="Main Street"),
        feature([(34.04, -118.25)], segment_id=CALM, name="Main Street South"),
    ]
)
SPEEDS_OF_JAM = ((2, 95.0), (2, 40.0), (2, 10.0), (10, 95.0))  # minutes, km/h


class Story(NamedTuple):
    """When it began, ms since the epoch, at a full minute."""

    began_ms: int

    def at(self, minute: float) -> int:
        """An instant of the story."""
        return self.began_ms + round(minute * MINUTE_MS)

    def text(self, minute: int) -> str:
        """A minute of the story, as rows and alerts write it."""
        return minute_text(self.began_ms // MINUTE_MS + minute)


def reading(sensor_id: str, at_ms: int, **fields: Any) -> dict[str, Any]:
    """A reading of half a minute of free traffic; `fields` replace and add."""
    usual = {"vehicle_count": 10, "average_speed": 45.0, "interval": 30}
    return {"sensor_id": sensor_id, "timestamp": at_ms, **usual, **fields}


def begin(stack: Stack) -> Story:
    """Load the roads and publish all but the afterthoughts."""
    session, table = stack.city.session(), stack.outputs["RoadSegmentsTable"]
    load_segments(session, table, parse(ROADS, "the roads of the story"))
    story = Story((now_ms() // MINUTE_MS - 30) * MINUTE_MS)
    publish(stack, [*_jam(story), *_watched(story), _calm(story), _unknown(story)])
    return story


def end(stack: Stack, story: Story) -> None:
    """Publish what comes late, and what comes again."""
    publish(stack, [_buffered(story), _calm(story)])


Told = tuple[str, list[dict[str, Any]]]  # a segment, and the readings of one message


def _jam(story: Story) -> list[Told]:
    """Two lanes, a message each half minute: free, slow, nearly standing, free."""
    speeds = [speed for minutes, speed in SPEEDS_OF_JAM for _ in range(2 * minutes)]
    return [
        (
            JAMMED,
            [
                reading(lane, story.at(n / 2), average_speed=speed)
                for lane in ("lane-1", "lane-2")
            ],
        )
        for n, speed in enumerate(speeds)
    ]


def _watched(story: Story) -> list[Told]:
    """Six minutes of two sensors, once with a bad reading between theirs."""
    told = [
        (WATCHED, [reading(name, story.at(minute)) for name in ("s1", "s2")])
        for minute in range(6)
    ]
    told[2][1].insert(1, reading("s9", story.at(2), average_speed="fast"))
    return told


def _buffered(story: Story) -> Told:
    """What a third sensor counted in the second minute, and kept."""
    return WATCHED, [reading("s3", story.at(1), vehicle_count=20, average_speed=30.0)]


def _calm(story: Story) -> Told:
    """A message that is published twice: its acknowledgement was not heard."""
    return CALM, [reading("s1", story.at(0)), reading("s2", story.at(0))]


def _unknown(story: Story) -> Told:
    return UNKNOWN, [reading("s1", story.at(0), average_speed=25.0)]


def publish(stack: Stack, told: Sequence[Told]) -> None:
    """Publish messages in their order, each by the device of its segment."""
    segments = list(dict.fromkeys(segment for segment, _ in told))
    wanted = devices_of(stack.city.stack, segments)
    session = stack.city.session()
    devices = register_devices(session, stack.outputs, stack.home, wanted)
    city, prefix = stack.city, stack.outputs["IngestTopicPrefix"]
    broker = Broker(city.mqtt_host, city.mqtt_port, stack.home / "ca.pem")
    run = uuid.uuid4().hex[:8]
    with (
        Tally(stack.home / LOCAL / FILE_NAME, run, now_ms) as tally,
        Fleet(broker, devices, prefix, tally) as fleet,
    ):
        fleet.connect(PATIENCE_S)
        for segment, readings in told:
            content = json.dumps({"readings": readings}).encode()
            fleet.publish(unit_name(segment, 1), MqttMessage(content, len(readings)))
        assert fleet.drain(PATIENCE_S)
