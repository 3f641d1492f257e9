"""An account is told what it lacks for the load, and refusals are no verdict."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from tests.template.template import PARAMETERS, RESOURCES, TEXT
from trafficctl.__main__ import build_parser
from trafficctl.deploying import template as texts
from trafficctl.preflight import asked, go_on
from trafficctl.preflighting import account as accounts
from trafficctl.preflighting import permissions, quotas
from trafficctl.preflighting.load import Load
from trafficctl.preflighting.rows import OK, UNKNOWN, Question, Row, data
from trafficctl.preflighting.run import gather, preflight

from . import fakes
from .fakes import FakeSession, refusal

TODAY = dt.date(2026, 11, 23)
SETTINGS = texts.parameters(TEXT)
QUESTION = Question("city", TEXT, Load(), SETTINGS, TODAY)
NOBODY = refusal("ValidationError", "Stack with id city does not exist")
GONE = refusal("ResourceNotFoundException")


def full_account() -> fakes.Answers:
    """An account with the usual quotas, an administrator, and no stack."""
    named = {q["code"]: (q["name"], q["default"]) for q in data("quotas")["quotas"]}
    return {
        ("sts", "get_caller_identity"): {
            "Account": "111122223333",
            "Arn": "arn:aws:sts::111122223333:assumed-role/deployer/me",
        },
        ("cloudformation", "describe_stacks"): NOBODY,
        ("cloudformation", "list_stacks"): {"StackSummaries": []},
        ("dynamodb", "describe_table"): GONE,
        ("iot", "get_policy"): GONE,
        ("iot", "describe_thing_type"): GONE,
        ("logs", "describe_log_groups"): {"logGroups": []},
        ("service-quotas", "get_service_quota"): fakes.quotas(named),
        ("lambda", "get_account_settings"): limits(1000, 1000),
        ("iam", "get_role"): {
            "Role": {"Arn": "arn:aws:iam::111122223333:role/path/deployer"}
        },
        ("iam", "simulate_principal_policy"): simulated(),
    }


def limits(total: int, unreserved: int) -> Any:
    """What Lambda says of its concurrency."""
    return {
        "AccountLimit": {
            "ConcurrentExecutions": total,
            "UnreservedConcurrentExecutions": unreserved,
        }
    }


def simulated(*denied: str) -> Any:
    """IAM's simulation: all is allowed but what is denied."""

    def simulate(*, ActionNames: list[str], **_asked: Any) -> Any:  # noqa: N803
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": name,
                    "EvalDecision": "implicitDeny" if name in denied else "allowed",
                }
                for name in ActionNames
            ]
        }

    return simulate


def checked(answers: fakes.Answers, question: Question = QUESTION) -> dict[str, Row]:
    """The rows of an account, by check."""
    return {row.check: row for row in preflight(FakeSession(answers), question)}


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


def test_actions_that_are_denied_are_named() -> None:
    answers = full_account()
    answers["iam", "simulate_principal_policy"] = simulated(
        "kms:CreateKey", "iam:PassRole"
    )

    row = checked(answers)["permissions to deploy"]

    assert row.verdict == "missing"
    assert row.next_step == "have allowed: iam:PassRole, kms:CreateKey"


def test_simulation_asks_for_the_role_of_the_session_by_its_whole_arn() -> None:
    session = FakeSession(full_account())
    preflight(session, QUESTION)

    sources = {
        request["PolicySourceArn"]
        for service, operation, request in session.asked
        if operation == "simulate_principal_policy"
    }
    assert sources == {"arn:aws:iam::111122223333:role/path/deployer"}


def test_where_simulation_is_refused_permissions_are_unknown() -> None:
    answers = full_account()
    del answers["iam", "simulate_principal_policy"]

    row = checked(answers)["permissions to deploy"]

    assert row.verdict == "unknown"
    assert "AccessDenied" in row.next_step


def test_every_type_of_resource_is_asked_for() -> None:
    known = data("permissions")["types"]

    assert {one["Type"] for one in RESOURCES.values()} - set(known) == set()
    assert {one["same"] for one in known.values() if "same" in one} - set(known) == (
        set()
    )


