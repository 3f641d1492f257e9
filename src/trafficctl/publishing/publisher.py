"""A publishing run: devices, connections, timing, progress and tally.

`simulate` and `replay` decide what is published and when.
"""

from __future__ import annotations

import argparse
import secrets
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import msgspec

from traffic.model import Reading
from trafficctl.aws import session as aws
from trafficctl.cli.options import positive_int, up_to
from trafficctl.cli.output import (
    KEY,
    Column,
    duration,
    number,
    say,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.cli.progress import publishing
from trafficctl.errors import OK, UNREACHABLE, UserError
from trafficctl.local.state_dir import home, state_path
from trafficctl.publishing.devices import devices_of, find_broker, register_devices
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.mqtt_fleet import Fleet
from trafficctl.publishing.tally import FILE_NAME, Run, Tally

CONNECT_LEAST_S, CONNECT_EACH_S = 30.0, 0.05
DRAIN_S, INTERRUPTED_DRAIN_S = 20.0, 3.0
LOOK_EVERY_S = 0.25
LONGEST_POLL_S = 0.05
DEFAULT_BATCH = 25  # about 3 KB; IoT Core meters in steps of 5 KB
MAX_BATCH = 500  # about 60 KB; IoT Core allows 128 KB


class SentReading(Reading, omit_defaults=True):
    """A reading as published: without absent fields."""


class TimedMessage(NamedTuple):
    """A message with its due time in seconds of the run, and its sender."""

    due_s: float
    unit: str
    message: MqttMessage


class Mqtt(Protocol):
    """What a run needs of the fleet."""

    @property
    def full(self) -> bool:
        """Whether to publish nothing more for now."""

    def publish(self, unit: str, message: MqttMessage) -> None:
        """Publish as soon as the device is ready."""

    def poll(self, timeout_s: float) -> None:
        """Serve the connections, waiting at most `timeout_s`."""


@dataclass(frozen=True)
class RunTiming:
    """The duration of a run and its worst lag, in seconds."""

    seconds: float
    worst_lag_s: float


@dataclass(frozen=True)
class Summary:
    """The result of a run; `unsent` messages were still waiting at its end."""

    run: Run
    timing: RunTiming
    reconnects: int
    unsent: int

    def as_json(self) -> dict[str, object]:
        """The summary as plain values."""
        return {
            **asdict(self.run),
            "seconds": round(self.timing.seconds, 3),
            "readings_per_second": round(self.readings_per_s, 1),
            "worst_lag_s": round(self.timing.worst_lag_s, 3),
            "reconnects": self.reconnects,
            "unsent_messages": self.unsent,
        }

    @property
    def readings_per_s(self) -> float:
        """The average rate, readings/s."""
        return self.run.readings / self.timing.seconds if self.timing.seconds else 0.0


def payload(readings: Sequence[SentReading], bare: bool = False) -> bytes:
    """The JSON of a message; `bare` sends a single reading without its list."""
    if bare and len(readings) == 1:
        return msgspec.json.encode(readings[0])
    return msgspec.json.encode({"readings": readings})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options of every publishing run."""
    parser.add_argument(
        "--batch",
        type=up_to(MAX_BATCH, positive_int),
        default=DEFAULT_BATCH,
        metavar="B",
        help=f"most readings per message (default {DEFAULT_BATCH}; 1: no lists)",
    )
    parser.add_argument(
        "--connections",
        type=positive_int,
        metavar="N",
        help="number of devices, shared evenly (default: one per segment)",
    )


def unit_of(sensor_id: str, units: int) -> int:
    """The roadside unit of its segment (from 1) that always sends for a sensor."""
    return 1 if units == 1 else zlib.crc32(sensor_id.encode()) % units + 1


def units_for(connections: int | None, segments: int) -> int:
    """Roadside units per segment for a total of `connections`.

    Raises UserError if there are fewer than segments: a device has one segment.
    """
    if connections is not None and connections < segments:
        raise UserError(
            f"--connections {connections}: expected at least {segments}, one for each "
            "segment"
        )
    return 1 if connections is None else connections // segments


def publish_when_due(
    mqtt: Mqtt,
    messages: Iterable[TimedMessage],
    clock: Callable[[], float],
    look: Callable[[float], object] = lambda _seconds: None,
) -> RunTiming:
    """Publish each message when due; `look` is called regularly.

    Times count from the first call of the clock, so delays do not accumulate. While
    too many messages wait for PUBACKs, nothing more is published.
    """
    start_s = clock()
    worst_s = last_look_s = 0.0
    for due_s, unit, message in messages:
        elapsed_s = clock() - start_s
        while elapsed_s < due_s or mqtt.full:
            mqtt.poll(min(max(due_s - elapsed_s, 0.001), LONGEST_POLL_S))
            elapsed_s = clock() - start_s
            last_look_s = _look(look, elapsed_s, last_look_s)
        worst_s = max(worst_s, elapsed_s - due_s)
        mqtt.publish(unit, message)
        last_look_s = _look(look, elapsed_s, last_look_s)
    return RunTiming(clock() - start_s, worst_s)


def _look(look: Callable[[float], object], now_s: float, last_s: float) -> float:
    if now_s - last_s < LOOK_EVERY_S:
        return last_s
    look(now_s)
    return now_s


def with_polling(
    mqtt: Mqtt, messages: Iterable[TimedMessage], every: int = 64
) -> Iterable[TimedMessage]:
    """`messages`, polling the connections after every `every` of them."""
    for position, message in enumerate(messages, 1):
        yield message
        if position % every == 0:
            mqtt.poll(0.0)


@dataclass(frozen=True)
class PublishTarget:
    """The stack to publish to."""

    session: Any
    stack: str
    outputs: Mapping[str, str]


def open_target(stack: str) -> PublishTarget:
    """The deployed `stack`. Raises CityError if it is not deployed."""
    session = aws.session()
    return PublishTarget(session, stack, aws.stack_outputs(session, stack))


def publish_run(
    target: PublishTarget,
    segments: Sequence[str],
    units: int,
    messages: Callable[[], Iterable[TimedMessage]],
    duration_s: float,
) -> Summary:
    """Register and connect the devices of `segments`, then publish `messages()`.

    `messages` is called when all are connected, at time 0 of the run. `duration_s` is
    only for the display.
    """
    simulated, base = devices_of(target.stack, segments, units), home(target.stack)
    devices = register_devices(target.session, target.outputs, base, simulated)
    broker = find_broker(target.session, target.stack)
    path = state_path(base, aws.client(target.session, "iot")) / FILE_NAME
    prefix = target.outputs["IngestTopicPrefix"]
    with (
        Tally(path, secrets.token_hex(4), _now_ms) as tally,
        Fleet(broker, devices, prefix, tally) as fleet,
        publishing() as bar,
    ):
        task = bar.add_task("Connecting", total=len(devices), state="")
        fleet.connect(
            CONNECT_LEAST_S + CONNECT_EACH_S * len(devices),
            lambda n: bar.update(task, completed=n, state=f"{n} devices"),
        )

        def look(elapsed_s: float) -> None:
            tally.tick()
            bar.update(task, completed=elapsed_s, state=_state(tally, fleet))

        bar.reset(task, total=duration_s, description="Publishing", state="")
        try:
            timed = with_polling(fleet, messages())
            timing = publish_when_due(fleet, timed, time.monotonic, look)
        except KeyboardInterrupt:
            fleet.close(INTERRUPTED_DRAIN_S)
            say(f"interrupted: {_state(tally, fleet)}")
            raise
        bar.update(task, description="Waiting for acknowledgements")
        fleet.close(DRAIN_S)
        return Summary(tally.close(), timing, fleet.reconnects, fleet.waiting)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _state(tally: Tally, fleet: Fleet) -> str:
    return (
        f"{tally.readings:,} readings published, {tally.acknowledged:,} acknowledged, "
        f"{fleet.waiting:,} messages waiting"
    )


def report(summary: Summary, args: argparse.Namespace, extra: Mapping[str, int]) -> int:
    """Print the tally of a run; 0 if every message was acknowledged, else 3."""
    run = summary.run
    values = summary.as_json()
    values |= {name.replace(" ", "_"): count for name, count in extra.items()}
    if args.json:
        show_json(values)
    elif args.csv:
        show_csv(list(values), [values], ("started_at", "ended_at"))
    else:
        rows = [
            ("messages", number(run.messages)),
            ("readings published", number(run.readings)),
            ("readings acknowledged", number(run.acknowledged)),
            ("readings resent", number(run.resent)),
            *((name, number(count)) for name, count in extra.items()),
            ("reconnects", number(summary.reconnects)),
            ("took", duration(summary.timing.seconds)),
            ("readings per second", number(summary.readings_per_s)),
        ]
        show(table([Column("Published", importance=KEY), Column("", True, KEY)], rows))
    if summary.timing.worst_lag_s > 1:
        say(f"fell up to {summary.timing.worst_lag_s:.1f} s behind schedule")
    unacknowledged = run.readings - run.acknowledged
    if not unacknowledged and not summary.unsent:
        return OK
    say(f"not acknowledged: {unacknowledged:,} readings; unsent: {summary.unsent:,}")
    return UNREACHABLE
