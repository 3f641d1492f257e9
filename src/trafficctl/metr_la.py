"""`trafficctl metr-la`: a week of Los Angeles as a replay file and a road network.

Speeds are measured (data/metr-la/ATTRIBUTION.md). Everything else is derived here by
formulas, without randomness: see `flow_per_lane`, `occupancy_of`, `free_flow_kmh`
and `speed_at`.
"""

from __future__ import annotations

import argparse
import csv
import json
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from traffic.policy import EFFECTIVE_LENGTH_M
from traffic.settings import KM_PER_MILE
from trafficctl.cli.options import positive_float, positive_int
from trafficctl.cli.output import say
from trafficctl.errors import OK, UserError
from trafficctl.files import METR_LA
from trafficctl.replay.csv_file import write_rows
from trafficctl.roads.geojson import feature, feature_collection
from trafficctl.roads.geometry import Point, between, distance_m

LOS_ANGELES = timezone(timedelta(hours=-8))  # no daylight saving time in that week
WEEK_BEGIN = datetime(2012, 3, 1, tzinfo=LOS_ANGELES)
ROW_S = 300

LANES = 4  # assumed: the source does not say
CAPACITY_PER_LANE = 2_000.0  # veh/h, a freeway lane at its best
FREE_FLOW_PERCENTILE = 0.85
FREEST_RATIO = 0.97
MAX_HALF_M = 600.0  # a station covers the road up to this distance


@dataclass(frozen=True)
class Detector:
    """A station: its position and its order on the carriageway (1 is upstream)."""

    detector: str
    at: Point
    freeway: str
    direction: str
    order: int
    district: str

    @property
    def segment_id(self) -> str:
        """The segment around the station, such as `US-101-N-717447`."""
        return f"{self.freeway}-{self.direction}-{self.detector}"

    @property
    def name(self) -> str:
        """The name that a controller sees."""
        return f"{self.freeway} {self.direction}, detector {self.detector}"


@dataclass(frozen=True)
class Week:
    """All detectors and, by detector id, their speeds in km/h, one every 5 minutes."""

    detectors: Sequence[Detector]
    speeds: dict[str, list[float]]

    @property
    def end(self) -> datetime:
        """The first instant after the data."""
        rows = len(next(iter(self.speeds.values())))
        return WEEK_BEGIN + timedelta(seconds=rows * ROW_S)


def load_week(data: Path = METR_LA) -> Week:
    """The week from `data`. Raises UserError if a file is missing or corrupt."""
    try:
        return _read_week(data)
    except FileNotFoundError as exc:
        message = f"{exc.filename} is missing - reinstall city-traffic"
        raise UserError(message) from exc
    except (lzma.LZMAError, EOFError, KeyError, ValueError) as exc:
        message = f"{data} is corrupt ({exc}) - reinstall city-traffic"
        raise UserError(message) from exc


def _read_week(data: Path) -> Week:
    with (data / "detectors.csv").open(encoding="utf-8") as file:
        detectors = [_detector(row) for row in csv.DictReader(file)]
    with lzma.open(data / "speeds-mph.csv.xz", "rt", encoding="ascii") as file:
        ids, *rows = csv.reader(file)
    columns = zip(*rows, strict=True)
    return Week(
        detectors,
        {
            name: [KM_PER_MILE * float(mph) for mph in column]
            for name, column in zip(ids, columns, strict=True)
        },
    )


def _detector(row: dict[str, str]) -> Detector:
    at = (float(row["latitude"]), float(row["longitude"]))
    place = (row["freeway"], row["direction"], int(row["order"]), row["district"])
    return Detector(row["detector"], at, *place)


def free_flow_kmh(speeds: Sequence[float]) -> float:
    """The 85th percentile of a detector's own week, km/h.

    Vendors of probe data use the same percentile of all observed speeds as reference
    speed. It is low for a detector that is in a queue most of the week.
    """
    ranked = sorted(speeds)
    return round(ranked[int(FREE_FLOW_PERCENTILE * (len(ranked) - 1))], 1)


def flow_per_lane(speed_kmh: float, free_flow: float) -> float:
    """Flow at a speed, veh/h and lane, by Greenshields' diagram.

    Speed falls linearly with density, u = uf (1 - k / kj), so that
    q = k u = kj u (1 - u / uf), greatest at u = uf / 2. Anchoring that peak at the
    capacity C gives kj = 4 C / uf and q = 4 C r (1 - r) with r = u / uf. The diagram
    has zero flow at free-flow speed, so r is capped at 0.97: light traffic of
    233 veh/h.
    """
    ratio = min(speed_kmh / free_flow, FREEST_RATIO)
    return 4 * CAPACITY_PER_LANE * ratio * (1 - ratio)


def occupancy_of(flow: float, speed_kmh: float) -> float:
    """Share of the time a detector is occupied: density times effective length."""
    return min(1.0, flow / speed_kmh * EFFECTIVE_LENGTH_M / 1000)


def speed_at(speeds: Sequence[float], seconds: float) -> float:
    """Speed at `seconds` after the first row, interpolated between two rows."""
    row, rest = divmod(seconds, ROW_S)
    here = speeds[int(row)]
    after = speeds[min(int(row) + 1, len(speeds) - 1)]
    return here + (after - here) * rest / ROW_S


