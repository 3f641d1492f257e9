"""A processor that stops for a while, and what CloudWatch says of it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from traffic.sensor_health.last_heard import ScannedSegment
from traffic.sensor_health.processor_lag import is_behind, span_s
from traffic.sensor_health.thresholds import FIGURES_LATE_MS

from ..segment.builders import ms
from .street import Device, Street

EPOCH_S = ms(0) // 1000
ORDINARY_MS = 1_500.0


@dataclass
class Stopping(Street):
    """A street whose readings wait in the stream from *start_s* until *end_s*.

    Those of the *waiting* segments alone where their shard is blocked: a batch is tried
    again and again. With *is_off* no batch is read at all. Figures of a minute are
    there FIGURES_LATE_MS after it, which is as late as CloudWatch is expected to be.
    """

    start_s: float = 0
    end_s: float = 0
    waiting: frozenset[str] = frozenset()
    is_off: bool = False

    def waits(self, device: Device) -> bool:
        return self.is_off or device.segment in self.waiting

    def seen(self, at_s: float) -> list[ScannedSegment]:
        """What a scan finds: of those that wait, what was there when it began."""
        waiting = [one for one in self.devices if self.waits(one)]
        others = [one for one in self.devices if not self.waits(one)]
        then_s = self.start_s if self.start_s < at_s < self.end_s else at_s
        return [
            *Street(waiting, self.districts).seen(then_s),
            *Street(others, self.districts).seen(at_s),
        ]

    def is_held(self, at_s: float) -> bool:
        """What a sweep concludes from the figures that are known at that second."""
        records, ages = self.figures(at_s)
        return is_behind(records, ages, EPOCH_S + int(at_s))

    def figures(self, at_s: float) -> tuple[dict[int, float], dict[int, float]]:
        start, _ = span_s(EPOCH_S + int(at_s))
        known_s = EPOCH_S + at_s - FIGURES_LATE_MS / 1000 - 60
        records, ages = {}, {}
        for minute in range(start, int(known_s) + 1, 60):
            begin = minute - EPOCH_S
            came = [one for one in self.devices if _spoke(one, begin)]
            if came:
                records[minute] = float(len(came))
            read = [self._age_ms(begin)]
            if any(not self._is_stopped(one, begin) for one in came):
                read.append(ORDINARY_MS)
            if max(read) > 0:
                ages[minute] = max(read)
        return records, ages

    def _is_stopped(self, device: Device, begin_s: float) -> bool:
        return self.waits(device) and self.start_s <= begin_s < self.end_s

    def _age_ms(self, begin_s: float) -> float:
        """The age of the oldest reading that waited, where a batch of it is tried."""
        first = [self._first(one) for one in self.devices if self.waits(one)]
        if not first or min(first) >= self.end_s:
            return 0
        until_s = min(begin_s + 60, self.end_s)
        is_tried = not self.is_off or begin_s + 60 >= self.end_s
        is_over = begin_s >= self.end_s
        return 0 if is_over or not is_tried else (until_s - min(first)) * 1000

    def _first(self, device: Device) -> float:
        turns = (self.start_s - device.phase_s) // device.interval_s + 1
        return device.phase_s + turns * device.interval_s


def _spoke(device: Device, begin_s: float) -> bool:
    """Whether it spoke in the minute that begins then."""
    spoke_s = device.speaks(begin_s + 59.999)
    return spoke_s is not None and spoke_s >= begin_s
