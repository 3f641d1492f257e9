"""The deployed incidents function, and a carriageway with alerts."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from traffic.aws.dynamodb import attributes, values_of
from traffic.aws.event_bus import EventBridgeBus
from traffic.aws.profile_store import PROFILES_KEY
from traffic.incidents.incident import OpenAlert
from traffic.incidents.items import UNUSUAL_KEY
from traffic.policy import MINUTE_MS
from traffic.profiles.day_file import DayFile
from traffic.profiles.day_records import RECORD_BYTES
from traffic.profiles.profile_file import build, pack
from traffic.timestamps import minute_text
from trafficctl.roads.geometry import encode

from ..swept import Answer, SweptFunction

KM = 1 / 111.195  # degrees of latitude


class DeployedIncidents:
    """A local city in which only alerts and the test start sweeps."""

    def __init__(self, city: Any) -> None:
        self.city = city
        self.out = city.outputs
        # Loaded before the first sweep: the roads are read again every few minutes.
        self.street = self._street(6)
        name = self.out["IncidentsFunction"]
        self.function = SweptFunction(city, name, "incidents-clock")

    def sweep(self, alert_ids: Sequence[str] = (), of_clock: bool = False) -> Answer:
        """Run the function, as changed alerts or its schedule would."""
        bodies = [
            json.dumps({"detail": {"alert_id": one, "received_at": 1}})
            for one in alert_ids
        ]
        bodies += ["{}"] * of_clock
        return self.function.sweep({"Records": [{"body": body} for body in bodies]})

    def start_again(self) -> None:
        """Have the next sweep start in a new execution environment."""
        memory = 1769 + 1770 - self.function.configuration()["MemorySize"]
        self.function.configure(MemorySize=memory)

    def _street(self, many: int) -> list[str]:
        """Segments of a kilometre, each of which starts where the one before ends."""
        name = uuid.uuid4().hex[:8]
        found = []
        for place in range(many):
            ends = [(place * KM, 0.0), ((place + 1) * KM, 0.0)]
            row = {
                "segment_id": f"{name}-{place}",
                "name": f"Road {name}, exit {place}",
                "latitude": (place + 0.5) * KM,
                "longitude": 0.0,
                "line": encode(ends),
                "lanes": 2,
                "length_m": 1000.0,
                "free_flow_speed": 100.0,
                "speed": 20.0,
                "density": 50.0,
            }
            self._put("RoadSegmentsTable", row)
            found.append(row["segment_id"])
        return found

    def learn(self, usual: int) -> None:
        """Profiles of a month in which one speed was usual at any hour."""
        records = {name: bytes([usual]) * RECORD_BYTES for name in self.street}
        today = datetime.now(timezone.utc).date()
        days = [
            DayFile(today - timedelta(days=ago), records, []) for ago in range(1, 29)
        ]
        self.city.client("s3").put_object(
            Bucket=self.out["ProfilesBucket"],
            Key=PROFILES_KEY,
            Body=pack(build(days, "UTC", ())),
        )

    def forget_profiles(self) -> None:
        """Nothing was ever learned."""
        self.city.client("s3").delete_object(
            Bucket=self.out["ProfilesBucket"], Key=PROFILES_KEY
        )

    def slow(self, segment: str, speed: float) -> None:
        """Traffic passes at that speed, now and for 20 minutes."""
        now_ms = round(time.time() * 1000)
        for ago in range(20):
            minute = minute_text(now_ms // MINUTE_MS - ago)
            row = {"segment_id": segment, "minute": minute}
            row |= {"vehicles": 10, "speed": speed}
            self._put("SegmentHistoryTable", row)
        self.city.client("dynamodb").update_item(
            TableName=self.out["RoadSegmentsTable"],
            Key=attributes({"segment_id": segment}),
            UpdateExpression="SET speed = :speed, observed_at = :now",
            ExpressionAttributeValues=attributes({":speed": speed, ":now": now_ms}),
        )

    def alert(self, segment: str, is_open: bool = True) -> OpenAlert:
        """An alert of a segment, as the processor writes it."""
        opened_at = 1_800_000_000_000
        one = OpenAlert(segment, opened_at)
        row = {"alert_id": one.alert_id, "segment_id": segment, "level": "high"}
        flag = "open" if is_open else None
        row |= {"opened_at": opened_at, "open_flag": flag}
        self._put("CongestionAlertsTable", row)
        return one

    def _put(self, table: str, row: dict[str, Any]) -> None:
        item = attributes(row)
        self.city.client("dynamodb").put_item(TableName=self.out[table], Item=item)

    def tell(self, alerts: Sequence[OpenAlert]) -> None:
        """Publish that these alerts changed, as the processor does."""
        bus = EventBridgeBus(self.city.client("events"), self.out["AlertBus"])
        details = [{"alert_id": one.alert_id, "received_at": 1} for one in alerts]
        assert all(bus.send(details))

    def row(self, incident_id: str) -> dict[str, Any]:
        """The row of an incident or of a further alert, {} if there is none."""
        found = self.city.client("dynamodb").get_item(
            TableName=self.out["TrafficIncidentsTable"],
            Key=attributes({"incident_id": incident_id}),
            ConsistentRead=True,
        )
        return values_of(found.get("Item", {}))

    def unusual(self) -> list[str]:
        """The segments that are known to be unusual."""
        return list(json.loads(self.row(UNUSUAL_KEY).get("since", "{}")))

    def afresh(self) -> None:
        """Forget every alert and incident."""
        tables = {"CongestionAlertsTable": "alert_id"}
        tables |= {"TrafficIncidentsTable": "incident_id"}
        dynamodb = self.city.client("dynamodb")
        for table, key in tables.items():
            pages = dynamodb.get_paginator("scan").paginate(TableName=self.out[table])
            for item in [one for page in pages for one in page["Items"]]:
                dynamodb.delete_item(TableName=self.out[table], Key={key: item[key]})
