"""The deployed sensor health function, and a city whose data are as old as we say."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.unit.traffic.segment.builders import POLICY, ROAD
from traffic.aws import dynamodb as aws_dynamodb
from traffic.aws import segment_items
from traffic.aws.dynamodb import Tables
from traffic.aws.event_bus import EventBridgeBus
from traffic.aws.segment_store import DynamoStore
from traffic.model import StoredSegment
from traffic.processor.aws import S3Quarantine
from traffic.processor.function import process
from traffic.processor.ports import ProcessorPorts
from traffic.sensor_health.aws import MEMORY_KEY

from ..swept import Answer, SweptFunction


class Bystander:
    """A bus that takes nothing: what the processor did not live to send."""

    def send(self, events: Any) -> list[bool]:
        return [False] * len(events)


class Deployed:
    """A local city whose clock no longer sweeps: only the test does."""

    def __init__(self, city: Any) -> None:
        self.city = city
        self.out = city.outputs
        name = self.out["SensorHealthFunction"]
        self.function = SweptFunction(city, name, "sensor-health")

    def sweep(self) -> Answer:
        """Run the function, as its schedule would."""
        return self.function.sweep({})

    @contextlib.contextmanager
    def told(self, **variables: str) -> Iterator[None]:
        """Have the function read other settings for a while."""
        before = self.function.configuration()["Environment"]["Variables"]
        self.function.configure(Environment={"Variables": {**before, **variables}})
        try:
            yield
        finally:
            self.function.configure(Environment={"Variables": before})

    def figure(self, processor: str, name: str, value: float) -> None:
        """Let CloudWatch tell that of a processor's last minute."""
        self.city.client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "FunctionName", "Value": processor}],
                    "Timestamp": time.time() - 60,
                    "Value": value,
                }
            ],
        )

    def hear(
        self, segment: str, age_s: float, speed: float = 5, bus: Any = None
    ) -> None:
        """Have the processor's code take a reading received so long ago."""
        at = time.time_ns() // 1_000_000 - round(age_s * 1000)
        said = {
            "sensor_id": "a",
            "timestamp": at,
            "vehicle_count": 9,
            "average_speed": speed,
        }
        record = {
            "eventID": "shardId-000000000000:1",
            "kinesis": {
                "partitionKey": segment,
                "sequenceNumber": str(at),
                "data": base64.b64encode(json.dumps(said).encode()).decode(),
                "approximateArrivalTimestamp": at / 1000,
            },
        }
        again = process([record], self._ports(at, bus), "t")["batchItemFailures"]
        assert bool(again) is (bus is not None)

    def _ports(self, now_ms: int, bus: Any) -> ProcessorPorts:
        dynamodb, out = self.city.client("dynamodb"), self.out
        names = ("RoadSegmentsTable", "SegmentHistoryTable", "CongestionAlertsTable")
        events = EventBridgeBus(self.city.client("events"), out["AlertBus"])
        return ProcessorPorts(
            DynamoStore(
                dynamodb,
                Tables(*(out[n] for n in names)),
                30,
                time.sleep,
                random.random,
            ),
            bus or events,
            S3Quarantine(self.city.client("s3"), out["QuarantineBucket"]),
            lambda: now_ms,
            replace(POLICY, hold_s=0),
        )

    def new_segment(self, district: str | None = None) -> str:
        """A road that never reported."""
        name = f"seg-{uuid.uuid4().hex[:12]}"
        road = {"name": f"Road {name}", "lanes": ROAD.lanes, "district": district}
        speed = {"free_flow_speed": ROAD.free_flow_speed}
        self._put({"segment_id": name, **road, **speed})
        return name

    def jammed(self, age_s: float = 600) -> str:
        """A road with an alert, of which nothing was heard for so long."""
        name = self.new_segment()
        self.hear(name, age_s)
        return name

    def _put(self, row: dict[str, Any]) -> None:
        table = self.out["RoadSegmentsTable"]
        item = aws_dynamodb.attributes(row)
        self.city.client("dynamodb").put_item(TableName=table, Item=item)

    def item(self, name: str) -> dict[str, Any]:
        """A segment as plain values."""
        found = self.city.client("dynamodb").get_item(
            TableName=self.out["RoadSegmentsTable"], Key={"segment_id": {"S": name}}
        )
        return {k: aws_dynamodb.value_of(v) for k, v in found["Item"].items()}

    def segment(self, name: str) -> StoredSegment:
        """A segment as the processor reads it."""
        found = self.city.client("dynamodb").get_item(
            TableName=self.out["RoadSegmentsTable"], Key={"segment_id": {"S": name}}
        )
        return segment_items.segment_of(name, found["Item"])

    def afresh(self) -> None:
        """Forget every segment, every fault, and what a sweep remembers."""
        s3, bucket = self.city.client("s3"), self.out["HealthMemoryBucket"]
        s3.delete_object(Bucket=bucket, Key=MEMORY_KEY)
        tables = {"RoadSegmentsTable": "segment_id", "SensorFaultsTable": "fault_id"}
        for table, key in tables.items():
            for row in self.rows(table):
                self.city.client("dynamodb").delete_item(
                    TableName=self.out[table], Key={key: {"S": row[key]}}
                )

    def rows(self, table: str, **having: Any) -> list[dict[str, Any]]:
        """The rows of a table with these values."""
        pages = self.city.client("dynamodb").get_paginator("scan")
        found = [
            {k: aws_dynamodb.value_of(v) for k, v in item.items()}
            for page in pages.paginate(TableName=self.out[table])
            for item in page["Items"]
        ]
        return [r for r in found if all(r.get(k) == v for k, v in having.items())]

    def faults(self, segment: str) -> list[dict[str, Any]]:
        """The rows of a segment's faults."""
        return self.rows("SensorFaultsTable", segment_id=segment)

    def alert(self, segment: str) -> dict[str, Any]:
        """The only alert of a segment."""
        (found,) = self.rows("CongestionAlertsTable", segment_id=segment)
        return found
