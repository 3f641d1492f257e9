"""A city of sensors that speak as they are told, and the sweeps that look at it.

Times are seconds after START; the wall clock of a sweep is that of the receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec.structs import replace as with_fields

from traffic.model import Road, StoredSegment
from traffic.segment.spans import MissingSpans
from traffic.segment.state import SensorState, WorkingState
from traffic.segment.windows import Sums, Window
from traffic.sensor_health import memory as packed_memory
from traffic.sensor_health.faults import DISMISSED, Fault, dismissed
from traffic.sensor_health.judge import Judgement, judge
from traffic.sensor_health.last_heard import ScannedSegment
from traffic.sensor_health.memory import Memory

from ..segment.builders import ms

SILENT_S = 300
SWEEP_S = 60
ROAD = Road(name="Main Street", lanes=3, free_flow_speed=60.0, known=True)
Says = Callable[[float], dict[str, Any]]


def traffic(seconds: float) -> dict[str, Any]:
    """Ordinary traffic: no two readings alike."""
    n = int(seconds) // 20
    count, speed = 1 + n % 2, 40.0 + n % 11
    cover_s = count * (6.0 + n % 13 / 10) / speed * 3.6
    return {
        "vehicle_count": count,
        "speed": speed,
        "occupancy": round(cover_s / 60, 3),
    }


def same(**values: Any) -> Says:
    """A sensor that says the same whatever happens."""
    said = {"vehicle_count": 0, "speed": None, "occupancy": None, **values}
    return lambda _: said


EMPTY = same(occupancy=0.0)


@dataclass
class Device:
    """A sensor: how often it speaks, how wrong its clock is, and what it says.

    It speaks at *phase_s* and each *interval_s* after it, but not *within* any of the
    spans of silence.
    """

    name: str
    segment: str = "s"
    interval_s: float = 60
    phase_s: float = 0
    clock_s: float = 0
    says: Says = traffic
    silences: list[tuple[float, float]] = field(default_factory=list)
    _counted: tuple[float, float | None] = (-1.0, None)  # until when, and the last

    def speaks(self, until_s: float) -> float | None:
        """When it last spoke before that second, None if it never did."""
        at = self._turn(until_s)
        for start, end in sorted(self.silences, reverse=True):
            if start < at <= end:
                at = self._turn(start)
        return at if at >= self.phase_s else None

    def counted(self, until_s: float) -> int | None:
        """When it last counted a vehicle, by its clock in whole seconds (ms)."""
        known_s, last = self._counted
        if until_s < known_s:
            known_s, last = -1.0, None
        at = self.speaks(until_s)
        while at is not None and at > known_s:
            if self.says(at)["vehicle_count"]:
                last = at
                break
            at = self.speaks(at - self.interval_s)
        self._counted = until_s, last
        return None if last is None else ms(last + self.clock_s) // 1000 * 1000

    def vehicles(self, start_s: float, end_s: float) -> int:
        """How many it counted in that span, the end included."""
        total, at = 0, self.speaks(end_s)
        while at is not None and at > start_s:
            total += self.says(at)["vehicle_count"] or 0
            at = self.speaks(at - self.interval_s)
        return total

    def _turn(self, until_s: float) -> float:
        turns = (until_s - self.phase_s) // self.interval_s
        return self.phase_s + turns * self.interval_s


@dataclass
class Street:
    """Devices by segment; *districts* names that of each."""

    devices: list[Device]
    districts: dict[str, str] = field(default_factory=dict)
    road: Road = field(default=ROAD, kw_only=True)

    def seen(self, at_s: float) -> list[ScannedSegment]:
        """What a scan finds at that second."""
        by_segment: dict[str, list[Device]] = {}
        for device in self.devices:
            by_segment.setdefault(device.segment, []).append(device)
        found = [self._segment(n, some, at_s) for n, some in by_segment.items()]
        return [one for one in found if one is not None]

    def _segment(
        self, name: str, devices: list[Device], at_s: float
    ) -> ScannedSegment | None:
        said = {
            device.name: (device, at)
            for device in devices
            if (at := device.speaks(at_s)) is not None
        }
        if not said:
            return None
        slots = {key: slot_of(device, at) for key, (device, at) in said.items()}
        clock = max(slot.timestamp for slot in slots.values())
        received = ms(max(at for _, at in said.values()))
        road = with_fields(self.road, district=self.districts.get(name))
        stored = StoredSegment(name, version=1, road=road)
        for key, (device, _) in said.items():
            slots[key].counted_at = device.counted(at_s) or 0
        moved_at = max(slot.counted_at for slot in slots.values())
        state = WorkingState(clock=clock, sensors=slots, moved_at=moved_at)
        state.minute = clock // 60_000
        if any(device.interval_s < SWEEP_S for device in devices):
            state.windows[state.minute - 1] = Window(sums=_last_minute(devices, at_s))
        return ScannedSegment(stored, state, received, received)


def _last_minute(devices: list[Device], at_s: float) -> Sums:
    """The sums of the last whole minute, by right clocks."""
    end_s = at_s - (ms(at_s) / 1000) % 60
    counts = (device.vehicles(end_s - 60, end_s) for device in devices)
    return Sums(vehicles=sum(counts))


def slot_of(device: Device, at_s: float) -> SensorState:
    """What the state keeps of a device's reading."""
    values = device.says(at_s)
    count, speed = values["vehicle_count"], values["speed"]
    at_ms, score = ms(at_s + device.clock_s), values.get("score")
    interval_ms = round(device.interval_s * 1000)
    slot = newest(at_ms, count, speed, values["occupancy"], interval_ms, score)
    slot.has_counted = values.get("counts", True)
    slot.percent_at = at_ms if values.get("percent") else 0
    return slot


