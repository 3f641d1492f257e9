"""What a month costs, against sums done by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.events import Shape, messages
from tests.docs.pages import states
from tests.template.template import PARAMETERS, TEMPLATE, of_type
from trafficctl.cost import model as costing
from trafficctl.cost import sizing
from trafficctl.cost.model import LEVERS, CityLoad, bill, naive, quantities, total
from trafficctl.cost.prices import Price, PriceTier, price_list

PRICES = price_list().prices
PAGE = (Path(__file__).parents[4] / "docs" / "explanation" / "cost.md").read_text()
SINGLE = CityLoad(
    interval_s=10, readings_per_message=1, basic_ingest=False, by_segment=False
)


def dollars(load: CityLoad) -> dict[tuple[str, str], float]:
    """Each line of the bill, by service and unit."""
    return {(item.service, item.unit): item.dollars for item in bill(load, PRICES)}


def line(load: CityLoad, service: str, price: str) -> float:
    return dollars(load)[service, PRICES[price].unit]


@pytest.mark.parametrize(
    ("service", "price", "by_hand"),
    [  # 5,000 messages/s are 12.96 billion in 30 days
        ("IoT Core", "iot_minutes", 50_000 * 43_200 * 0.08e-6),
        ("IoT Core", "iot_messages", 1_000 + 4 * 800 + 7.96 * 700),
        ("IoT Core", "iot_rules", 1_944),
        ("IoT Core", "iot_actions", 1_944),
        ("Kinesis", "put_units", 12_960 * 0.014),
        ("DynamoDB", "write_units", 8_100),
    ],
)
def test_a_message_and_a_write_for_each_reading(
    service: str, price: str, by_hand: float
) -> None:
    assert line(SINGLE, service, price) == pytest.approx(by_hand)


def test_an_on_demand_stream_is_paid_by_the_kilobyte_begun() -> None:
    stream = replace(SINGLE, stream_mode="ON_DEMAND")

    assert line(stream, "Kinesis", "stream_hours") == pytest.approx(28.80)
    assert line(stream, "Kinesis", "stream_gb_in") == pytest.approx(
        12.96e9 * 1_024 / 1e9 * 0.08
    )


def test_a_stream_has_the_shards_that_the_scaler_would_leave() -> None:
    assert CityLoad(interval_s=10).shards == 2  # 200 messages of 4 KB: under two shards
    assert SINGLE.shards == 8  # 5,000 messages/s at 70 %
    assert CityLoad().shards == 12  # 2,000 messages of 4,342 bytes


def test_a_message_beyond_a_step_of_5_kb_is_paid_twice() -> None:
    few, many = CityLoad(readings_per_message=30), CityLoad(readings_per_message=31)

    assert (few.message_bytes, many.message_bytes) == (5_084, 5_253)
    assert line(many, "IoT Core", "iot_rules") == pytest.approx(
        2 * 30 / 31 * line(few, "IoT Core", "iot_rules")
    )


def test_a_segment_is_written_once_a_window_and_once_a_minute() -> None:
    often = CityLoad(sensors=500, segments=10, readings_per_message=1, viewers=0)
    minutes = 10 * 43_200

    units = quantities(often)["DynamoDB"]
    assert units["write_units"] == 10 * costing.MONTH_S / 2 + 4 * minutes
    assert units["read_units"] == 10 * costing.MONTH_S / 2


def test_a_segment_that_is_seldom_heard_of_is_seldom_written() -> None:
    seldom = CityLoad(sensors=10, interval_s=60, segments=10, readings_per_message=1)

    assert quantities(seldom)["DynamoDB"]["read_units"] == 10 * 43_200


def test_nobody_who_looks_costs_nothing() -> None:
    assert "Live map" not in {
        item.service for item in bill(CityLoad(viewers=0), PRICES)
    }


def test_a_hundred_viewers_read_the_tables_as_one_does() -> None:
    one, many = quantities(CityLoad(viewers=1)), quantities(CityLoad(viewers=100))

    assert many["Live map"]["read_units"] == one["Live map"]["read_units"]
    assert many["Live map"]["http_requests"] == 100 * one["Live map"]["http_requests"]


def test_provisioned_tables_are_paid_by_the_hour_at_their_target_use() -> None:
    held = quantities(CityLoad(tables="PROVISIONED"))["DynamoDB"]
    asked = quantities(CityLoad())["DynamoDB"]

    assert held["write_capacity_hours"] == asked["write_units"] / 0.7 / 3_600
    assert "write_units" not in held


def test_each_lever_saves_and_all_together_save_most() -> None:
    ours = total(CityLoad(), PRICES)
    without = {
        name: total(change(CityLoad()), PRICES) for name, change in LEVERS.items()
    }

    assert {name for name, cost in without.items() if cost <= ours} == set()
    assert total(naive(CityLoad()), PRICES) > max(without.values())


@pytest.mark.parametrize("field", ["sensors", "segments", "viewers", "history_days"])
def test_more_of_anything_costs_more(field: str) -> None:
    load = CityLoad()
    more = replace(load, **{field: 2 * getattr(load, field)})

    assert total(more, PRICES) > total(load, PRICES)


def test_a_price_may_fall_beyond_a_quantity() -> None:
    price = Price(1.0, 10, "things", "here", (PriceTier(100, 0.5), PriceTier(200, 0.1)))

    assert [price.of(n) for n in (0, 100, 150, 300)] == [0, 10, 12.5, 16]


def test_every_price_is_dated_sourced_and_asked_for() -> None:
    modes = [CityLoad(), replace(naive(CityLoad()), by_segment=True)]
    modes.append(CityLoad(tables="PROVISIONED"))
    asked = {
        name for load in modes for part in quantities(load).values() for name in part
    }

    assert asked == set(PRICES)
    assert price_list().date.startswith("20")
    assert [name for name, price in PRICES.items() if not price.source] == []


# What is assumed is what is deployed


def test_the_templates_defaults_are_the_ones_assumed() -> None:
    defaults = {
        "EventBatchSize": CityLoad().batch_size,
        "EventBatchWindowSeconds": CityLoad().window_s,
        "EventParallelizationFactor": costing.LANES_PER_SHARD,
        "LambdaMemorySize": costing.MEMORY_MB,
        "KinesisShardCount": sizing.FEWEST_SHARDS,
        "KinesisStreamMode": CityLoad().stream_mode,
        "DynamoDBBillingMode": CityLoad().tables,
        "HistoryRetentionDays": CityLoad().history_days,
    }

    assert {name: PARAMETERS[name]["Default"] for name in defaults} == defaults


def test_the_alarms_counted_are_those_of_the_template() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm").values()
    read = sum(_metrics_read(one["Properties"]) for one in alarms)
    assert read == costing.ALARM_METRICS
    assert states(PAGE, f"{len(alarms)} alarms", read)
    assert len(of_type("AWS::CloudWatch::Dashboard")) == 1
    assert len(of_type("AWS::KMS::Key")) == 2
    targets = of_type("AWS::ApplicationAutoScaling::ScalingPolicy").values()
    assert {
        one["Properties"]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for one in targets
    } == {100 * costing.TABLES_USE}
    assert TEMPLATE["Resources"]["LiveApi"]["Properties"]["MemorySize"] == (
        costing.LIVE_MEMORY_MB
    )


def _metrics_read(alarm: dict[str, Any]) -> int:
    """How many metrics CloudWatch counts: each that an expression reads, else one."""
    return sum("MetricStat" in query for query in alarm.get("Metrics", [])) or 1


def test_the_page_names_the_assumption_of_the_processor() -> None:
    assert states(PAGE, f"{costing.READINGS_PER_VCPU_S:,} readings", "vCPU-second")


@pytest.mark.parametrize("readings", [1, 25])
def test_no_message_of_the_benchmarks_is_larger_than_the_one_paid_for(
    readings: int,
) -> None:
    message = next(messages(Shape(readings, 2, readings), 1_795_372_200_000))

    assert (
        len(json.dumps(message)) <= CityLoad(readings_per_message=readings).record_bytes
    )
