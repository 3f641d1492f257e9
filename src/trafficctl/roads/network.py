"""The road network of a file: its segments, and what a person should know of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from trafficctl.cli.output import say
from trafficctl.cli.wrong_input import first_of, raise_faults
from trafficctl.roads import geojson, geometry, lines, mapping, placement
from trafficctl.roads.geojson import Document
from trafficctl.roads.geometry import Point
from trafficctl.roads.mapping import AS_DOCUMENTED, PropertyMapping
from trafficctl.roads.road_file import Feature, converted, faults_of, points_of

OUTCOME = (
    "nothing was loaded: correct the file, or skip these features with "
    "`trafficctl roads load --skip-bad`"
)


@dataclass(frozen=True)
class RoadSegment:
    """What a road file says of one segment; None where it says nothing."""

    segment_id: str
    latitude: float
    longitude: float
    line: str | None = None
    name: str | None = None
    district: str | None = None
    lanes: int | None = None
    length_m: float | None = None
    free_flow_speed: float | None = None
    effective_length_m: float | None = None
    downstream: str | None = None  # ids, separated by blanks


Lengths = tuple[float, float]  # m: as given, and of the line
MOST_TIMES = 2  # the one as long as the other, before they contradict each other

ATTRIBUTES = tuple(one.name for one in fields(RoadSegment))


@dataclass(frozen=True)
class Network:
    """The roads of a file, what a person should know of them, and the ids skipped."""

    roads: list[RoadSegment]
    notices: list[str]
    skipped: frozenset[str]

    def positions(self) -> dict[str, Point]:
        """Where each road is."""
        return {one.segment_id: (one.latitude, one.longitude) for one in self.roads}


def read_geojson(path: Path) -> list[RoadSegment]:
    """The segments of a road file; says what was done to get them.

    Raises UserError naming each feature and field.
    """
    network = read(path)
    for line in [*network.notices, *placement.far_off(network.positions())]:
        say(line)
    return network.roads


def read(
    path: Path, words: PropertyMapping = AS_DOCUMENTED, skip_bad: bool = False
) -> Network:
    """The network of a road file. Raises UserError naming each feature and field."""
    return network_of(geojson.read(path), str(path), words, skip_bad)


def parse(document: Any, source: str) -> list[RoadSegment]:
    """The segments of a GeoJSON document; `source` names it in errors.

    Raises UserError with the faults of all features.
    """
    return network_of(geojson.document([document], source), source).roads


def network_of(
    document: Document,
    source: str,
    words: PropertyMapping = AS_DOCUMENTED,
    skip_bad: bool = False,
) -> Network:
    """The network of a document. Raises UserError unless bad features are skipped."""
    features = document.features
    mapping.check(words, features, source)
    places: Collection[int] = range(len(features))
    if words.newest is not None:
        places = mapping.latest(features, words)
    builder = _Making(source, words)
    for place in places:
        builder.take(place + 1, features[place])
    if not skip_bad or not builder.kept:
        raise_faults(builder.faults, OUTCOME)
    notices = [
        *_of_skipped(builder.faults, builder.bad),
        *_of_versions(len(features) - len(places), builder.repeated),
        *_of_texts(mapping.with_controls(features)),
        *_of_lines(builder.moved_m),
        *_of_lengths(builder.lengths_m),
        *_of_positions(builder.far),
        *_of_crs(document.crs, [road for _, road in builder.kept.values()]),
    ]
    roads = [road for _, road in builder.kept.values()]
    return Network(roads, notices, frozenset(builder.skipped))


class _Making:
    """A network in the making: what the features so far have come to."""

    def __init__(self, source: str, words: PropertyMapping) -> None:
        self._source, self._words = source, words
        self.kept: dict[str, tuple[int, RoadSegment]] = {}  # with the feature's number
        self.faults: list[str] = []
        self.skipped: set[str] = set()  # ids of bad features
        self.moved_m: dict[str, float] = {}  # of each simplified line
        self.lengths_m: dict[str, Lengths] = {}  # where they contradict each other
        self.far: dict[str, str] = {}  # how the position contradicts the line
        self.bad = self.repeated = 0

    def take(self, number: int, given: Any) -> None:
        """Keep the road of a feature, or tell its faults."""
        feature = mapping.read(given, self._words)
        age_fault = mapping.age_fault(given, self._words)
        faults = [*faults_of(feature, self._words), *filter(None, [age_fault])]
        if not faults:
            value = converted(feature)
            road, moved_m = segment_of(value)
            first, known = self.kept.setdefault(road.segment_id, (number, road))
            if known == road:
                self.repeated += first != number
                if moved_m:
                    self.moved_m[road.segment_id] = moved_m
                if lengths := _contradiction(value):
                    self.lengths_m[road.segment_id] = lengths
                place, line = (road.latitude, road.longitude), points_of(value.geometry)
                if distance := placement.off_line(place, line):
                    self.far[road.segment_id] = distance
                return
            faults = [_another_version(road, known, first, self._words)]
        name = feature["properties"].get("segment_id") if _has_id(feature) else None
        who = f"{self._source} feature {number}{f' {name!r:.70}' if name else ''}"
        self.faults += [f"{who}, {fault}" for fault in faults]
        self.skipped |= {name} if isinstance(name, str) else set()
        self.bad += 1


def _has_id(feature: Any) -> bool:
    return isinstance(feature, dict) and isinstance(feature.get("properties"), dict)


def segment_of(value: Feature) -> tuple[RoadSegment, float]:
    """A segment, and by how many metres its stored line may be off."""
    line = points_of(value.geometry)
    given = value.properties
    middle = geometry.middle(line)
    length = given.length_m or (geometry.length_m(line) if len(line) > 1 else None)
    stored, moved_m = lines.simplified(line)
    road = RoadSegment(
        segment_id=given.segment_id,
        latitude=round(middle[0], 6) if given.latitude is None else given.latitude,
        longitude=round(middle[1], 6) if given.longitude is None else given.longitude,
        line=geometry.encode(stored) if len(stored) > 1 else None,
        name=given.name,
        district=given.district,
        lanes=given.lanes,
        length_m=None if length is None else round(length, 1),
        free_flow_speed=given.free_flow_speed,
        effective_length_m=given.effective_length_m,
        downstream=None if given.downstream is None else " ".join(given.downstream),
    )
    return road, moved_m


def _contradiction(value: Feature) -> Lengths | None:
    """The length that is given and that of the line, None if they can both be true."""
    given_m = value.properties.length_m
    line_m = geometry.length_m(points_of(value.geometry))
    if given_m is None or not line_m:
        return None
    is_alike = 1 / MOST_TIMES <= given_m / line_m <= MOST_TIMES
    return None if is_alike else (given_m, line_m)


def _another_version(
    road: RoadSegment, known: RoadSegment, first: int, words: PropertyMapping
) -> str:
    differ = [n for n in ATTRIBUTES if getattr(road, n) != getattr(known, n)]
    choose = "choose the version by `trafficctl roads load --newest PROPERTY`"
    if words.newest is not None:
        choose = f"correct {words.newest}, which does not say which of them is newer"
    return (
        f"{words.path_of('segment_id')}: {road.segment_id!r} is already feature "
        f"{first}, with another {', '.join(differ)} - give each its own, or {choose}"
    )


def _of_skipped(faults: Sequence[str], bad: int) -> Iterator[str]:
    yield from first_of([f"skipped: {fault}" for fault in faults], rest="more faults")
    if bad:
        yield f"{counted(bad, 'feature')} skipped"


def _of_versions(older: int, repeated: int) -> Iterator[str]:
    if older:
        yield f"{counted(older, 'feature')} left out: a newer one has the same id"
    if repeated:
        yield f"{counted(repeated, 'feature')} left out: each repeats an earlier one"


def _of_texts(with_controls: int) -> Iterator[str]:
    if with_controls:
        features = counted(with_controls, "feature")
        yield (
            f"{features} with control characters in the name or district: loaded with "
            "blanks instead"
        )


def _of_lines(moved_m: dict[str, float]) -> Iterator[str]:
    if moved_m:
        most = max(moved_m, key=lambda name: moved_m[name])
        count = counted(len(moved_m), "line")
        yield (
            f"{count} simplified to at most {lines.MOST_CHARACTERS} "
            f"characters, and moved by at most {moved_m[most]:.0f} m ({most}): a "
            "longer line makes each write cost more"
        )


def _of_lengths(lengths_m: dict[str, Lengths]) -> Iterator[str]:
    if lengths_m:
        name, (given_m, line_m) = next(iter(lengths_m.items()))
        yield (
            f"{counted(len(lengths_m), 'segment')} with a length_m that the line "
            f"contradicts: {name} has {given_m:g} m, its line {line_m:,.0f} m - is "
            "length_m in metres, and of the segment alone?"
        )


def _of_positions(far: dict[str, str]) -> Iterator[str]:
    if far:
        name, distance = next(iter(far.items()))
        yield (
            f"{counted(len(far), 'segment')} with a latitude and longitude that the "
            f"line contradicts: {name} is {distance}"
        )


def _of_crs(crs: str | None, roads: Sequence[RoadSegment]) -> Iterator[str]:
    """EPSG:4326 puts latitude first, GeoJSON and nearly all that write it do not."""
    if crs is not None and "4326" in crs:
        one = roads[0]
        yield (
            f"crs is {crs!r:.100}: coordinates are read as [longitude, latitude], as "
            f"GeoJSON has them, so {one.segment_id} is at "
            f"{placement.place((one.latitude, one.longitude))} - is it?"
        )


def counted(number: int, unit: str) -> str:
    """`1 road`, `2 roads`."""
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