def newest(
    at_ms: int,
    count: int | None,
    speed: float | None,
    occupancy: float | None,
    interval_ms: int,
    score: int | None = None,
) -> SensorState:
    """A sensor whose newest reading says this; *score* is its own, in tenths."""
    said = (count, speed, occupancy, interval_ms, score, 0.0)
    return SensorState(
        at_ms, interval_ms, MissingSpans(), said, is_fresh=True, has_counted=True
    )


class Watch:
    """Sweep after sweep, each with what the last one left."""

    def __init__(self, street: Street, silent_s: float = SILENT_S) -> None:
        self.street = street
        self.silent_s = silent_s
        self.is_held: Callable[[float], bool] = lambda _: False
        self.memory = Memory()
        self.rows: dict[str, Fault] = {}
        self.log: list[tuple[float, str, str]] = []
        self.last = Judgement(Memory())

    def sweep(self, at_s: float) -> Judgement:
        """Sweep once, and write as the table would."""
        faults = [fault for fault in self.rows.values() if fault.standing]
        seen, silent_ms = self.street.seen(at_s), round(self.silent_s * 1000)
        held = self.is_held(at_s)
        made = judge(seen, faults, self.memory, ms(at_s), silent_ms, held)
        for fault in made.opened:
            assert fault.fault_id not in self.rows, fault.fault_id
            self._write(at_s, "opened", fault)
        for _, fault in made.changed:
            told = fault.outbox[-1]["transition"] if fault.outbox else "settled"
            self._write(at_s, told, fault)
        self.memory = packed_memory.unpack(packed_memory.pack(made.memory))
        self.last = made
        return made

    def _write(self, at_s: float, transition: str, fault: Fault) -> None:
        self.log.append((at_s, transition, f"{fault.scope}:{fault.subject}"))
        is_done = fault.standing != DISMISSED and fault.closed_at is not None
        standing = None if is_done else fault.standing
        self.rows[fault.fault_id] = replace(fault, outbox=(), standing=standing)

    def run(self, start_s: float, end_s: float, step_s: float = SWEEP_S) -> Watch:
        """Sweep each minute of a span, both ends included."""
        at_s = start_s
        while at_s <= end_s:
            self.sweep(at_s)
            at_s += step_s
        return self

    def forget(self) -> None:
        """Lose the memory."""
        self.memory = Memory()

    def dismiss(self, fault_id: str, at_s: float) -> None:
        """Take the fault's subject off the street."""
        gone = dismissed(self.rows[fault_id], ms(at_s))
        self.rows[fault_id] = replace(gone, outbox=())

    def open(self) -> list[str]:
        """Scope, subject and kind of each fault that stands open."""
        rows = self.rows.values()
        return sorted(name_of(one) for one in rows if one.standing == "open")

    def told(self, *transitions: str) -> list[str]:
        """What was reported, in its order."""
        wanted = transitions or ("opened", "reminded", "closed")
        return [f"{what} {where}" for _, what, where in self.log if what in wanted]

    def figures(self, *names: str) -> tuple[int, ...]:
        """Some metrics of the last sweep."""
        return tuple(self.last.figures[name] for name in names)


def name_of(fault: Fault) -> str:
    """Return `sensor:s/a/silent`."""
    return f"{fault.scope}:{fault.subject}/{fault.kind}"


def segments(names: Iterable[str], **more: Any) -> list[Device]:
    """Two sensors in each segment."""
    return [Device(f"{n}{i}", n, **more) for n in names for i in (1, 2)]
