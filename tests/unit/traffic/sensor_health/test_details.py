"""What a fault says of a reading; what the reading does not have is not said as 0."""

from __future__ import annotations

import pytest

from traffic.segment.spans import MissingSpans
from traffic.segment.state import SensorState
from traffic.sensor_health.details import detail_of
from traffic.sensor_health.suspects import Track


@pytest.mark.parametrize(
    ("kind", "count", "speed", "score", "said"),
    [
        ("unit", 5, 10.0, 8, "congestion score 0.8 at 10 km/h: sent as 0-1?"),
        ("unit", 5, None, 8, "congestion score 0.8: sent as 0-1?"),
        ("unit", 5, 10.0, None, "congestion score sent as 0-1?"),
        ("unit", 5, 0.0, 0, "congestion score 0 at 0 km/h: sent as 0-1?"),
        ("impossible_flow", 500, None, None, "30,000 vehicles an hour"),
        ("impossible_flow", None, 50.0, None, None),
        ("stuck_speed", 5, 50.0, None, None),
    ],
)
def test_only_what_was_measured_is_said(
    kind: str,
    count: int | None,
    speed: float | None,
    score: int | None,
    said: str | None,
) -> None:
    summand = (count, speed, None, 60_000, score, 0.0)
    sensor = SensorState(0, 60_000, MissingSpans(), summand, is_fresh=True)

    assert detail_of(kind, Track(0, 0, 0), sensor) == said
