"""The SQL of each dataset over rows exported from the local city.

`test_numbers.py` asserts the figures over rows made in memory; here the deployed
functions wrote the rows, and every statement has to give the same.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest

from traffic.aws import dynamodb
from traffic.incidents.aws import DynamoIncidents
from traffic.incidents.incident import Incident
from traffic.incidents.reporting import IncidentChange
from traffic.model import Reading
from traffic.policy import MINUTE_MS
from trafficctl.roads.network import RoadSegment
from trafficctl.roads.store import load_segments

from ...template.reports.scenario import NOW, city, play
from ...template.reports.warehouse import DATASETS, Warehouse

SEGMENTS = ("A", "B", "C", "D", "E")
TABLES = {
    "road_segments": "RoadSegmentsTable",
    "segment_history": "SegmentHistoryTable",
    "congestion_alerts": "CongestionAlertsTable",
    "traffic_incidents": "TrafficIncidentsTable",
}


class Deployed:
    """Plays the scenario into the local city, by its deployed processor."""

    def __init__(self, local_city: Any) -> None:
        self._city = local_city
        self._records: list[dict[str, Any]] = []

    def load(self, road: RoadSegment) -> None:
        """Write a road by the operator's tool."""
        table = self._city.outputs["RoadSegmentsTable"]
        load_segments(self._city.session, table, [road])

    def report(self, segment_id: str, minute: int, readings: list[Reading]) -> None:
        """Keep one message as the stream would hand it over."""
        received = minute * MINUTE_MS + 2_000
        data = msgspec.json.encode({"readings": readings, "received_at": received})
        number = len(self._records) + 1
        body = {
            "partitionKey": segment_id,
            "sequenceNumber": str(number),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": received / 1000,
        }
        self._records.append({"eventID": f"shardId-0:{number}", "kinesis": body})

    def group(self) -> None:
        """Hand all messages to the processor, and group the alerts by a sweep."""
        answer = self._city.client("lambda").invoke(
            FunctionName=self._city.outputs["ProcessorFunction"],
            Payload=json.dumps({"Records": self._records}),
        )
        assert json.load(answer["Payload"]) == {"batchItemFailures": []}
        swept = self._city.client("lambda").invoke(
            FunctionName=self._city.outputs["IncidentsFunction"],
            Payload=json.dumps({"Records": [{"body": "{}"}]}),
        )
        assert json.load(swept["Payload"]) is None

    def incident(self, one: Incident) -> None:
        """Write an incident as the sweep that ends it does."""
        table = self._city.outputs["TrafficIncidentsTable"]
        incidents = DynamoIncidents(self._city.client("dynamodb"), table, 90)
        assert incidents.write([IncidentChange(one)], one.opened_at) == [None]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Export the rows of the scenario's segments."""
        return {name: list(self._export(key)) for name, key in TABLES.items()}

    def _export(self, output: str) -> Any:
        pages = self._city.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self._city.outputs[output]):
            for item in page["Items"]:
                row = {name: dynamodb.value_of(one) for name, one in item.items()}
                if row.get("segment_id", row.get("head")) in SEGMENTS:
                    yield row


@pytest.fixture(scope="module")
def exported(local_city: Any) -> Warehouse:
    """The reports' tables, as the local city holds them after the scenario."""
    deployed = Deployed(local_city)
    play(deployed)
    return Warehouse(deployed.tables(), NOW)


@pytest.mark.parametrize("dataset", sorted(DATASETS))
def test_every_statement_gives_the_same_over_the_local_city(
    dataset: str, exported: Warehouse
) -> None:
    expected = Warehouse(city().tables(), NOW)

    for segment in ("A", "B"):
        rows = sorted(expected.ask(dataset, segment=segment), key=repr)
        assert sorted(exported.ask(dataset, segment=segment), key=repr) == rows
        assert rows
