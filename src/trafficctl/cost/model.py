"""The monthly cost of a city: pure arithmetic over quantities and prices.

Assumptions are constants here, each with its reason. Not counted: free tiers, taxes,
support, data transfer to browsers, Cognito, backups, delivery of e-mail and SMS,
QuickSight (docs/explanation/quicksight.md counts it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from traffic.sensor_health import aws as sensor_health_aws
from traffic.shard_scaler.aws import METRICS
from trafficctl.cost import sizing
from trafficctl.cost.prices import Price

DAYS = 30
MONTH_S = DAYS * 86_400
MONTH_MINUTES = MONTH_S / 60

METERED_BYTES = 5 * 1024  # IoT Core counts in steps of it
PUT_UNIT_BYTES = 25 * 1024
EVENT_BYTES = 6_000_000  # of one invocation, its records in base64 with 500 bytes each

# The template's defaults; a test holds them together.
LANES_PER_SHARD = 2
MEMORY_MB = 1_024
ALARM_METRICS = 55  # 30 alarms; one over several metrics is paid for each of them
METRICS_OF_OURS = 42  # of processor, health and scaler, with a reason each

TABLES_USE = 0.70  # of their capacity, where that is provisioned

# The processor: the readings that a vCPU-second is assumed to take, a bar that
# `make bench` prints its own figure beside; the share of a vCPU that its memory buys;
# and a guess of what a call takes.
READINGS_PER_VCPU_S = 250_000
VCPU_MB = 1_769
CALL_S = 0.010
KEYS_PER_READ = 100
UPDATES_PER_WRITE = 25
POLLS_S = 1  # Lambda asks a shard about once a second
LOG_BYTES = 1_500  # of one invocation: its figures, and Lambda's three lines
BAD_READINGS = 0.0001  # of a fleet in good health

HISTORY_ROW_BYTES = 280
ALERTS_A_DAY = 7.1 / 7  # of a segment: METR-LA, 1,474 in a week on 207 segments
TURNS = 2.4  # opened, escalated, eased, cleared

# One look of the live map (docs/explanation/live-map.md): bytes, CPU of a poll.
POLL_S = 2
LIVE_ITEM_BYTES = 791
READ_UNIT_BYTES = 4_096
LOOK_CPU_S = 0.27 / 5_000  # for each segment, when the city is read again
POLL_CPU_S = 0.005
LIVE_MEMORY_MB = 1_769

Quantities = dict[str, dict[str, float]]  # service, name of the price: how much


@dataclass(frozen=True)
class CityLoad:
    """A city and its design; *history_days* is how long rows are kept."""

    sensors: int = 50_000
    interval_s: float = 1.0
    readings_per_message: int = 25
    segments: int = 5_000
    viewers: int = 10
    history_days: int = 90
    stream_mode: str = "PROVISIONED"
    tables: str = "PAY_PER_REQUEST"
    batch_size: int = 1_000
    window_s: float = 2
    basic_ingest: bool = True
    by_segment: bool = True  # one write a segment and batch, not one a reading

    @property
    def readings_s(self) -> float:
        """Readings a second."""
        return self.sensors / self.interval_s

    @property
    def messages_s(self) -> float:
        """Messages a second."""
        return self.readings_s / self.readings_per_message

    @property
    def message_bytes(self) -> int:
        """Bytes of a message as sent."""
        return sizing.message_bytes(self.readings_per_message)

    @property
    def record_bytes(self) -> int:
        """Bytes of a message in the stream."""
        return sizing.record_bytes(self.readings_per_message)

    @property
    def shards(self) -> int:
        """Shards that keep the load below the scaler's doubling threshold."""
        return sizing.shards(self.messages_s, self.readings_per_message)


@dataclass(frozen=True)
class BillLine:
    """A line of the bill, a month."""

    service: str
    quantity: float
    unit: str
    dollars: float


def naive(load: CityLoad) -> CityLoad:
    """The same city, built as the services' examples show it."""
    for change in LEVERS.values():
        load = change(load)
    return load


# Each lever, as the load without it.
LEVERS: Mapping[str, Callable[[CityLoad], CityLoad]] = {
    "many readings in a message": lambda load: replace(load, readings_per_message=1),
    "Basic Ingest": lambda load: replace(load, basic_ingest=False),
    "shards that are scaled, not on demand": lambda load: replace(
        load, stream_mode="ON_DEMAND"
    ),
    "batches of 1,000 gathered for 2 s": lambda load: replace(
        load, batch_size=100, window_s=0
    ),
    "one write a segment and batch": lambda load: replace(load, by_segment=False),
}

# Parameters that save more and cost latency or burst capacity.
OPTIONS: Mapping[str, Callable[[CityLoad], CityLoad]] = {
    "EventBatchWindowSeconds=5": lambda load: replace(load, window_s=5),
    "DynamoDBBillingMode=PROVISIONED": lambda load: replace(load, tables="PROVISIONED"),
}


def bill(load: CityLoad, prices: Mapping[str, Price]) -> list[BillLine]:
    """The lines of a month's bill, by service."""
    return [
        BillLine(service, amount, prices[name].unit, prices[name].of(amount))
        for service, amounts in quantities(load).items()
        for name, amount in amounts.items()
        if amount
    ]


def total(load: CityLoad, prices: Mapping[str, Price]) -> float:
    """The dollars of a month."""
    return sum(item.dollars for item in bill(load, prices))