def replay_rows(
    week: Week, begin: datetime, hours: float, step_s: int
) -> Iterator[tuple[object, ...]]:
    """Rows of a replay file in time order, one per detector every `step_s`.

    A reading covers the step that ends at its timestamp, in one lane. Counts are
    integers; the remainder is carried over, so totals are exact. There is no congestion
    score: the city calculates it.
    """
    first, steps = (begin - WEEK_BEGIN).total_seconds(), int(hours * 3600 // step_s)
    series = [
        measured(week.speeds[station.detector], first, step_s, steps)
        for station in week.detectors
    ]
    for step, values in enumerate(zip(*series, strict=True), 1):
        text = (begin + timedelta(seconds=step * step_s)).isoformat()
        for station, (count, speed, share) in zip(week.detectors, values, strict=True):
            name = station.detector
            yield (text, station.segment_id, name, count, speed, None, share, step_s)


def measured(
    speeds: Sequence[float], first_s: float, step_s: int, steps: int
) -> Iterator[tuple[int, float, float]]:
    """Count, speed and occupancy that a detector measures in each step."""
    free, carried = free_flow_kmh(speeds), 0.5  # a half, so that int() rounds
    for step in range(steps):
        speed = speed_at(speeds, first_s + step * step_s)
        flow = flow_per_lane(speed, free)
        carried += flow * step_s / 3600
        count = int(carried)
        carried -= count
        yield count, round(speed, 1), round(occupancy_of(flow, speed), 3)


def road_network(week: Week) -> dict[str, Any]:
    """The GeoJSON of the segments around the detectors."""
    places = {(d.freeway, d.direction, d.order): d.at for d in week.detectors}
    return feature_collection(
        feature(
            _segment_line(station, places),
            segment_id=station.segment_id,
            name=station.name,
            district=station.district,
            lanes=LANES,
            free_flow_speed=free_flow_kmh(week.speeds[station.detector]),
        )
        for station in week.detectors
    )


def _segment_line(
    station: Detector, places: dict[tuple[str, str, int], Point]
) -> list[Point]:
    """From halfway to the previous station to halfway to the next, if known."""
    way = (station.freeway, station.direction)
    before = places.get((*way, station.order - 1))
    after = places.get((*way, station.order + 1))
    return [
        *([] if before is None else [_half_way(station.at, before)]),
        station.at,
        *([] if after is None else [_half_way(station.at, after)]),
    ]


def _half_way(here: Point, there: Point) -> Point:
    return between(here, there, min(0.5, MAX_HALF_M / distance_m(here, there)))


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `metr-la`."""
    parser = subparsers.add_parser(
        "metr-la",
        help="write real Los Angeles traffic as replay and road files",
        description="Write part of the METR-LA week (207 detectors, 1-7 March 2012). "
        "Speeds are real; counts and occupancy are derived from them, and steps "
        "shorter than 5 minutes are interpolated.",
    )
    parser.add_argument(
        "--from",
        dest="begin",
        type=_local_time,
        default=_local_time("2012-03-05 05:30"),
        metavar="'YYYY-MM-DD HH:MM'",
        help="start, Los Angeles time (default: 2012-03-05 05:30, a Monday)",
    )
    parser.add_argument(
        "--hours",
        type=positive_float,
        default=6.0,
        metavar="H",
        help="hours to write (default 6)",
    )
    parser.add_argument(
        "--step",
        type=positive_int,
        default=60,
        metavar="S",
        help="seconds between readings (default 60)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE.csv", help="write this replay file"
    )
    parser.add_argument(
        "--roads", type=Path, metavar="FILE.geojson", help="write this road file"
    )
    parser.add_argument(
        "--data", type=Path, default=METR_LA, metavar="DIR", help=argparse.SUPPRESS
    )
    parser.set_defaults(run=_run)


def _local_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a time such as 2012-03-05 05:30"
        raise argparse.ArgumentTypeError(message) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=LOS_ANGELES)


def check_span(week: Week, begin: datetime, hours: float, step_s: int) -> None:
    """Raise UserError unless the week covers the span with at least one step."""
    span = timedelta(hours=hours)
    if begin < WEEK_BEGIN or begin + span > week.end:
        raise UserError(
            f"--from {begin:%Y-%m-%d %H:%M} --hours {hours:g} is outside the data, "
            f"which covers {WEEK_BEGIN:%Y-%m-%d %H:%M} to {week.end:%Y-%m-%d %H:%M}"
        )
    if timedelta(seconds=step_s) > span:
        raise UserError(f"--step {step_s} is longer than --hours {hours:g}")


def _run(args: argparse.Namespace) -> int:
    if args.output is None and args.roads is None:
        raise UserError(
            "nothing to write - use --output FILE.csv or --roads FILE.geojson"
        )
    week = load_week(args.data)
    check_span(week, args.begin, args.hours, args.step)
    if args.roads is not None:
        args.roads.write_text(json.dumps(road_network(week), ensure_ascii=False) + "\n")
        say(f"{len(week.detectors)} segments written to {args.roads}")
    if args.output is not None:
        with args.output.open("w", encoding="utf-8", newline="") as file:
            rows = replay_rows(week, args.begin, args.hours, args.step)
            say(f"{write_rows(file, rows)} readings written to {args.output}")
    return OK
