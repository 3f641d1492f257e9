"""Sensor health: asked each minute, told by mail of what is wide, twice no harm."""

from __future__ import annotations

import json

from traffic.aws.event_bus import HEALTH_DETAIL_TYPE, SOURCE
from traffic.sensor_health import settings, thresholds
from traffic.settings import required

from .template import PARAMETERS, RESOURCES, properties, shown

NEWS = properties("SensorHealthNews")


def test_each_variable_comes_from_its_part_of_the_stack() -> None:
    told = properties("SensorHealth")["Environment"]["Variables"]
    ours = {
        "SEGMENTS_TABLE": "RoadSegments",
        "FAULTS_TABLE": "SensorFaults",
        "STREAM_NAME": "ReadingsStream",
        "PROCESSOR_NAME": "Processor",
        "MEMORY_BUCKET": "HealthMemory",
        "SENSOR_SILENT_SECONDS": "SensorSilentSeconds",
    }
    processors = properties("Processor")["Environment"]["Variables"]

    assert set(told) == set(required(settings.SensorHealthSettings))
    assert {name: shown(told[name]) for name in ours} == ours
    shared = set(told) & set(processors)
    assert {name: told[name] for name in shared} == {n: processors[n] for n in shared}


def test_the_default_settings_are_ones_the_function_accepts() -> None:
    told = properties("SensorHealth")["Environment"]["Variables"]
    defaults = {name: one["Default"] for name, one in PARAMETERS.items()}

    found = settings.read(
        {n: str(defaults.get(shown(v), shown(v))) for n, v in told.items()}
    )

    assert found.silent_ms == 300_000


def test_it_is_asked_as_often_as_its_bounds_say() -> None:
    schedule = properties("SensorHealthSchedule")

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert "EventBusName" not in schedule
    assert thresholds.SWEEP_MS == 60_000
    assert properties("SensorHealth")["Timeout"] * 1000 <= thresholds.SWEEP_MS


def test_only_its_schedule_may_run_it() -> None:
    assert properties("SensorHealthPermission") == {
        "FunctionName": {"Ref": "SensorHealth"},
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["SensorHealthSchedule", "Arn"]},
    }


def test_a_failed_sweep_is_not_tried_again_beside_the_next() -> None:
    once = properties("SensorHealthOnce")

    assert (once["MaximumRetryAttempts"], once["MaximumEventAgeInSeconds"]) == (0, 60)


def test_an_account_with_a_small_quota_can_deploy_it() -> None:
    assert "ReservedConcurrentExecutions" not in properties("SensorHealth")


def test_silence_is_never_shorter_than_a_reading_speaks_for_the_present() -> None:
    assert (
        PARAMETERS["SensorSilentSeconds"]["MinValue"] * 1000 >= 2 * thresholds.SWEEP_MS
    )


def test_single_sensors_and_quiet_events_are_no_mail() -> None:
    assert NEWS["EventPattern"] == {
        "source": [SOURCE],
        "detail-type": [HEALTH_DETAIL_TYPE],
        "detail": {
            "scope": [s for s in thresholds.SCOPES if s != thresholds.SENSOR],
            "quiet": [{"exists": False}],
        },
    }


def test_the_memory_is_one_object_that_no_other_role_reads() -> None:
    readers = [
        name
        for name, one in RESOURCES.items()
        if one["Type"] == "AWS::IAM::Role" and "HealthMemory" in json.dumps(one)
    ]

    assert readers == ["SensorHealthRole"]