def quantities(load: CityLoad) -> Quantities:
    """The quantity of each price in a month."""
    return {
        "IoT Core": _iot(load),
        "Kinesis": _stream(load),
        "Lambda processor": _processor(load),
        "DynamoDB": _charged(_tables(load), load.tables),
        "Alerts": _charged(_alerts(load), load.tables),
        "Live map": _charged(_live(load), load.tables),
        "Operation": _operation(load),
    }


def _iot(load: CityLoad) -> dict[str, float]:
    alone = load.readings_per_message == 1
    devices = load.sensors if alone else min(load.sensors, load.segments)
    steps = math.ceil(load.message_bytes / METERED_BYTES)
    metered = load.messages_s * MONTH_S * steps
    return {
        "iot_minutes": devices * MONTH_MINUTES,
        "iot_messages": 0.0 if load.basic_ingest else metered,
        "iot_rules": metered,
        "iot_actions": metered,
    }


def _stream(load: CityLoad) -> dict[str, float]:
    records, hours = load.messages_s * MONTH_S, MONTH_S / 3_600
    if load.stream_mode == "PROVISIONED":
        units = math.ceil(load.record_bytes / PUT_UNIT_BYTES)
        return {"shard_hours": load.shards * hours, "put_units": records * units}
    return {
        "stream_hours": hours,
        "stream_gb_in": records * math.ceil(load.record_bytes / 1024) * 1024 / 1e9,
        "stream_gb_out": records * load.record_bytes / 1e9,
    }


def _processor(load: CityLoad) -> dict[str, float]:
    runs_s = _runs_s(load)
    vcpu = min(1.0, MEMORY_MB / VCPU_MB)
    calls_s = _updates_s(load) * (1 / KEYS_PER_READ + 1 / UPDATES_PER_WRITE)
    calls_s = max(2 * runs_s, calls_s)
    busy = load.readings_s / READINGS_PER_VCPU_S / vcpu + calls_s * CALL_S
    spoiled = 1 - (1 - BAD_READINGS) ** (load.readings_s / runs_s)
    return {
        "lambda_requests": runs_s * MONTH_S,
        "lambda_gb_seconds": busy * MONTH_S * MEMORY_MB / 1_024,
        "s3_puts": runs_s * spoiled * MONTH_S,
        "log_gb": runs_s * MONTH_S * LOG_BYTES / 1e9,
    }


def _runs_s(load: CityLoad) -> float:
    """Invocations a second: a batch is full, or its window ends."""
    largest = min(load.batch_size, EVENT_BYTES / (load.record_bytes * 4 / 3 + 500))
    gathered_s = load.shards * LANES_PER_SHARD * _rounds_s(load)
    return min(load.messages_s, max(gathered_s, load.messages_s / largest))


def _rounds_s(load: CityLoad) -> float:
    """How often a second the incoming records are read."""
    return min(POLLS_S, 1 / load.window_s) if load.window_s else POLLS_S


def _updates_s(load: CityLoad) -> float:
    """Updates of items a second; a segment is in one batch at a time."""
    if not load.by_segment:
        return load.readings_s
    each = min(load.messages_s / load.segments, _rounds_s(load))
    return load.segments * each


def _tables(load: CityLoad) -> dict[str, float]:
    updates = _updates_s(load) * MONTH_S
    if not load.by_segment:
        return {"write_units": updates}
    # A closed minute is a transaction of the row and its segment, twice the units,
    # and an index's entry; the segment's own write is counted among the updates.
    minutes_s = min(load.segments / 60, load.messages_s)
    minutes, rows = minutes_s * MONTH_S, minutes_s * 86_400 * load.history_days
    return {
        "write_units": updates + 4 * minutes,
        "read_units": updates,
        "table_gb": 2 * rows * HISTORY_ROW_BYTES / 1e9,
    }


def _charged(amounts: dict[str, float], mode: str) -> dict[str, float]:
    """Units as provisioned capacity, if the tables are PROVISIONED."""
    if mode == "PAY_PER_REQUEST":
        return amounts
    capacity = {
        f"{kind}_capacity_hours": amounts.get(f"{kind}_units", 0.0) / TABLES_USE / 3_600
        for kind in ("write", "read")
    }
    return {k: v for k, v in amounts.items() if not k.endswith("_units")} | capacity


def _alerts(load: CityLoad) -> dict[str, float]:
    turns = load.segments * ALERTS_A_DAY * TURNS * DAYS
    return {"events": turns, "sns_requests": turns, "write_units": 5 * turns}


def _live(load: CityLoad) -> dict[str, float]:
    polls_s = load.viewers / POLL_S
    looks_s = min(polls_s, 1 / POLL_S)  # one environment serves a hundred viewers
    units = load.segments * LIVE_ITEM_BYTES / READ_UNIT_BYTES / 2
    busy = looks_s * LOOK_CPU_S * load.segments + polls_s * POLL_CPU_S
    return {
        "http_requests": polls_s * MONTH_S,
        "lambda_requests": polls_s * MONTH_S,
        "lambda_gb_seconds": busy * MONTH_S * LIVE_MEMORY_MB / 1_024,
        "read_units": looks_s * units * MONTH_S,
    }


def _operation(load: CityLoad) -> dict[str, float]:
    scaler = len(METRICS) if load.stream_mode == "PROVISIONED" else 0
    requests = (
        scaler + len(sensor_health_aws.METRICS)
    ) * MONTH_MINUTES  # and sensor health
    return {
        "alarm_metrics": ALARM_METRICS,
        "metrics": METRICS_OF_OURS,
        "metric_requests": requests,
        "dashboards": 1,
        "keys": 2,
    }
