"""What a new city begins with: tables and streams that AWS makes small."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.template.template import PARAMETERS, TEXT
from trafficctl.cost.city_load import city
from trafficctl.cost.needs import needs
from trafficctl.cost.sized import offered, smallest_sufficient
from trafficctl.preflight import quotas
from trafficctl.preflight.existing_stack import ExistingStack
from trafficctl.stack import parameter_limits

from .accounts import QUESTION, checked, full_account, shards


def test_a_new_table_that_is_too_small_for_the_load_is_said_to_be() -> None:
    big = replace(QUESTION, load=city(200_000, 1.0, 25))

    assert quotas.fresh_tables(QUESTION).verdict == "ok"
    assert quotas.fresh_tables(big).verdict == "raise"
    provisioned = {"DynamoDBBillingMode": "PROVISIONED"}
    assert quotas.fresh_tables(replace(big, given=provisioned)).verdict == "ok"


def test_a_new_table_that_the_worst_second_alone_exceeds_is_advice() -> None:
    small = replace(QUESTION, load=city(30_000, 1.0, 25))

    assert quotas.fresh_tables(small).next_step == ""
    row = quotas.fresh_tables(QUESTION)
    assert (row.have, row.need, row.verdict) == ("4,000", "5,518", "ok")
    assert row.next_step.startswith("connect the fleet in parts over an hour")


@pytest.mark.parametrize("most", ["4000", "20000"])
def test_the_capacities_of_the_next_step_can_be_deployed(most: str) -> None:
    kept = {"DynamoDBMaxWriteCapacity": most}
    big = replace(QUESTION, load=city(200_000, 1.0, 25), given=kept)

    step = quotas.fresh_tables(big).next_step
    suggested = dict(re.findall(r"--parameter (\w+)=(\S+)", step))

    assert int(suggested["DynamoDBWriteCapacity"]) > 4000
    assert int(suggested["DynamoDBMaxWriteCapacity"]) >= int(most)
    assert parameter_limits.faults(TEXT, suggested, kept) == []


@pytest.mark.parametrize(
    ("exists", "kept", "have", "verdict"),
    [
        (True, "PAY_PER_REQUEST", "on demand", "ok"),
        (True, "PROVISIONED", "4,000", "raise"),  # on demand from now on
        (False, "PAY_PER_REQUEST", "4,000", "raise"),
    ],
)
def test_a_table_that_stands_on_demand_is_no_new_one(
    exists: bool, kept: str, have: str, verdict: str
) -> None:
    stands = ExistingStack({"DynamoDBBillingMode": kept}, exists=exists)
    wished = {"DynamoDBBillingMode": "PAY_PER_REQUEST"}
    big = city(200_000, 1.0, 25)

    row = quotas.fresh_tables(
        replace(QUESTION, load=big, given=wished, existing=stands)
    )

    assert (row.have, row.verdict) == (have, verdict)


def test_a_city_whose_minutes_no_key_can_take_is_told_to_divide_itself() -> None:
    vast = replace(QUESTION, load=city(200_000, 1.0, 25))

    row = quotas.history_keys(QUESTION)
    assert (row.have, row.verdict, row.next_step) == ("1,000", "ok", "")
    row = quotas.history_keys(vast)
    assert row.verdict == "raise"
    assert row.next_step == "divide the city between several stacks"


def test_the_first_shards_are_named_as_the_template_takes_them() -> None:
    row = quotas.first_shards(replace(QUESTION, load=city(45_000, 1.0, 25)))

    assert (row.have, row.need, row.verdict) == ("2", "11", "ok")
    assert row.next_step == "--parameter KinesisShardCount=12"
    enough = {"KinesisShardCount": "12"}
    assert quotas.first_shards(replace(QUESTION, given=enough)).next_step == ""


def test_shards_that_a_stack_has_at_least_count_against_the_quota() -> None:
    answers = {**full_account(), **shards(limit=20, opened=0, ours=0)}
    twenty_four = replace(QUESTION, given={"KinesisShardCount": "24"})

    row = checked(answers, twenty_four)["Kinesis shards"]
    assert (row.need, row.verdict) == ("24", "raise")


def test_a_new_stream_on_demand_begins_small_and_one_that_stands_does_not() -> None:
    on_demand = replace(QUESTION, given={"KinesisStreamMode": "ON_DEMAND"})
    large = replace(on_demand, load=city(45_000, 1.0, 25))

    small = replace(on_demand, load=city(10_000, 1.0, 25))
    assert quotas.first_shards(small).next_step == ""
    row = quotas.first_shards(large)
    assert (row.have, row.need, row.verdict) == ("4", "11", "ok")
    assert row.next_step.startswith(
        "--parameter KinesisShardCount=12 --parameter KinesisStreamMode=PROVISIONED"
    )
    stands = replace(large, existing=ExistingStack(exists=True))
    assert quotas.first_shards(stands).next_step == ""


def test_an_on_demand_stream_takes_nothing_of_the_quota_of_shards() -> None:
    on_demand = {**QUESTION.settings, "KinesisStreamMode": "ON_DEMAND"}

    assert needs(QUESTION.city, QUESTION.settings)["shards"] == 12
    assert needs(QUESTION.city, on_demand)["shards"] == 0


def test_the_counts_offered_are_those_of_the_template() -> None:
    allowed = PARAMETERS["KinesisShardCount"]["AllowedValues"]

    assert offered(TEXT) == allowed
    assert smallest_sufficient(257, allowed) == 256