def test_reports_are_asked_for_only_where_they_are_deployed() -> None:
    filled = dict.fromkeys(("stack", "region", "account", "partition"), "x")
    owner = "arn:aws:quicksight:eu-central-1:111122223333:user/default/reports"
    with_reports = replace(
        QUESTION, settings={**SETTINGS, "QuickSightPrincipalArn": owner}
    )

    def services(question: Question) -> set[str]:
        asked_for = permissions.wanted(question, filled)
        return {a.partition(":")[0] for _, actions in asked_for for a in actions}

    assert services(with_reports) - services(QUESTION) == {
        "athena",
        "glue",
        "quicksight",
    }


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


@pytest.mark.parametrize(
    ("today", "exists", "verdict"),
    [
        (dt.date(2027, 1, 31), False, "ok"),
        (dt.date(2027, 2, 1), False, "missing"),
        (dt.date(2027, 2, 1), True, "ok"),
        (dt.date(2027, 3, 3), True, "missing"),
    ],
)
def test_a_runtime_is_refused_from_its_date_for_updates_a_month_later(
    today: dt.date, exists: bool, verdict: str
) -> None:
    row = accounts.runtime(replace(QUESTION, today=today), exists)

    assert row.verdict == verdict
    assert "LambdaRuntime=python3.14" in row.next_step


def test_a_runtime_that_will_be_taken_for_long_needs_no_word() -> None:
    settings = {**SETTINGS, "LambdaRuntime": "python3.13"}

    assert accounts.runtime(replace(QUESTION, settings=settings), False).next_step == ""


def test_the_dates_of_the_runtimes_are_those_the_linter_knows() -> None:
    path = Path(cfnlint.__file__).parent / "data/AdditionalSpecs"
    known = json.loads((path / "LmbdRuntimeLifecycle.json").read_text())
    ours = data("runtimes")["runtimes"]

    assert set(ours) == set(PARAMETERS["LambdaRuntime"]["AllowedValues"])
    assert ours == {
        name: {
            "create": known[name]["create-block"],
            "update": known[name]["update-block"],
        }
        for name in ours
    }


def test_a_new_table_that_is_too_small_for_the_load_is_said_to_be() -> None:
    big = replace(QUESTION, load=Load(200_000, 1.0, 25))

    assert quotas.fresh_tables(QUESTION).verdict == "ok"
    assert quotas.fresh_tables(big).verdict == "raise"
    provisioned = {**SETTINGS, "DynamoDBBillingMode": "PROVISIONED"}
    assert quotas.fresh_tables(replace(big, settings=provisioned)).verdict == "ok"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (
            {
                "AccountInfo": {
                    "Edition": "ENTERPRISE",
                    "AccountSubscriptionStatus": "ACCOUNT_CREATED",
                }
            },
            "ok",
        ),
        (
            {
                "AccountInfo": {
                    "Edition": "STANDARD",
                    "AccountSubscriptionStatus": "ACCOUNT_CREATED",
                }
            },
            "missing",
        ),
        (refusal("ResourceNotFoundException"), "missing"),
        (refusal("AccessDeniedException"), "unknown"),
    ],
)
def test_quicksight_is_looked_at_when_asked_for(answer: Any, verdict: str) -> None:
    answers = full_account()
    answers["quicksight", "describe_account_subscription"] = answer

    rows = checked(answers, replace(QUESTION, quicksight=True))

    assert rows["QuickSight subscription"].verdict == verdict
    assert "QuickSight subscription" not in checked(answers)


def test_a_stuck_stack_holds_up() -> None:
    answers = full_account()
    answers["cloudformation", "describe_stacks"] = {
        "Stacks": [{"StackName": "city", "StackStatus": "UPDATE_ROLLBACK_FAILED"}]
    }

    row = checked(answers)["stack"]

    assert row.verdict == "missing"
    assert "continue-update-rollback" in row.next_step


def test_tables_whose_key_is_gone_hold_up() -> None:
    answers = full_account()
    answers["dynamodb", "describe_table"] = {"Table": {}}

    row = checked(answers)["stack"]

    assert row.verdict == "missing"
    assert "the key that opens it is not" in row.next_step


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
