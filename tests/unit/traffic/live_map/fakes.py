"""A city in memory, and requests to the live API as API Gateway hands them on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from traffic.errors import Conflict, StoreError
from traffic.incidents.incident import Incident, Member, Queue, Reported
from traffic.incidents.items import incident_of, row_of
from traffic.live_map.api import LiveApi
from traffic.live_map.handling import OWNER
from traffic.live_map.page import PageFile, page_file
from traffic.live_map.ports import LiveMapPorts
from traffic.live_map.settings import LiveMapSettings, read
from traffic.segment.alerts import LEVELS
from traffic.settings import required
from traffic.timestamps import minute_text

from .memory_views import MemoryViews

NOW_MS = 1_795_372_320_000
RETENTION_DAYS = 30
WHO = {"email": "day-shift@city.example", "cognito:username": "e6e9"}
ENVIRONMENT = {
    **dict.fromkeys(required(LiveMapSettings), "named"),
    "CONGESTION_HIGH_THRESHOLD": "50",
    "CONGESTION_SEVERE_THRESHOLD": "80",
    "CONGESTION_CLEAR_THRESHOLD": "40",
    "TIME_ZONE": "Europe/Berlin",
    "SPEED_UNIT": "mph",
    "USER_POOL_DOMAIN": "https://city.auth.us-east-1.amazoncognito.com",
    "USER_POOL_ISSUER": "https://cognito-idp.us-east-1.amazonaws.com/pool",
    "MAP_STYLE_URL": "https://tiles.example.org/style.json",
    "AWS_REGION": "us-east-1",
}
Item = dict[str, Any]


def segment(segment_id: str, updated_at: int = NOW_MS - 1000, **more: Any) -> Item:
    """Return an item of `road_segments`, with a little of everything."""
    live = {"flow": 1200, "speed": 60.0, "congestion_score": 30.0, "sensors": 2}
    return {
        "segment_id": segment_id,
        "updated_at": updated_at,
        "observed_at": updated_at - 500,
        "sensors_reporting": 1,
        **live,
        **more,
    }


def alert(segment_id: str, opened_at: int = NOW_MS - 60_000, **more: Any) -> Item:
    """Return an item of `congestion_alerts` that is open."""
    return {
        "alert_id": f"{segment_id}@{opened_at}",
        "segment_id": segment_id,
        "alert_status": "open",
        "level": "high",
        "peak_level": "high",
        "peak_congestion": 61.5,
        "opened_at": opened_at,
        "level_since": opened_at,
        **more,
    }


def incident(*alerts: Item, **more: Any) -> Item:
    """Return an item of `traffic_incidents` that these open alerts make.

    It is one that the incidents function writes: *more* replaces values of it.
    """
    first = min(alerts, key=lambda one: one["opened_at"])
    made = Incident(
        incident_id=first["alert_id"],
        opened_at=first["opened_at"],
        members={one["segment_id"]: Member(one["opened_at"]) for one in alerts},
        alerts=len(alerts),
        level=LEVELS.index("high"),
        peak_level=LEVELS.index("severe"),
        peak_segments=len(alerts),
        peak_length_km=7.5,
        queue=Queue(
            head=first["segment_id"],
            tail=alerts[-1]["segment_id"],
            road="I-405 S",
            place="Sherman Oaks",
            length_km=6.2,
            speed=14.2,
            delay_rate=88.5,
        ),
        delay=31.25,
        measured_at=NOW_MS - 30_000,
        reported=Reported(first["opened_at"], len(alerts), LEVELS.index("high")),
        version=1,
    )
    whole = {**row_of(made, RETENTION_DAYS), **more}
    row = {name: value for name, value in whole.items() if value is not None}
    assert row_of(incident_of(row), RETENTION_DAYS) == whole
    return row


@dataclass
class FakeReader:
    """A city in memory; counts what it is asked, and fails while told to."""

    segments: dict[str, Item] = field(default_factory=dict)
    alerts: dict[str, Item] = field(default_factory=dict)
    incidents: list[Item] = field(default_factory=list)
    history: list[Item] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    is_down: bool = False
    down: set[Any] = field(default_factory=set)  # methods, or ids of alerts

    def put(self, *items: Item) -> None:
        self.segments |= {item["segment_id"]: item for item in items}

    def warn(self, *items: Item) -> None:
        self.alerts |= {item["alert_id"]: item for item in items}

    def _called(self, *call: Any) -> None:
        self.calls.append(call)
        if self.is_down or self.down & set(call):
            raise StoreError("down")

    def live(self) -> list[Item]:
        self._called("live")
        return list(self.segments.values())

    def roads(self) -> list[Item]:
        self._called("roads")
        return list(self.segments.values())

    def open_alerts(self) -> list[Item]:
        self._called("open_alerts")
        return [a for a in self.alerts.values() if a["alert_status"] == "open"]

    def open_incidents(self) -> list[Item]:
        self._called("open_incidents")
        return list(self.incidents)

    def segment(self, segment_id: str) -> Item | None:
        self._called("segment", segment_id)
        return self.segments.get(segment_id)

    def minutes(self, segment_id: str, first: str, last: str) -> list[Item]:
        self._called("minutes", segment_id, first, last)
        return [row for row in self.history if first <= row["minute"] <= last]

    def city_minute(self, minute: int) -> list[Item]:
        self._called("city_minute", minute)
        return [row for row in self.history if row["minute"] == minute_text(minute)]

    def alert(self, alert_id: str) -> Item | None:
        self._called("alert", alert_id)
        found = self.alerts.get(alert_id)
        return dict(found) if found else None

    def record(self, item: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        self._called("record", item["alert_id"])
        row = self.alerts[item["alert_id"]]
        if any(row.get(name) != item.get(name) for name in ("handled", OWNER[1])):
            raise Conflict("somebody was first")
        row.update(change)
        for name in [name for name, value in row.items() if value is None]:
            del row[name]

    def count(self, name: str) -> int:
        return sum(call[0] == name for call in self.calls)


@dataclass
class FakeShift:
    """What a shift's log is made of."""

    alerts_of: list[Item] = field(default_factory=list)
    rows: dict[str, Item] = field(default_factory=dict)
    is_whole: bool = True
    asked: list[Any] = field(default_factory=list)

    def alerts(self, days: Iterable[str], since_ms: int) -> tuple[list[Item], bool]:
        self.asked.append((list(days), since_ms))
        return self.alerts_of, self.is_whole

    def incidents(self, alert_ids: Sequence[str]) -> dict[str, Item]:
        self.asked.append(list(alert_ids))
        return self.rows


