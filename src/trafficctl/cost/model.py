"""The monthly cost of a city: pure arithmetic over quantities and prices.

Assumptions are constants here, each with its reason. Not counted: free tiers, taxes,
support, data transfer to browsers, Cognito, backups on demand, delivery of e-mail and
SMS, QuickSight (docs/explanation/quicksight.md counts it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from traffic.sensor_health import aws as sensor_health_aws
from traffic.shard_scaler.aws import METRICS
from trafficctl.cost import sizing
from trafficctl.cost.city_load import LEAST_CAPACITY, MAILS, TABLES_USE, CityLoad
from trafficctl.cost.prices import Price
from trafficctl.cost.service_time import SWEEP_S, batch_s

DAYS = 30
MONTH_S = DAYS * 86_400
MONTH_MINUTES = MONTH_S / 60

PUT_UNIT_BYTES = 25 * 1024

ALARM_METRICS = 67  # 36 alarms; one over several metrics is paid for each of them
QUEUE_POLLS_A_MINUTE = 15  # five pollers, each waits 20 s for a message
QUEUES = 2  # of undelivered messages, and of incidents
METRICS_OF_OURS = 48  # of all functions, with a reason each

PROVISIONED = 3  # road_segments, segment_history and its index

LOG_BYTES = 1_500  # of one invocation: its figures, and Lambda's three lines
BAD_READINGS = 0.0001  # of a fleet in good health

HISTORY_ROW_BYTES = 280
ALERTS_A_DAY = 9.5 / 7  # of a segment: METR-LA, 1,970 in a week on 207 segments
TURNS = 2.4  # opened, escalated, eased, cleared
NOTIFIER_GB_S = 1.0  # of a run: 512 MB for 2 s, as most begin with a cold start
OPEN_SHARE = 0.08  # of the time that a segment has an open alert, in that week

# Incidents: a sweep a minute and one for each turn, at most.
ALERTS_AN_INCIDENT = 5
INCIDENT_ROW_BYTES = 900
ALERT_ROW_BYTES = 600
SWEEP_GB_S = SWEEP_S * 1_769 / 1_024
ROADS_MINUTES = 5  # how often the roads are read again
UNUSUAL_A_DAY = 0.56  # of a segment: `trafficctl evaluate slowdowns`
DOUBTED_MINUTES = 20  # before a segment is unusual and before it is not, a query each

# One look of the live map (docs/explanation/live-map.md): bytes, CPU of a poll.
POLL_S = 2
LIVE_ITEM_BYTES = 864  # tests/unit/bench/test_live_map.py measures it
READ_UNIT_BYTES = 4_096
LOOK_CPU_S = 0.27 / 5_000  # for each segment, when the city is read again
POLL_CPU_S = 0.005
ENVIRONMENTS = 20  # of the live map at most, LiveApiReservedConcurrency
LIVE_MEMORY_MB = 1_769

# The profile builder reads each row of history once: measured CPU of a row, and a guess
# of the wait for a page.
ROW_CPU_S = 20e-6
PAGE_BYTES = 1_048_576
PAGE_S = 0.1
BUILDER_MEMORY_MB = 1_769
BUILDER_RUNS_A_DAY = 24

Quantities = dict[str, dict[str, float]]  # service, name of the price: how much


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
    "scaled shards": lambda load: replace(load, stream_mode="ON_DEMAND"),
    "batches of 1,000 gathered for 2 s": lambda load: replace(
        load, batch_size=100, window_s=0
    ),
    "one write per segment and batch": lambda load: replace(load, by_segment=False),
}

# What saves more: parameters that cost latency or burst capacity, and fuller messages.
FULLEST = sizing.fullest_message()
OPTIONS: Mapping[str, Callable[[CityLoad], CityLoad]] = {
    "EventBatchWindowSeconds=5": lambda load: replace(load, window_s=5),
    "DynamoDBBillingMode=PROVISIONED": lambda load: replace(load, tables="PROVISIONED"),
    f"messages of {FULLEST} readings": lambda load: replace(
        load, readings_per_message=FULLEST
    ),
    f"DynamoDBBillingMode=PROVISIONED and messages of {FULLEST}": lambda load: replace(
        load, tables="PROVISIONED", readings_per_message=FULLEST
    ),
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
        "DynamoDB": _dynamodb(load),
        "Alerts": _alerts(load),  # the small tables are always on demand
        "Incidents": _incidents(load),
        "Live map": _live(load),
        "Profiles": _profiles(load),
        "Operation": _operation(load),
    }


def _iot(load: CityLoad) -> dict[str, float]:
    steps = math.ceil(load.message_bytes / sizing.METERED_BYTES)
    metered = load.messages_s * MONTH_S * steps
    return {
        "iot_minutes": load.devices * MONTH_MINUTES,
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
    runs_s = load.runs_s
    minutes_s = load.minutes_s if load.by_segment else 0.0
    each = (load.readings_s / runs_s, load.updates_s / runs_s, minutes_s / runs_s)
    busy = runs_s * batch_s(*each, load.memory_mb)
    spoiled = 1 - (1 - BAD_READINGS) ** (load.readings_s / runs_s)
    return {
        "lambda_requests": runs_s * MONTH_S,
        "lambda_gb_seconds": busy * MONTH_S * load.memory_mb / 1_024,
        "s3_puts": runs_s * spoiled * MONTH_S,
        "log_gb": runs_s * MONTH_S * LOG_BYTES / 1e9,
    }


def _dynamodb(load: CityLoad) -> dict[str, float]:
    if not load.by_segment:
        return {"write_units": load.updates_s * MONTH_S}
    rows = load.minutes_s * 86_400 * load.history_days
    return {
        **_charged("write", load.writes_s, load.tables, load.write_capacity),
        **_charged("read", (load.updates_s, 0, 0), load.tables, LEAST_CAPACITY),
        "table_gb": 2 * rows * HISTORY_ROW_BYTES / 1e9,
        "recovery_gb": rows * HISTORY_ROW_BYTES / 1e9,  # indexes are rebuilt
    }


def _charged(
    kind: str, tables_s: Sequence[float], mode: str, least: float
) -> dict[str, float]:
    """Units, or *least* or more capacity of each table if they are PROVISIONED."""
    if mode == "PAY_PER_REQUEST":
        return {f"{kind}_units": sum(tables_s) * MONTH_S}
    held = sum(max(least, one / TABLES_USE) for one in tables_s)
    return {f"{kind}_capacity_hours": held * MONTH_S / 3_600}


def _alerts(load: CityLoad) -> dict[str, float]:
    turns = load.segments * ALERTS_A_DAY * TURNS * DAYS
    mails = load.messages_a_turn * turns
    runs = {"lambda_requests": mails, "lambda_gb_seconds": mails * NOTIFIER_GB_S}
    return {"events": turns, "sns_requests": mails, "write_units": 5 * turns} | runs


def _incidents(load: CityLoad) -> dict[str, float]:
    turns = load.segments * ALERTS_A_DAY * TURNS * DAYS
    sweeps = MONTH_MINUTES + turns
    alerts = load.segments * OPEN_SHARE
    rows = alerts / ALERTS_AN_INCIDENT
    swept_bytes = alerts * ALERT_ROW_BYTES + rows * INCIDENT_ROW_BYTES
    scans = MONTH_MINUTES * (1 + 1 / ROADS_MINUTES)  # of speeds, and of roads
    scanned_bytes = scans * load.segments * LIVE_ITEM_BYTES
    unusual = load.segments * UNUSUAL_A_DAY * DAYS
    return {
        "lambda_requests": sweeps,
        "lambda_gb_seconds": sweeps * SWEEP_GB_S,
        # Of each open incident once a minute, with its indexes; and of each turn, a
        # transaction of the incident and the alert.
        "write_units": 3 * rows * MONTH_MINUTES + 7 * turns + 2 * unusual,
        "read_units": (sweeps * swept_bytes + scanned_bytes) / READ_UNIT_BYTES / 2
        + alerts * MONTH_MINUTES / 2  # their live figures
        + sweeps  # of the row of unusual segments
        + unusual * DOUBTED_MINUTES / 2,
        "events": MAILS * turns,
    }


def _live(load: CityLoad) -> dict[str, float]:
    polls_s = load.viewers / POLL_S
    looks_s = min(polls_s, 1 / POLL_S)  # one environment reads for all,
    claims_s = min(load.viewers, ENVIRONMENTS) / POLL_S  # but each asks for the claim
    units = load.segments * LIVE_ITEM_BYTES / READ_UNIT_BYTES / 2
    busy = looks_s * LOOK_CPU_S * load.segments + polls_s * POLL_CPU_S
    return {
        "http_requests": polls_s * MONTH_S,
        "lambda_requests": polls_s * MONTH_S,
        "lambda_gb_seconds": busy * MONTH_S * LIVE_MEMORY_MB / 1_024,
        "s3_puts": looks_s * MONTH_S,
        "s3_gets": (claims_s - looks_s) * MONTH_S,
        "write_units": (claims_s + looks_s) * MONTH_S,  # each look is released too
        **_charged("read", (looks_s * units,), load.tables, 0),
    }


def _profiles(load: CityLoad) -> dict[str, float]:
    bytes_s = load.minutes_s * HISTORY_ROW_BYTES
    busy = load.minutes_s * ROW_CPU_S + bytes_s / PAGE_BYTES * PAGE_S
    return {
        "lambda_requests": BUILDER_RUNS_A_DAY * DAYS,
        "lambda_gb_seconds": busy * MONTH_S * BUILDER_MEMORY_MB / 1_024,
        "s3_puts": 2 * DAYS,
        **_charged("read", (bytes_s / READ_UNIT_BYTES / 2,), load.tables, 0),
    }


def _operation(load: CityLoad) -> dict[str, float]:
    scaler = len(METRICS) if load.stream_mode == "PROVISIONED" else 0
    figures = scaler + len(sensor_health_aws.METRICS)
    return {
        "alarm_metrics": ALARM_METRICS,
        "metrics": METRICS_OF_OURS,
        "metric_requests": figures * MONTH_MINUTES,
        "sqs_requests": QUEUES * QUEUE_POLLS_A_MINUTE * MONTH_MINUTES,
        "dashboards": 1,
        "keys": 2,
    }
