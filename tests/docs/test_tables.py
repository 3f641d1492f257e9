"""The tables are described as they are: keys, indexes, TTL and every attribute."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.traffic.segment.builders import (
    MINUTE,
    POLICY,
    ROAD,
    message,
    ms,
    reading,
    say,
)
from traffic.aws import segment_items
from traffic.incidents import items as incident_items
from traffic.incidents.incident import Incident
from traffic.live_map.handling import OWNER
from traffic.model import StoredSegment
from traffic.segment.rows import alert_rows, history_row
from traffic.segment.windows import Window
from traffic.sensor_health.fault_items import row_of
from traffic.sensor_health.faults import Fault
from trafficctl.aws import city_tables
from trafficctl.registry import table as registry
from trafficctl.roads.network import RoadSegment

from ..shape.sources import ROOT
from ..template.template import of_type, properties
from .pages import named, names

PAGE = (ROOT / "docs" / "reference" / "tables.md").read_text()
OVERVIEW, *PARTS = re.split(r"^## ", PAGE, flags=re.M)
TOLD = {part.partition("`\n")[0].strip("`"): part for part in PARTS}
NAME = re.compile(r"`([a-z_]+)`")
TABLES = {
    properties(name)["TableName"]["Fn::Sub"].partition("}-")[2]: properties(name)
    for name in of_type("AWS::DynamoDB::Table")
}


def keys(of: dict[str, Any]) -> list[str]:
    """Return the attributes of a key, the partition's first."""
    return [one["AttributeName"] for one in of["KeySchema"]]


def test_every_table_is_told_with_its_key_its_indexes_and_its_end() -> None:
    told = {}
    for (table,), text in named(OVERVIEW):
        key, *indexes, end = text.split("; ")
        assert key.startswith("key ")
        assert end.startswith("expires ")
        assert all(one.startswith("index ") for one in indexes)
        told[table] = (
            NAME.findall(key),
            [NAME.findall(one) for one in indexes],
            NAME.findall(end),
        )

    assert told == {
        name: (
            keys(table),
            [
                [index["IndexName"], *keys(index)]
                for index in table.get("GlobalSecondaryIndexes", [])
            ],
            [table["TimeToLiveSpecification"]["AttributeName"]]
            if "TimeToLiveSpecification" in table
            else [],
        )
        for name, table in TABLES.items()
    }


def of_segments() -> Iterable[str]:
    road = RoadSegment("s", 0.0, 0.0)
    live = say(message(reading())).live
    read = (
        *segment_items.read_attributes(),
        "left_out",
    )  # sensor_health/aws.py writes it
    return {*city_tables.SEGMENT_FIELDS, *live, *read, *vars(road)}


def of_history() -> Iterable[str]:
    segment = StoredSegment("s", road=ROAD)
    return history_row(segment, MINUTE, Window(), 1)


def of_alerts() -> Iterable[str]:
    jam = message(reading(congestion_score=90))
    (row,) = alert_rows(say(jam, policy=replace(POLICY, hold_s=0)).last, 1).values()
    ours = (*OWNER, "closed_level", "handled")  # live_map/aws.py writes them
    return {"alert_id", *row, *ours}


def of_faults() -> Iterable[str]:
    return row_of(Fault("fleet", "city", "silent", ms(0), ms(1)), 1)


def of_incidents() -> Iterable[str]:
    return incident_items.row_of(Incident("s@1", 1), 1)


WRITTEN = {
    "road_segments": of_segments,
    "segment_history": of_history,
    "congestion_alerts": of_alerts,
    "traffic_incidents": of_incidents,
    "sensor_faults": of_faults,
    "device_registry": lambda: registry.FIELDS,
}


@pytest.mark.parametrize("table", TABLES)
def test_every_attribute_is_told_and_none_is_invented(table: str) -> None:
    assert sorted(names(TOLD[table])) == sorted(WRITTEN[table]())


def test_what_the_processor_writes_of_a_segment_now_the_tool_reads() -> None:
    assert set(say(message(reading())).live) - set(city_tables.LIVE_FIELDS) == set()
