"""`trafficctl roads`: the road network, from GeoJSON into `road_segments`.

One feature is one segment, a LineString, MultiLineString or Point. Properties:
`segment_id` (or the id of the feature), `name`, `district`, `lanes`, `length_m`,
`free_flow_speed` (km/h), `effective_length_m` (of vehicle and detector), `latitude`,
`longitude`, `downstream` (the ids of the next segments); length, position and the next
segments come from the geometry where they are not given.
Loading writes these attributes and never touches what the processor writes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from trafficctl.aws.city_tables import open_tables
from trafficctl.cli.options import add_common
from trafficctl.cli.output import say
from trafficctl.cli.wrong_input import unknown
from trafficctl.errors import CHECK_FAILED, OK, UserError
from trafficctl.roads import links_view, network, placement, store
from trafficctl.roads.mapping import PropertyMapping
from trafficctl.roads.network import ATTRIBUTES, Network, RoadSegment, counted
from trafficctl.roads.store import Stale

MOST_NAMED = 5


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `roads load`."""
    parser = subparsers.add_parser("roads", help="load and check the road network")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    loading = actions.add_parser(
        "load",
        help="load a road file into the city",
        description=__doc__.split("\n\n", 1)[1],
    )
    loading.add_argument("file", type=Path, metavar="FILE.geojson")
    loading.add_argument(
        "--id", metavar="PROPERTY", help="the property that is the segment_id"
    )
    loading.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=PROPERTY",
        help="read attribute NAME from PROPERTY, a number also from text (repeatable)",
    )
    loading.add_argument(
        "--newest",
        metavar="PROPERTY",
        help="of features with the same id, take the one with the highest PROPERTY",
    )
    loading.add_argument(
        "--skip-bad", action="store_true", help="leave bad features out, and name them"
    )
    loading.add_argument(
        "--replace",
        action="store_true",
        help="also remove roads and attributes that the file does not have",
    )
    add_common(loading)
    loading.set_defaults(run=_run_load)
    links_view.add(actions)


def _run_load(args: argparse.Namespace) -> int:
    words = PropertyMapping(args.id, sources_of(args.set), args.newest)
    roads = network.read(args.file, words, args.skip_bad)
    for line in roads.notices:
        say(line)
    dynamodb, outputs = open_tables(args.stack)
    return load(dynamodb, outputs["RoadSegmentsTable"], roads, args.replace)


def load(dynamodb: Any, table: str, network: Network, replace: bool = False) -> int:
    """Write a network into the table, and say what differs from what was there.

    With `replace`, the table's network becomes equal to it; CHECK_FAILED if a road has
    to stay.
    """
    known, mine = store.known_roads(dynamodb, table), network.positions()
    others = [item for item in known if item["segment_id"] not in mine]
    old = store.stale(known, network.roads, network.skipped)
    beside = [] if replace else [(one["latitude"], one["longitude"]) for one in others]
    for line in placement.far_off(mine, beside):
        say(line)
    written = store.write_shown(
        dynamodb, table, network.roads, old if replace else None
    )
    around = placement.place(placement.middle_of(mine.values()))
    say(f"{written} segments written to {table}, around {around}")
    if hint := hint_on_free_flow(network.roads):
        say(hint)
    for line in links_view.summary(network, known):
        say(line)
    if replace:
        return _replaced(old, store.remove(dynamodb, table, old.roads))
    for line in hints_on_stale(old):
        say(line)
    return OK


def _replaced(old: Stale, remaining: Sequence[str]) -> int:
    """Say what was removed, and that `remaining` were not."""
    say(
        f"{counted(len(old.roads) - len(remaining), 'road')} removed, "
        f"and attributes of {len(old.attributes):,}"
    )
    if not remaining:
        return OK
    say(
        f"{named(remaining)} kept: with an open alert or an unsent event - repeat the "
        "command once it is cleared"
    )
    return CHECK_FAILED


def sources_of(given: Sequence[str]) -> dict[str, str]:
    """The property of each attribute, from NAME=PROPERTY. Raises UserError."""
    names = [one for one in ATTRIBUTES if one not in ("segment_id", "line")]
    sources = {}
    for one in given:
        name, equals, source = one.partition("=")
        if not (equals and source):
            raise UserError(f"--set {one!r}: expected NAME=PROPERTY, such as lanes=LN")
        if name not in names:
            advice = f"the attributes are {', '.join(names)}; --id names the id"
            raise unknown("attribute", name, names, advice)
        sources[name] = source
    return sources


def hint_on_free_flow(roads: Sequence[RoadSegment]) -> str | None:
    """What follows for roads without a free-flow speed, None if there are none."""
    without = sum(road.free_flow_speed is None for road in roads)
    if not without:
        return None
    return (
        f"{without:,} of {len(roads):,} roads have no free_flow_speed: no congestion "
        "score and no alert from speed until one is learned at night"
    )


def hints_on_stale(old: Stale) -> Iterator[str]:
    """What the city keeps that the file does not have."""
    if old.roads:
        yield (
            f"{named(old.roads)} not in the file: kept - `--replace` removes what the "
            "file does not have"
        )
    if old.attributes:
        some = ", ".join(
            f"{name} ({', '.join(attributes)})"
            for name, attributes in list(old.attributes.items())[:MOST_NAMED]
        )
        keep = "keeps" if len(old.attributes) == 1 else "keep"
        yield (
            f"{counted(len(old.attributes), 'road')} {keep} attributes that the file "
            f"does not have: {some} - `--replace` removes them"
        )


def named(segment_ids: Sequence[str]) -> str:
    """How many roads, and the first of them."""
    first = ", ".join(segment_ids[:MOST_NAMED])
    more = ", ..." if len(segment_ids) > MOST_NAMED else ""
    return f"{counted(len(segment_ids), 'road')} ({first}{more})"
