"""`trafficctl replay`: publishes a file of readings in real time or faster.

`Replay` decides when a reading is published and with which timestamp. The city accepts
timestamps up to 24 h old and 60 s ahead. The shift `now` moves a file into that range:
its last reading (its first, if slowed down) is published at its timestamp.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Protocol

from traffic import policy
from trafficctl.cli.options import add_common, positive_float, positive_int
from trafficctl.cli.output import say
from trafficctl.cli.wrong_input import raise_faults
from trafficctl.errors import UserError
from trafficctl.publishing.devices import unit_name
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.publisher import (
    SentReading,
    TimedMessage,
    add_options,
    open_target,
    payload,
    publish_run,
    report,
    unit_of,
    units_for,
)
from trafficctl.replay.csv_file import BadRow, ReplayRow, read_rows
from trafficctl.roads.command import load

NOW = "now"
MARGIN_MS = 60_000  # for connecting, and for a slow machine
BAD_ROWS_SHOWN = 5


@dataclass(frozen=True)
class ReplaySpan:
    """The times, count and segments of the good rows; ms since the epoch."""

    first_ms: int
    least_ms: int
    last_ms: int
    rows: int
    segments: tuple[str, ...]

    def duration_s(self, speed: float) -> float:
        """The duration at `speed`, from the first row to the latest."""
        return (self.last_ms - self.first_ms) / speed / 1000


class Schedule(Protocol):
    """When a reading is published, and with which timestamp."""

    def due_s(self, event_ms: int) -> float:
        """Seconds into the run when a reading of event time *event_ms* is due."""

    def published_time_of(self, event_ms: int) -> int:
        """The timestamp it is published with, ms since the epoch."""


@dataclass(frozen=True)
class Replay:
    """Maps event time to wall-clock time; ms since the epoch."""

    first_ms: int
    began_ms: int
    speed: float
    shift_ms: int

    def due_s(self, event_ms: int) -> float:
        """Seconds into the run when a reading of the file is published."""
        return (event_ms - self.first_ms) / self.speed / 1000

    def published_time_of(self, event_ms: int) -> int:
        """The timestamp it is published with."""
        return event_ms + self.shift_ms

    def wall_time_of(self, published_ms: int) -> float:
        """The wall-clock time at which this timestamp is published."""
        return self.began_ms + self.due_s(published_ms - self.shift_ms) * 1000

    def age_ms(self, event_ms: int) -> float:
        """The age of a reading's timestamp when it is published."""
        published = self.published_time_of(event_ms)
        return self.wall_time_of(published) - published


def survey(rows: Iterable[ReplayRow], path: Path) -> ReplaySpan:
    """The span of `rows`. Raises UserError if there are none."""
    segments: dict[str, None] = {}
    first = least = last = count = 0
    for row in rows:
        if not count:
            first = least = last = row.event_ms
        least, last = min(least, row.event_ms), max(last, row.event_ms)
        segments.setdefault(row.segment_id)
        count += 1
    if not count:
        raise UserError(f"{path.name}: no readings to publish - check the file")
    return ReplaySpan(first, least, last, count, tuple(segments))


class ReplaySource:
    """The good rows of a replay file; can be iterated repeatedly.

    Bad rows raise one UserError at the end of the file; with `skip_bad` they are
    counted instead.
    """

    def __init__(self, path: Path, skip_bad: bool, limit: int | None) -> None:
        self._path, self._skip_bad, self._limit = path, skip_bad, limit
        self.skipped: list[BadRow] = []

    def __iter__(self) -> Iterator[ReplayRow]:
        """The rows in order; resets `skipped`."""
        self.skipped = []
        for row in islice(read_rows(self._path), self._limit):
            if isinstance(row, BadRow):
                self.skipped.append(row)
            else:
                yield row
        if not self._skip_bad:
            faults = [one for row in self.skipped for one in row.messages(self._path)]
            raise_faults(
                faults,
                "nothing was published: correct the rows or use --skip-bad",
            )

    def warnings(self) -> list[str]:
        """Messages on the skipped rows."""
        listed = self.skipped[:BAD_ROWS_SHOWN]
        lines = [one for row in listed for one in row.messages(self._path)]
        rest = len(self.skipped) - len(listed)
        if rest:
            lines.append(f"and {rest} more")
        if lines:
            lines.append(f"bad rows skipped: {len(self.skipped)}")
        return lines


