"""The shard scaler stands where shards are the deployer's, and nowhere else."""

from __future__ import annotations

from traffic.settings import required
from traffic.shard_scaler.settings import ShardScalerSettings

from .template import PARAMETERS, RESOURCES, TEMPLATE, names_used, properties

SCALER = {name for name in RESOURCES if name.startswith("ShardScaler")}


def test_all_of_it_is_there_only_with_provisioned_shards() -> None:
    conditions = {name: RESOURCES[name].get("Condition") for name in SCALER}

    assert {f"ShardScaler{part}" for part in ("", "Logs", "Role", "Schedule")} <= SCALER
    assert conditions == dict.fromkeys(SCALER, "HasProvisionedShards")
    output = TEMPLATE["Outputs"]["ShardScalerFunction"]
    assert output["Condition"] == "HasProvisionedShards"


def test_nothing_else_leans_on_it() -> None:
    leaning = {
        name
        for name, resource in RESOURCES.items()
        if names_used({name: resource}) & SCALER and name not in SCALER
    } - {"HealthDashboard"}  # which asks first, as its own tests tell

    assert {RESOURCES[name].get("Condition") for name in leaning} <= {
        "HasProvisionedShards"
    }


def test_it_is_told_what_it_reads() -> None:
    told = properties("ShardScaler")["Environment"]["Variables"]

    assert set(told) == set(required(ShardScalerSettings))
    assert told["MIN_SHARDS"] == {"Ref": "KinesisShardCount"}
    assert told["MAX_SHARDS"] == {"Ref": "KinesisMaxShardCount"}
    assert told["STREAM_NAME"] == {"Ref": "ReadingsStream"}
    assert told["PROCESSOR_NAME"] == {"Ref": "Processor"}


def test_a_clock_asks_it_every_minute_and_nobody_else_may() -> None:
    schedule = properties("ShardScalerSchedule")

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["State"] == "ENABLED"
    (target,) = schedule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["ShardScaler", "Arn"]}
    assert properties("ShardScalerPermission") == {
        "FunctionName": {"Ref": "ShardScaler"},
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["ShardScalerSchedule", "Arn"]},
    }


def test_a_look_ends_before_the_next_one_begins() -> None:
    assert properties("ShardScaler")["Timeout"] < 60


def test_the_deployer_reads_what_an_update_does_to_the_shards() -> None:
    told = PARAMETERS["KinesisShardCount"]["Description"]

    assert "unless it changes this number" in told
