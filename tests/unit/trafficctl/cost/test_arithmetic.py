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
from trafficctl.cost.city_load import (
    LANES_PER_SHARD,
    LEAST_CAPACITY,
    MEMORY_MB,
    MESSAGES_A_TURN,
    TABLES_USE,
    CityLoad,
)
from trafficctl.cost.command import MOST_HISTORY_DAYS
from trafficctl.cost.model import LEVERS, bill, naive, quantities, total
from trafficctl.cost.prices import Price, PriceTier, price_list
from trafficctl.cost.service_time import CALL_S, MEASURED

PRICES = price_list().prices
PAGES = Path(__file__).parents[4] / "docs" / "explanation"
PAGE = (PAGES / "cost.md").read_text()
INCIDENTS_PAGE = (PAGES / "incidents.md").read_text()
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


def test_provisioned_tables_are_paid_by_the_hour_at_their_target_use() -> None:
    held = quantities(CityLoad(tables="PROVISIONED"))["DynamoDB"]
    asked = quantities(CityLoad())["DynamoDB"]

    assert held["write_capacity_hours"] == pytest.approx(
        asked["write_units"] / 0.7 / 3_600
    )
    assert "write_units" not in held


def test_provisioned_tables_cost_their_least_capacity_whatever_the_city() -> None:
    tiny = CityLoad(1, 60, 1, segments=1, viewers=0, tables="PROVISIONED")

    table = 100 * 720 * (0.00065 + 0.00013)
    lines = [one for one in bill(tiny, PRICES) if "provisioned" in one.unit]
    assert sum(one.dollars for one in lines) == pytest.approx(3 * table)
    assert states(PAGE, "PROVISIONED", f"${3 * table:.0f} a month")


def test_what_is_least_is_least_for_the_tables_that_scale() -> None:
    targets = of_type("AWS::ApplicationAutoScaling::ScalableTarget").values()

    assert len(targets) == 2 * costing.PROVISIONED
    assert {
        PARAMETERS[one["Properties"]["MinCapacity"]["Ref"]]["Default"]
        for one in targets
    } == {LEAST_CAPACITY}


def test_alerts_cost_the_same_with_provisioned_tables() -> None:
    on_demand, provisioned = CityLoad(), CityLoad(tables="PROVISIONED")

    assert quantities(provisioned)["Alerts"] == quantities(on_demand)["Alerts"]


def test_a_message_for_each_segment_costs_five_times_as_much_as_about_incidents() -> (
    None
):
    by_incident, by_segment = (
        quantities(CityLoad(notify_for=what))["Alerts"]
        for what in ("incidents", "segments")
    )

    assert by_segment["sns_requests"] == by_segment["events"]
    assert by_incident["sns_requests"] == pytest.approx(0.19 * by_incident["events"])


def test_messages_are_counted_for_each_thing_that_people_can_be_told_about() -> None:
    figures = {what: quantities(CityLoad(notify_for=what)) for what in MESSAGES_A_TURN}
    sent = {
        what: one["Alerts"]["sns_requests"] / one["Alerts"]["events"]
        for what, one in figures.items()
    }

    assert list(sent) == PARAMETERS["NotifyFor"]["AllowedValues"]
    assert sent == pytest.approx({"incidents": 0.19, "unusual": 0.047, "segments": 1})
    assert states(INCIDENTS_PAGE, "NotifyFor=unusual", "4.7 % of those by alert")


def test_recovery_is_paid_for_the_rows_and_not_for_their_index() -> None:
    month = dollars(CityLoad())

    stored = month["DynamoDB", PRICES["table_gb"].unit] / 0.25
    recoverable = month["DynamoDB", PRICES["recovery_gb"].unit] / 0.20
    assert recoverable == pytest.approx(stored / 2)
    assert recoverable == pytest.approx(5_000 * 1_440 * 90 * 280 / 1e9)


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
        "EventParallelizationFactor": LANES_PER_SHARD,
        "LambdaMemorySize": MEMORY_MB,
        "KinesisShardCount": sizing.FEWEST_SHARDS,
        "KinesisStreamMode": CityLoad().stream_mode,
        "DynamoDBBillingMode": CityLoad().tables,
        "HistoryRetentionDays": CityLoad().history_days,
        "NotifyFor": CityLoad().notify_for,
    }

    assert {name: PARAMETERS[name]["Default"] for name in defaults} == defaults


def test_history_is_priced_for_as_long_as_the_template_keeps_it() -> None:
    assert PARAMETERS["HistoryRetentionDays"]["MaxValue"] == MOST_HISTORY_DAYS


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
    } == {100 * TABLES_USE}
    assert TEMPLATE["Resources"]["LiveApi"]["Properties"]["MemorySize"] == (
        costing.LIVE_MEMORY_MB
    )


def _metrics_read(alarm: dict[str, Any]) -> int:
    """How many metrics CloudWatch counts: each that an expression reads, else one."""
    return sum("MetricStat" in query for query in alarm.get("Metrics", [])) or 1


def test_the_page_names_the_assumption_of_the_processor() -> None:
    each = (MEASURED.batch, MEASURED.segment, MEASURED.minute, CALL_S)
    used = (f"{1_000 * one:g} ms" for one in each)
    assert states(PAGE, *used, f"{1e6 * MEASURED.reading:g} us")


@pytest.mark.parametrize("readings", [1, 25])
def test_no_message_of_the_benchmarks_is_larger_than_the_one_paid_for(
    readings: int,
) -> None:
    message = next(messages(Shape(readings, 2, readings), 1_795_372_200_000))

    assert (
        len(json.dumps(message)) <= CityLoad(readings_per_message=readings).record_bytes
    )


def test_the_profile_builder_has_the_memory_and_the_schedule_assumed() -> None:
    builder = TEMPLATE["Resources"]["ProfileBuilder"]["Properties"]
    schedule = TEMPLATE["Resources"]["ProfileBuilderSchedule"]["Properties"]

    assert builder["MemorySize"] == costing.BUILDER_MEMORY_MB
    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    assert costing.BUILDER_RUNS_A_DAY == 24


def test_each_row_of_history_is_read_once_within_a_run() -> None:
    month = quantities(CityLoad())["Profiles"]

    assert month["read_units"] == pytest.approx(30 * 246_094, abs=30)
    run_s = month["lambda_gb_seconds"] / (1_769 / 1_024) / 30
    assert 200 < run_s < builder_timeout_s() / 2


def builder_timeout_s() -> int:
    """The template's, for one day of history."""
    return int(TEMPLATE["Resources"]["ProfileBuilder"]["Properties"]["Timeout"])
