"""A steady stream of messages of 25 readings, with a jam now and then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trafficctl.publishing.devices import unit_name
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.publisher import SentReading, TimedMessage, payload

SENSORS = 25  # of each segment, all in one message
PERIOD_MS = 1_000  # between two messages of a segment
JAMMED_OF = 20  # one segment in so many jams
CALM_SCORE, JAM_SCORE = 12, 90


def segments_for(rate: float) -> list[str]:
    """The segments that together send *rate* readings a second."""
    count = max(1, round(rate * PERIOD_MS / 1000 / SENSORS))
    return [f"bench-{number}" for number in range(count)]


def offset_ms(number: int, count: int) -> int:
    """When in each period segment *number* of *count* sends."""
    return PERIOD_MS * number // count


def messages(
    segments: Sequence[str], seconds: float, start_ms: int
) -> Iterator[TimedMessage]:
    """Each segment's message of each period, in order of time."""
    devices = [unit_name(segment, 1) for segment in segments]
    for period in range(int(seconds * 1000 / PERIOD_MS)):
        for number, device in enumerate(devices):
            passed_ms = period * PERIOD_MS + offset_ms(number, len(segments))
            jams = number % JAMMED_OF == 0 and is_jam(passed_ms / 1000, seconds)
            readings = _readings(start_ms + passed_ms, jams)
            message = MqttMessage(payload(readings), len(readings))
            yield TimedMessage(passed_ms / 1000, device, message)


def is_jam(passed_s: float, seconds: float) -> bool:
    """Whether the jammed segments stand still: for the second quarter of the run."""
    return seconds / 4 <= passed_s < seconds / 2


def _readings(at_ms: int, jams: bool) -> list[SentReading]:
    return [
        SentReading(
            sensor_id=f"lane-{number}",
            timestamp=at_ms,
            vehicle_count=0 if jams else number % 3,
            average_speed=4.5 if jams else 78.0 + number,
            congestion_score=JAM_SCORE if jams else CALM_SCORE,
            interval=PERIOD_MS / 1000,
        )
        for number in range(SENSORS)
    ]
