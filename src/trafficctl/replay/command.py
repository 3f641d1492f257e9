"""`trafficctl replay`: publishes a file of readings, at its own pace or faster.

`Replay` decides when a reading is published, and under which timestamp. The city
takes timestamps up to 24 h old and 60 s ahead. The shift `now` fits a file into that:
its last reading (its first, if slowed down) is published on time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from traffic import policy
from trafficctl.cli.options import add_common, positive_float
from trafficctl.cli.output import say
from trafficctl.cli.wrong_input import first_of
from trafficctl.errors import OK, UserError
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
from trafficctl.replay.options import add_file_options, source_of
from trafficctl.replay.preview import show_first
from trafficctl.replay.rows import ReplayRow
from trafficctl.replay.source import ReplaySource, Span, inspected
from trafficctl.roads.network import RoadSegment, read_geojson
from trafficctl.roads.store import load_segments

NOW = "now"
MOST_NAMED = 5
MARGIN_MS = 60_000  # for connecting, and for a machine that falls behind


class Schedule(Protocol):
    """When a reading is published, and under which timestamp."""

    def due_s(self, event_ms: int) -> float:
        """Seconds into the run when a reading of event time *event_ms* leaves."""

    def published_time_of(self, event_ms: int) -> int:
        """The timestamp under which it is published, ms since the epoch."""


@dataclass(frozen=True)
class Replay:
    """The way from event time to the clock on the wall; ms since the epoch."""

    first_ms: int
    began_ms: int
    speed: float
    shift_ms: int

    def due_s(self, event_ms: int) -> float:
        """Seconds into the run when a reading of the file is published."""
        return (event_ms - self.first_ms) / self.speed / 1000

    def published_time_of(self, event_ms: int) -> int:
        """The timestamp under which it is published."""
        return event_ms + self.shift_ms

    def wall_time_of(self, published_ms: int) -> float:
        """When the reading with this published timestamp leaves, on the wall clock."""
        return self.began_ms + self.due_s(published_ms - self.shift_ms) * 1000

    def age_ms(self, event_ms: int) -> float:
        """How old its timestamp makes a reading when it is published."""
        published = self.published_time_of(event_ms)
        return self.wall_time_of(published) - published


def plan(span: Span, speed: float, shift: str, began_ms: int) -> Replay:
    """Where the event times of `span` fall in a run that begins at `began_ms`.

    `shift` is `now`, `none`, or seconds. UserError if the city would refuse the
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
            f"{_hours(oldest)} old when published; the city takes "
            f"{_hours(policy.MAX_AGE_MS)} - {_advice(shift)}"
        )
    if min(ages) < -policy.MAX_CLOCK_LEAD_MS:
        raise UserError(
            f"at --speed {speed:g} --shift {shift} some readings would be "
            f"{_hours(-min(ages))} ahead of their time when published - use --shift now"
        )
    return replay


def _shift_ms(span: Span, speed: float, shift: str, began_ms: int) -> int:
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
    """The messages of `rows`: those of one instant and one device together.

    The order of the file is kept. A row that is earlier than the first goes out at
    once, as late data do.
    """
    for event_ms, tick in groupby(rows, key=lambda row: row.event_ms):
        due_s = max(0.0, replay.due_s(event_ms))
        published = replay.published_time_of(event_ms)
        by_device: dict[str, list[SentReading]] = {}
        for row in tick:
            unit = unit_of(row.reading.sensor_id, units)
            sender = by_device.setdefault(unit_name(row.segment_id, unit), [])
            sender.append(sent(row, published))
        for sender_id, readings in by_device.items():
            for begin in range(0, len(readings), batch):
                part = readings[begin : begin + batch]
                content = payload(part, bare=batch == 1)
                yield TimedMessage(due_s, sender_id, MqttMessage(content, len(part)))


def sent(row: ReplayRow, published_ms: int) -> SentReading:
    """The reading of a row under the timestamp of its publication."""
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
        description="Publish the readings of a CSV file over MQTT, each when it is "
        "due. Without --columns the columns are those of "
        "docs/reference/wire-format.md. The file is checked first; if a row is bad, or "
        "would be over 24 h old when published, nothing is published.",
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="CSV or XML, also compressed by gzip"
    )
    add_file_options(parser)
    parser.add_argument(
        "--speed",
        type=positive_float,
        default=1.0,
        metavar="X",
        help="play the file X times as fast (default 1)",
    )
    parser.add_argument(
        "--shift",
        type=_shift,
        default=NOW,
        metavar="now|none|SECONDS",
        help="move timestamps to the present (default), not at all, or by seconds",
    )
    add_options(parser)
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
        message = f"{text!r} is not now, none or a number of seconds"
        raise argparse.ArgumentTypeError(message)
    return text


def _run(args: argparse.Namespace) -> int:
    source = source_of(args)
    roads = None if args.roads is None else read_geojson(args.roads)
    span = show_first(source, args) if args.dry_run else checked(source, args)
    if roads is not None:
        _say_unknown(span, roads, args.roads)
    if args.dry_run:
        return OK
    skipped = len(source.skipped)
    plan(span, args.speed, args.shift, _now_ms())  # refuses before anything is done
    units = units_for(args.connections, len(span.segments))
    target = open_target(args.stack)
    if roads is not None:
        load_segments(target.session, target.outputs["RoadSegmentsTable"], roads)

    def due() -> Iterator[TimedMessage]:
        replay = plan(span, args.speed, args.shift, _now_ms())
        return messages(source, replay, args.batch, units)

    took = span.duration_s(args.speed)
    summary = publish_run(target, span.segments, units, due, took)
    return report(summary, args, {"bad rows skipped": skipped})


def _say_unknown(span: Span, roads: Sequence[RoadSegment], path: Path) -> None:
    """Name the segments of the file that the road file does not have."""
    known = {road.segment_id for road in roads}
    unknown = [one for one in span.segments if one not in known]
    if unknown:
        say(
            f"{len(unknown):,} of {len(span.segments):,} segments are not in "
            f"{path.name}: {', '.join(first_of(unknown, MOST_NAMED))} - do both files "
            "write ids alike?"
        )


def checked(source: ReplaySource, args: argparse.Namespace) -> Span:
    """Check the file and say what was found; rows out of order are sorted from now."""
    if source.is_long:
        source.hold(sort=False)  # it is sorted, and need not be read again
    span = inspected(source, args.file)
    sort = span.out_of_order > 0 and not args.keep_order
    if sort:
        say(
            f"{span.out_of_order:,} of {span.rows:,} readings are out of order: sorted "
            "by time (--keep-order publishes them as late data)"
        )
    if sort or source.is_slow:
        source.hold(sort)  # now: what takes long must not delay the readings
    return span.in_order() if sort else span


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