def plan(span: ReplaySpan, speed: float, shift: str, began_ms: int) -> Replay:
    """The replay of `span` in a run that starts at `began_ms`.

    `shift` is `now`, `none`, or seconds. UserError if the city would reject the
    timestamps.
    """
    replay = Replay(
        span.first_ms, began_ms, speed, _shift_ms(span, speed, shift, began_ms)
    )
    ages = [replay.age_ms(event) for event in (span.first_ms, span.last_ms)]
    oldest = max(*ages, replay.age_ms(span.first_ms) + span.first_ms - span.least_ms)
    if oldest > policy.MAX_AGE_MS - MARGIN_MS:
        raise UserError(
            f"at --speed {speed:g} --shift {shift} some readings would be "
            f"{_hours(oldest)} old when published; the city accepts "
            f"{_hours(policy.MAX_AGE_MS)} - {_advice(shift)}"
        )
    if min(ages) < -policy.MAX_CLOCK_LEAD_MS:
        raise UserError(
            f"at --speed {speed:g} --shift {shift} some readings would be "
            f"{_hours(-min(ages))} ahead of the clock when published - use --shift now"
        )
    return replay


def _shift_ms(span: ReplaySpan, speed: float, shift: str, began_ms: int) -> int:
    if shift == NOW:
        if speed < 1:
            return began_ms - span.first_ms
        return began_ms + round(span.duration_s(speed) * 1000) - span.last_ms
    return 0 if shift == "none" else round(float(shift) * 1000)


def _hours(ms: float) -> str:
    return f"{ms / 3_600_000:,.1f} h"


def _advice(shift: str) -> str:
    return "replay less of the file at a time" if shift == NOW else "use --shift now"


def messages(
    rows: Iterable[ReplayRow], replay: Schedule, batch: int, units: int
) -> Iterator[TimedMessage]:
    """The messages of `rows`: readings of one instant and device together.

    The order of the file is kept. A row earlier than the first is published at once,
    as late data is.
    """
    for event_ms, tick in groupby(rows, key=lambda row: row.event_ms):
        due_s = max(0.0, replay.due_s(event_ms))
        published = replay.published_time_of(event_ms)
        by_device: dict[str, list[SentReading]] = {}
        for row in tick:
            unit = unit_of(row.reading.sensor_id, units)
            sender = by_device.setdefault(unit_name(row.segment_id, unit), [])
            sender.append(_reading_to_send(row, published))
        for sender_id, readings in by_device.items():
            for begin in range(0, len(readings), batch):
                part = readings[begin : begin + batch]
                content = payload(part, bare=batch == 1)
                yield TimedMessage(due_s, sender_id, MqttMessage(content, len(part)))


def _reading_to_send(row: ReplayRow, published_ms: int) -> SentReading:
    reading = row.reading
    return SentReading(
        reading.sensor_id,
        published_ms,
        reading.vehicle_count,
        reading.average_speed,
        reading.congestion_score,
        reading.occupancy,
        reading.interval,
    )


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `replay`."""
    parser = subparsers.add_parser(
        "replay",
        help="publish the readings of a CSV file",
        description="Publish the readings of a CSV file over MQTT, each when it is due "
        "(columns: docs/reference/wire-format.md). The file is checked first: if a row "
        "is invalid or would be over 24 h old when published, nothing is published.",
    )
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--speed",
        type=positive_float,
        default=1.0,
        metavar="X",
        help="replay at X times the original speed (default 1)",
    )
    parser.add_argument(
        "--shift",
        type=_shift,
        default=NOW,
        metavar="now|none|SECONDS",
        help="shift timestamps to the present (default), not at all, or by SECONDS",
    )
    add_options(parser)
    parser.add_argument(
        "--limit", type=positive_int, metavar="N", help="only the first N rows"
    )
    parser.add_argument(
        "--skip-bad", action="store_true", help="skip and count invalid rows"
    )
    parser.add_argument(
        "--roads", type=Path, metavar="FILE.geojson", help="load this road file first"
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=_run)


def _shift(text: str) -> str:
    if text in {NOW, "none"}:
        return text
    try:
        fits = abs(float(text)) * 1000 <= policy.LAST_INSTANT_MS
    except ValueError:
        fits = False
    if not fits:
        message = f"{text!r}: expected now, none or a number of seconds"
        raise argparse.ArgumentTypeError(message)
    return text


def _run(args: argparse.Namespace) -> int:
    source = ReplaySource(args.file, args.skip_bad, args.limit)
    span = survey(source, args.file)
    skipped = len(source.skipped)
    for line in source.warnings():
        say(line)
    plan(span, args.speed, args.shift, _now_ms())  # fails before anything changes
    units = units_for(args.connections, len(span.segments))
    target = open_target(args.stack)
    if args.roads is not None:
        load(target.session, target.outputs["RoadSegmentsTable"], args.roads)

    def due() -> Iterator[TimedMessage]:
        replay = plan(span, args.speed, args.shift, _now_ms())
        return messages(source, replay, args.batch, units)

    took = span.duration_s(args.speed)
    summary = publish_run(target, span.segments, units, due, took)
    return report(summary, args, {"bad rows skipped": skipped})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
