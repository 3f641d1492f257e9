"""What the city expects of the sensors of a file: not too many, a reading at a time."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from traffic.policy import MAX_SENSORS_PER_SEGMENT
from trafficctl.cli.output import instant
from trafficctl.replay.rows import ReplayRow


class SensorTimes:
    """The times of each sensor, at eight bytes a reading."""

    def __init__(self) -> None:
        self._times: dict[str, dict[str, array[int]]] = {}  # by segment and sensor

    def add(self, row: ReplayRow) -> None:
        """Note the time of a row."""
        sensors = self._times.setdefault(row.segment_id, {})
        sensor = row.reading.sensor_id
        if sensor not in sensors:
            sensors[sensor] = array("q")
        sensors[sensor].append(row.event_ms)

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments in the order of the file."""
        return tuple(self._times)

    def crowded(self) -> list[str]:
        """What to say of each segment with more sensors than the city takes."""
        return [
            f"{segment} has {len(sensors):,} sensors, and the city takes "
            f"{MAX_SENSORS_PER_SEGMENT} of a segment - is segment_id the road, and "
            "sensor_id the detector?"
            for segment, sensors in self._times.items()
            if len(sensors) > MAX_SENSORS_PER_SEGMENT
        ]

    def repeats(self) -> str | None:
        """What to say of several readings of one sensor and time, None if none are."""
        repeats = [*self._repeats()]
        if not repeats:
            return None
        ms, segment, sensor, count = min(repeats)
        who = segment if sensor == segment else f"{segment} {sensor}"
        more = f", and so {len(repeats) - 1:,} times more" if len(repeats) > 1 else ""
        return (
            f"{who}, {instant(ms)}: {count} readings of one sensor{more} - is a column "
            "missing in sensor_id? The city takes one, and counts the others as known"
        )

    def _repeats(self) -> Iterator[tuple[int, str, str, int]]:
        for segment, sensors in self._times.items():
            for sensor, times in sensors.items():
                if all(one < other for one, other in pairwise(times)):
                    continue
                for ms, count in Counter(times).items():
                    if count > 1:
                        yield ms, segment, sensor, count
