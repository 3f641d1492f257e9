"""An account is told what it lacks for the load, and refusals are no verdict."""

from __future__ import annotations

import argparse
import threading
from dataclasses import replace

import pytest

from trafficctl.__main__ import build_parser
from trafficctl.preflight import asked, go_on
from trafficctl.preflighting import account as accounts
from trafficctl.preflighting import quotas
from trafficctl.preflighting.load import Load
from trafficctl.preflighting.rows import OK, UNKNOWN, Row, data
from trafficctl.preflighting.run import gather, preflight

from . import fakes
from .accounts import (
    QUESTION,
    SETTINGS,
    TODAY,
    checked,
    full_account,
    limits,
)
from .fakes import FakeSession, refusal


def test_an_account_with_the_usual_quotas_carries_the_usual_load() -> None:
    rows = checked(full_account())

    assert {name: r.verdict for name, r in rows.items() if r.verdict != "ok"} == {}
    assert go_on(list(rows.values()))
    assert rows["IoT inbound publishes/s"].have == "20,000"
    assert rows["IoT inbound publishes/s"].need == "2,000"


def test_sensors_that_speak_for_themselves_need_a_raise_that_can_be_pasted() -> None:
    rows = checked(full_account(), replace(QUESTION, load=Load(50_000, 1.0, 1)))

    row = rows["IoT inbound publishes/s"]
    assert (row.have, row.need, row.verdict) == ("20,000", "50,000", "raise")
    assert row.next_step == (
        "aws service-quotas request-service-quota-increase --service-code iotcore "
        "--quota-code L-4B33E451 --desired-value 63000 --region eu-central-1"
    )
    assert not go_on(list(rows.values()))


def test_a_new_account_has_too_few_executions_to_set_some_apart() -> None:
    answers = full_account()
    answers["lambda", "get_account_settings"] = limits(10, 10)

    rows = checked(answers)

    assert rows["Lambda unreserved executions"].verdict == "raise"
    assert (
        "LiveApiReservedConcurrency=-1"
        in rows["Lambda unreserved executions"].next_step
    )
    none_apart = {**SETTINGS, "LiveApiReservedConcurrency": "-1"}
    small = replace(QUESTION, settings=none_apart, load=Load(1000, 60.0, 25))
    assert go_on(list(checked(answers, small).values()))


def test_a_deployed_stack_has_taken_its_executions_already() -> None:
    answers = full_account()
    answers["lambda", "get_account_settings"] = limits(105, 100)
    answers["cloudformation", "describe_stacks"] = {
        "Stacks": [{"StackName": "city", "StackStatus": "UPDATE_COMPLETE"}]
    }

    assert checked(answers)["Lambda unreserved executions"].verdict == "ok"


def test_refused_quotas_are_unknown_say_why_and_what_the_default_is_worth() -> None:
    answers = full_account()
    del answers["service-quotas", "get_service_quota"]

    rows = checked(answers)

    row = rows["IoT inbound publishes/s"]
    assert (row.have, row.verdict) == ("?", "unknown")
    assert "the usual 20,000 would do; not read: " in row.next_step
    assert "AccessDeniedException" in row.next_step
    assert go_on(list(rows.values()))


def test_in_a_small_region_the_default_is_a_tenth() -> None:
    quota = next(q for q in data("quotas")["quotas"] if q["key"] == "publishes")

    row = quotas.unreadable(quota, 2001, "eu-north-1", "refused")

    assert row.next_step == "the usual 2,000 would not do; not read: refused"
    assert "tenth" in accounts.region("eu-north-1").next_step
    assert accounts.region("eu-central-1").next_step == ""


def test_a_code_that_names_another_quota_is_not_trusted() -> None:
    answers = full_account()
    answers["service-quotas", "get_service_quota"] = fakes.quotas(
        {"L-4B33E451": ("Something else", 1)}
    )
    answers["service-quotas", "get_aws_default_service_quota"] = fakes.quotas({})
    answers["service-quotas", "list_service_quotas"] = {
        "Quotas": [
            {
                "QuotaName": "Inbound publish requests per second per account",
                "QuotaCode": "L-NEW",
                "Value": 500,
            }
        ]
    }

    row = checked(answers)["IoT inbound publishes/s"]

    assert (row.have, row.verdict) == ("500", "raise")
    assert "--quota-code L-NEW" in row.next_step


def test_shards_in_use_are_not_there_to_be_had() -> None:
    answers = full_account()
    answers["kinesis", "describe_limits"] = {"ShardLimit": 500, "OpenShardCount": 495}

    assert checked(answers)["Kinesis shards"].have == "5"
    assert checked(answers)["Kinesis shards"].verdict == "raise"


def test_without_credentials_nothing_else_is_tried() -> None:
    session = FakeSession(
        {("sts", "get_caller_identity"): refusal("ExpiredToken", "token has expired")}
    )

    rows = preflight(session, QUESTION)

    assert [(r.check, r.verdict) for r in rows] == [
        ("credentials", "missing"),
        ("region", "ok"),
    ]
    assert "expired" in rows[0].next_step
    assert len(session.asked) == 1


def test_without_a_region_nothing_is_asked() -> None:
    session = FakeSession(full_account(), region_name=None)

    (row,) = preflight(session, QUESTION)

    assert (row.check, row.verdict) == ("region", "missing")
    assert session.asked == []


def test_a_new_table_that_is_too_small_for_the_load_is_said_to_be() -> None:
    big = replace(QUESTION, load=Load(200_000, 1.0, 25))

    assert quotas.fresh_tables(QUESTION).verdict == "ok"
    assert quotas.fresh_tables(big).verdict == "raise"
    provisioned = {**SETTINGS, "DynamoDBBillingMode": "PROVISIONED"}
    assert quotas.fresh_tables(replace(big, settings=provisioned)).verdict == "ok"


def test_a_check_that_hangs_is_unknown_and_holds_nobody_up() -> None:
    never = threading.Event()
    hanging = [
        ("hangs", lambda: (never.wait(), Row("hangs", "", "", OK))[1]),
        ("answers", lambda: Row("answers", "1", "1", OK)),
    ]

    rows = gather(hanging, 0.05)

    assert [row.verdict for row in rows] == [UNKNOWN, OK]
    assert "no answer" in rows[0].next_step
    never.set()


def test_a_fault_of_a_check_is_not_taken_for_a_refusal() -> None:
    def broken() -> Row:
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        gather([("broken", broken)], 5)


def test_the_options_make_the_question() -> None:
    args: argparse.Namespace = build_parser().parse_args(
        [
            "preflight",
            *("--sensors", "100", "--interval", "2.5", "--readings-per-message", "5"),
            *("--segments", "7", "--parameter", "LambdaRuntime=python3.13"),
        ]
    )

    question = asked(args, TODAY)

    assert question.load == Load(100, 2.5, 5, 7)
    assert question.settings["LambdaRuntime"] == "python3.13"
    assert question.settings["KinesisShardCount"] == SETTINGS["KinesisShardCount"]
    assert not question.quicksight
