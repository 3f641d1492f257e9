"""`trafficctl simulate`: publishes the readings of a simulated city."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from traffic import policy
from trafficctl.cli.options import add_common, positive_float, positive_int
from trafficctl.cli.wrong_input import raise_unknown
from trafficctl.errors import UserError
from trafficctl.publishing.devices import unit_name
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.publisher import (
    TimedMessage,
    add_options,
    open_target,
    publish_run,
    report,
    unit_of,
    units_for,
)
from trafficctl.roads.geojson import feature_collection
from trafficctl.roads.network import RoadSegment, parse, read_geojson
from trafficctl.roads.store import load_segments
from trafficctl.simulate.traffic_model import (
    DUPLICATE,
    KINDS,
    Model,
    Sensors,
    Street,
    is_rejected,
    made_up_roads,
    spoil,
    streets,
)
from trafficctl.simulate.vehicles import Traffic, TrafficAt

DEFAULT_SEGMENTS, DEFAULT_SENSORS, DEFAULT_SECONDS = 20, 10, 60.0
LOOKED_BACK_S = 64  # seconds of a street's traffic to cache
LEAST_INTERVAL_S = 0.001  # readings of a sensor need distinct milliseconds


@dataclass(frozen=True)
class SimulationLoad:
    """The load to simulate; `interval_s` between two readings of a sensor."""

    sensors: int
    interval_s: float
    seconds: float
    batch: int
    units: int
    faults: float

    @property
    def rounds(self) -> int:
        """The number of readings of each sensor."""
        return max(1, round(self.seconds / self.interval_s))


class Simulation:
    """The messages of a run, and the deliberate faults by kind."""

    def __init__(
        self,
        roads: Sequence[Street],
        jams: Sequence[str],
        load: SimulationLoad,
        seed: int,
    ) -> None:
        self._roads, self._load = roads, load
        self._random = Random(seed)  # noqa: S311 - a model, no secret
        self._model = Model(roads, jams, self._random)
        self.faults: Counter[str] = Counter()

    def messages(self, began_ms: int, hour: float) -> Iterator[TimedMessage]:
        """All messages in due order; `hour` of the day at the start.

        The segments are spread over the interval, so the load is even.
        """
        load, turn_s = self._load, self._load.interval_s / len(self._roads)
        sensors = Sensors(load.sensors, partial(self._state, hour), self._random)
        for number in range(load.rounds):
            for turn, street in enumerate(self._roads):
                due_s = number * load.interval_s + turn * turn_s
                at_ms = began_ms + int(due_s * 1000)
                readings = sensors.read(street, due_s, load.interval_s, at_ms)
                yield from self._sent(street, readings, due_s)

    def _state(self, began: float, street: Street) -> TrafficAt:
        """The traffic of a street by the second of a run started at this hour."""

        # The lanes of a street request the same seconds one after the other.
        @lru_cache(maxsize=min(LOOKED_BACK_S, int(self._load.interval_s) + 2))
        def at(second: int) -> Traffic:
            hour = (began + second / 3600) % 24
            return self._model.at(street, hour, second / self._load.seconds)

        return lambda second: at(int(second))

    def _sent(
        self, street: Street, readings: Sequence[dict[str, Any]], due_s: float
    ) -> Iterator[TimedMessage]:
        by_unit: dict[int, list[dict[str, Any]]] = {}
        for reading in readings:
            unit = unit_of(reading["sensor_id"], self._load.units)
            by_unit.setdefault(unit, []).extend(self._with_fault(reading))
        for unit, ready in by_unit.items():
            for begin in range(0, len(ready), self._load.batch):
                part = ready[begin : begin + self._load.batch]
                message = MqttMessage(encode(part, self._load.batch == 1), len(part))
                yield TimedMessage(due_s, unit_name(street.segment_id, unit), message)

    def _with_fault(self, reading: dict[str, Any]) -> list[dict[str, Any]]:
        if not self._load.faults or self._random.random() >= self._load.faults:
            return [reading]
        kind = self._random.choice(KINDS)
        self.faults[kind] += 1
        return spoil(reading, kind)

    def tally(self) -> dict[str, int]:
        """Faults by expected outcome, then by kind."""
        if not self._load.faults:
            return {}
        rejected = sum(n for kind, n in self.faults.items() if is_rejected(kind))
        return {
            "faulty": rejected,
            "sent twice": self.faults[DUPLICATE],
            **{f"fault {kind}": self.faults[kind] for kind in KINDS},
        }


def encode(readings: Sequence[dict[str, Any]], bare: bool) -> bytes:
    """The JSON of a message; `bare` sends a single reading without its list."""
    return msgspec.json.encode(readings[0] if bare else {"readings": readings})


def load_of(args: argparse.Namespace, segments: int) -> SimulationLoad:
    """The load from the options. Raises UserError if it is impossible."""
    sensors = args.sensors_per_segment
    rate = args.rate or segments * sensors
    interval_s = round(segments * sensors / rate, 6)
    if not LEAST_INTERVAL_S <= interval_s <= policy.MAX_INTERVAL_S:
        raise UserError(
            f"--rate {rate:g}: each of {segments * sensors} sensors would read every "
            f"{interval_s:g} s, expected {LEAST_INTERVAL_S:g} to "
            f"{policy.MAX_INTERVAL_S} s - change --rate, --segments or "
            "--sensors-per-segment"
        )
    if sensors > policy.MAX_SENSORS_PER_SEGMENT:
        raise UserError(
            f"--sensors-per-segment {sensors}: a segment has at most "
            f"{policy.MAX_SENSORS_PER_SEGMENT}"
        )
    units = units_for(args.connections, segments)
    return SimulationLoad(
        sensors, interval_s, args.seconds, args.batch, units, args.faults
    )


def check_jams(jams: Sequence[str], roads: Sequence[RoadSegment]) -> None:
    """Raise UserError for a jam on an unknown segment."""
    known = [road.segment_id for road in roads]
    advice = f"expected one of {known[0]} to {known[-1]}"
    raise_unknown("segment", jams, known, advice)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `simulate`."""
    parser = subparsers.add_parser(
        "simulate",
        help="publish the readings of a simulated city",
        description="Publish the readings of a simulated city over MQTT in real time. "
        "Loads its roads and registers its devices first. A jam grows, travels up the "
        "road and dissolves within the run; alerts need their hold time, so run it "
        "for a few minutes.",
    )
    _add_city(parser)
    add_options(parser)
    _add_events(parser)
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=_run)


