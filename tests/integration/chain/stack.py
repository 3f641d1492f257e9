"""A deployed stack of the local city, with clients that are made once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from trafficctl.aws.city_tables import plain_item
from trafficctl.up.command import City

from ..clients import Clients


class Stack:
    """A stack, the city it is deployed in, and that city's home."""

    def __init__(self, city: City, home: Path, outputs: dict[str, str]) -> None:
        self.city, self.home, self.outputs = city, home, outputs
        self._clients = Clients(city)

    def client(self, service: str) -> Any:
        """A client of the city's `service`."""
        return self._clients.of(service)

    def environment(self) -> dict[str, str]:
        """This process's environment, pointed at the city, for a subprocess."""
        return {**os.environ, **self.city.environment()}

    def mapping(self) -> dict[str, Any]:
        """The event source mapping of the processor."""
        (found,) = self.client("lambda").list_event_source_mappings(
            FunctionName=self.outputs["ProcessorFunction"]
        )["EventSourceMappings"]
        return dict(found)

    def items(self, table: str, **key: str) -> list[dict[str, Any]]:
        """The items of a table with these attributes, in plain values."""
        names = {f"#{name}": name for name in key}
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs[table],
                ConsistentRead=True,
                FilterExpression=" AND ".join(f"#{name} = :{name}" for name in key),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={f":{k}": {"S": v} for k, v in key.items()},
            )
        )
        return [plain_item(item) for page in pages for item in page["Items"]]

    def segment(self, segment_id: str) -> dict[str, Any]:
        """The item of a segment; empty if there is none."""
        found = self.client("dynamodb").get_item(
            TableName=self.outputs["RoadSegmentsTable"],
            Key={"segment_id": {"S": segment_id}},
            ConsistentRead=True,
        )
        return plain_item(found.get("Item", {}))

    def objects(self, bucket: str, prefix: str = "") -> dict[str, str]:
        """The texts in a bucket, by key."""
        s3, name = self.client("s3"), self.outputs[bucket]
        listed = s3.list_objects_v2(Bucket=name, Prefix=prefix).get("Contents", [])
        keys = [entry["Key"] for entry in listed]
        return {
            key: s3.get_object(Bucket=name, Key=key)["Body"].read().decode()
            for key in keys
        }