@dataclass
class FakeAssets:
    """Files in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def page(self, name: str) -> PageFile | None:
        return page_file(name, self.files[name]) if name in self.files else None

    def version(self) -> str:
        return "0123"


@dataclass
class Clock:
    """A clock that stands until it is moved on."""

    ms: int = NOW_MS

    def __call__(self) -> int:
        return self.ms


@dataclass
class City:
    """A live API over a city in memory."""

    reader: FakeReader = field(default_factory=FakeReader)
    assets: FakeAssets = field(default_factory=FakeAssets)
    clock: Clock = field(default_factory=Clock)
    environment: str = "aa"
    settings: LiveMapSettings = field(default_factory=lambda: read(ENVIRONMENT))
    logged: list[tuple[str, str]] = field(default_factory=list)
    shift: FakeShift = field(default_factory=FakeShift)
    views: MemoryViews = field(default_factory=MemoryViews)

    def __post_init__(self) -> None:
        ports = LiveMapPorts(
            self.reader,
            self.views,
            self.assets,
            self.clock,
            self.environment,
            self._log,
            shift=self.shift,
        )
        self.api = LiveApi(ports, self.settings)

    def _log(self, event: str, told: str) -> None:
        self.logged.append((event, told))

    def ask(self, path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
        """Return the whole answer to a request."""
        return self.api.answer(event(path, method, **more))

    def get(self, path: str, **query: str) -> Any:
        """Return what a GET tells, which must be well."""
        answer = self.ask(path, query=query)
        assert answer["statusCode"] == 200, answer["body"]
        return json.loads(answer["body"])

    def refusal(self, path: str, method: str = "GET", **more: Any) -> tuple[int, str]:
        """Return status and message of a request that is refused."""
        answer = self.ask(path, method, **more)
        return answer["statusCode"], json.loads(answer["body"])["error"]


def event(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    """Return the event of a request: `query`, `headers`, `body`, `claims`."""
    made: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "headers": more.get("headers", {}),
        "requestContext": {"http": {"method": method, "path": path}},
        "isBase64Encoded": False,
    }
    if more.get("query"):
        made["queryStringParameters"] = more["query"]
    if "body" in more:
        made["body"] = more["body"]
    claims = more.get("claims", WHO)
    if claims:
        made["requestContext"]["authorizer"] = {"jwt": {"claims": claims}}
    return made