def _add_city(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--segments",
        type=positive_int,
        default=DEFAULT_SEGMENTS,
        metavar="N",
        help="number of simulated roads (default %(default)s)",
    )
    add("--roads", type=Path, metavar="FILE.geojson", help="use these roads instead")
    add(
        "--sensors-per-segment",
        type=positive_int,
        default=DEFAULT_SENSORS,
        metavar="M",
        help="sensors on each segment (default %(default)s)",
    )
    add(
        "--rate",
        type=positive_float,
        metavar="R",
        help="readings/s in total (default: one per sensor and second)",
    )
    add(
        "--seconds",
        type=positive_float,
        default=DEFAULT_SECONDS,
        metavar="S",
        help=f"seconds to publish (default {DEFAULT_SECONDS:g})",
    )


def _add_events(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--jam",
        action="append",
        default=[],
        metavar="SEGMENT",
        help="put a jam on this segment; may be repeated",
    )
    add(
        "--faults",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="share of faulty readings, 0-1 (default 0)",
    )
    add("--hour", type=_hour, metavar="H", help="hour of the day (default: now)")
    add(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="seed of the simulation (default %(default)s)",
    )


def _share(text: str) -> float:
    return _between(text, 0, 1)


def _hour(text: str) -> float:
    return _between(text, 0, 24)


def _between(text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        message = f"{text!r} is not a number from {least} to {most}"
        raise argparse.ArgumentTypeError(message)
    return value


def _run(args: argparse.Namespace) -> int:
    if args.roads is None:
        collection = feature_collection(made_up_roads(args.segments))
        roads = parse(collection, "the simulated city")
    else:
        roads = read_geojson(args.roads)
    check_jams(args.jam, roads)
    load = load_of(args, len(roads))
    simulation = Simulation(streets(roads), args.jam, load, args.seed)
    target = open_target(args.stack)
    load_segments(target.session, target.outputs["RoadSegmentsTable"], roads)

    def due() -> Iterator[TimedMessage]:
        now = datetime.now().astimezone()
        hour = now.hour + now.minute / 60 if args.hour is None else args.hour
        return simulation.messages(time.time_ns() // 1_000_000, hour)

    segments = [road.segment_id for road in roads]
    summary = publish_run(target, segments, load.units, due, args.seconds)
    return report(summary, args, simulation.tally())
