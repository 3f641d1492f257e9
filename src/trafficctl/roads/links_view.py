"""`trafficctl roads links`: which segment follows which, and which links are wrong."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from traffic.network import links
from traffic.network import roads as network_roads
from traffic.network.roads import apart_km
from traffic.network.topology import Topology, topology_of
from trafficctl.aws.city_tables import Item, open_tables
from trafficctl.cli.options import add_common
from trafficctl.cli.output import (
    KEY,
    Column,
    number,
    say,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.cli.wrong_input import first_of
from trafficctl.errors import OK
from trafficctl.roads import store
from trafficctl.roads.network import Network, counted

MOST_NAMED = 10
FIELDS = ("segment_id", "downstream", "km", "from", "fault")
WORDS = {
    network_roads.ITSELF: "leads to itself",
    network_roads.UNKNOWN: "no such segment",
    network_roads.BOTH_WAYS: "each leads to the other",
    network_roads.FAR: f"more than {network_roads.MOST_KM:g} km away",
    network_roads.AGAINST: "leads against the direction of traffic",
}


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `roads links`."""
    parser = actions.add_parser(
        "links",
        help="show which segment follows which",
        description="Show the segments that follow each segment in the direction of "
        "traffic, the links that are wrong, and the segments without any. Alerts of "
        "linked segments are one incident.",
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    """Print the links of the city's roads."""
    dynamodb, outputs = open_tables(args.stack)
    topology = topology_of(store.known_roads(dynamodb, outputs["RoadSegmentsTable"]))
    if args.json:
        show_json(as_json(topology))
        return OK
    rows = list(_rows(topology))
    if args.csv:
        show_csv(FIELDS, rows)
        return OK
    columns = [
        Column("segment", importance=KEY),
        Column("downstream", importance=KEY),
        Column("km", number=True),
        Column("from"),
        Column("fault"),
    ]
    show(table(columns, [_cells(row) for row in rows]))
    for line in first_of(topology.unlinked(), MOST_NAMED, "more segments"):
        say(f"not linked: {line}")
    return OK


def as_json(topology: Topology) -> dict[str, Any]:
    """The links that are followed, those that are not, and segments without any."""
    rows = list(_rows(topology))
    return {
        "links": [row for row in rows if row["fault"] is None],
        "faults": [row for row in rows if row["fault"] is not None],
        "unlinked": topology.unlinked(),
    }


def _rows(topology: Topology) -> Iterator[dict[str, Any]]:
    faults = {fault[:2]: fault.kind for fault in topology.faults}
    for start, ends in sorted(topology.downstream.items()):
        for end in ends:
            roads = topology.graph.roads
            km = apart_km(roads[start], roads[end]) if end in roads else None
            yield {
                "segment_id": start,
                "downstream": end,
                "km": None if km is None else round(km, 2),
                "from": topology.how[start],
                "fault": faults.get((start, end)),
            }


def _cells(row: Mapping[str, Any]) -> list[str]:
    fault = row["fault"]
    return [
        row["segment_id"],
        row["downstream"],
        number(row["km"], 2),
        row["from"],
        "" if fault is None else WORDS[fault],
    ]


def summary(network: Network, known: Iterable[Item]) -> Iterator[str]:
    """What a load says of the links of a network, in a city with `known` roads."""
    mine = [{k: v for k, v in vars(r).items() if v is not None} for r in network.roads]
    names = {one["segment_id"] for one in mine}
    others = [one for one in known if one["segment_id"] not in names]
    topology = topology_of([*mine, *others])
    faults = [
        f"warning: {fault.segment_id} -> {fault.downstream}: {WORDS[fault.kind]}, the "
        "link is not followed"
        for fault in topology.faults
        if fault.segment_id in names
    ]
    yield from first_of(faults, rest="more wrong links")
    how = Counter(topology.how[name] for name in names & topology.how.keys())
    alone = [name for name in topology.unlinked() if name in names]
    yield (
        f"links: {how[links.GIVEN]:,} from the file, {how[links.MEETS]:,} where lines "
        f"meet, {how[links.NEXT]:,} to the next on the same road; "
        f"{counted(len(alone), 'segment')} not linked - `trafficctl roads links` lists "
        "them"
    )
