"""The processor gets what it needs, and no batch is lost or retried for ever."""

from __future__ import annotations

import pytest

from traffic.processor import settings as processor_settings
from trafficctl.package.command import MACHINES

from .template import PARAMETERS, RESOURCES, of_type, properties, shown

SOURCE = properties("ProcessorSource")
SITE = "SITE_URL"


def test_each_variable_of_the_processor_comes_from_its_part_of_the_stack() -> None:
    told = properties("Processor")["Environment"]["Variables"]

    assert {name: shown(value) for name, value in told.items() if name != SITE} == {
        "SEGMENTS_TABLE": "RoadSegments",
        "HISTORY_TABLE": "SegmentHistory",
        "ALERTS_TABLE": "CongestionAlerts",
        "EVENT_BUS_NAME": "AlertBus",
        "QUARANTINE_BUCKET": "QuarantineBucket",
        "STACK_NAME": "AWS::StackName",
        "CONGESTION_HIGH_THRESHOLD": "CongestionHighThreshold",
        "CONGESTION_SEVERE_THRESHOLD": "CongestionSevereThreshold",
        "CONGESTION_CLEAR_THRESHOLD": "CongestionClearThreshold",
        "TIME_ZONE": "ReportTimeZone",
        "ALERT_HOLD_SECONDS": "AlertHoldSeconds",
        "ALERT_CLEAR_SECONDS": "AlertClearSeconds",
        "DEFAULT_INTERVAL_SECONDS": "DefaultIntervalSeconds",
        "HISTORY_RETENTION_DAYS": "HistoryRetentionDays",
    }
    own = "https://${LiveHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    assert told[SITE] == {
        "Fn::If": ["HasSiteUrl", {"Ref": "SiteUrl"}, {"Fn::Sub": own}]
    }


def test_the_default_settings_are_ones_the_processor_accepts() -> None:
    told = properties("Processor")["Environment"]["Variables"]
    defaults = {name: one["Default"] for name, one in PARAMETERS.items()}
    environment = {
        name: str(defaults.get(shown(value), shown(value)))
        for name, value in told.items()
    }

    policy = processor_settings.read(environment).policy

    assert (policy.clear_score, policy.high_score, policy.severe_score) == (40, 50, 80)


def test_a_failing_batch_is_halved_retried_by_age_alone_and_kept() -> None:
    assert {
        name: SOURCE[name]
        for name in (
            "BisectBatchOnFunctionError",
            "FunctionResponseTypes",
            "MaximumRetryAttempts",
            "MaximumRecordAgeInSeconds",
            "DestinationConfig",
        )
    } == {
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": 82800,
        "DestinationConfig": {
            "OnFailure": {"Destination": {"Fn::GetAtt": ["DeadLetterBucket", "Arn"]}}
        },
    }


def test_a_record_goes_to_the_dead_letters_before_the_stream_forgets_it() -> None:
    kept_s = properties("ReadingsStream")["RetentionPeriodHours"] * 3600

    assert SOURCE["MaximumRecordAgeInSeconds"] <= kept_s - 3600


def test_what_arrives_while_the_stack_is_made_is_processed_too() -> None:
    assert SOURCE["StartingPosition"] == "TRIM_HORIZON"


def test_waiting_for_a_batch_leaves_the_state_fresh() -> None:
    assert PARAMETERS["EventBatchWindowSeconds"]["MaxValue"] <= 5


def test_shards_are_counted_only_where_the_deployer_chooses_them() -> None:
    assert properties("ReadingsStream")["ShardCount"] == {
        "Fn::If": [
            "HasProvisionedShards",
            {"Ref": "KinesisShardCount"},
            {"Ref": "AWS::NoValue"},
        ]
    }


def test_metrics_reach_cloudwatch_as_the_lines_the_processor_prints() -> None:
    logging = properties("Processor")["LoggingConfig"]

    assert logging == {"LogFormat": "Text", "LogGroup": {"Ref": "ProcessorLogs"}}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, one in of_type("AWS::Lambda::Function").items()
        if one["Properties"].get("Code") == "build/traffic.zip"
    ],
)
def test_our_code_runs_on_the_architecture_its_package_is_built_for(name: str) -> None:
    assert properties(name)["Architectures"] == [{"Ref": "LambdaArchitecture"}]


def test_the_architectures_are_those_that_the_package_can_be_built_for() -> None:
    assert PARAMETERS["LambdaArchitecture"]["AllowedValues"] == list(MACHINES)
    assert PARAMETERS["LambdaArchitecture"]["Default"] == "arm64"


def test_the_processor_runs_from_the_built_package() -> None:
    assert properties("Processor")["Code"] == "build/traffic.zip"
    assert RESOURCES["Processor"]["Type"] == "AWS::Lambda::Function"
