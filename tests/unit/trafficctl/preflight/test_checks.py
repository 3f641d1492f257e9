"""An account is told what is missing for the load, and refusals are no verdict."""

from __future__ import annotations

import argparse
import re
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.deploying import BARS
from trafficctl.__main__ import build_parser
from trafficctl.cost.city_load import city
from trafficctl.preflight import account as accounts
from trafficctl.preflight import checks, quotas
from trafficctl.preflight.checks import gather, preflight
from trafficctl.preflight.command import can_deploy, request_of
from trafficctl.preflight.quotas import QuotaUse
from trafficctl.preflight.result import OK, UNKNOWN, CheckResult, data

from ..stack import fakes
from ..stack.fakes import FakeSession, refusal
from .accounts import (
    QUESTION,
    SETTINGS,
    TODAY,
    checked,
    deployed,
    full_account,
    limits,
    shards,
)


def test_an_account_with_the_usual_quotas_carries_the_usual_load() -> None:
    rows = checked(full_account())

    assert {name: r.verdict for name, r in rows.items() if r.verdict != "ok"} == {}
    assert can_deploy(list(rows.values()))
    assert rows["IoT inbound publishes/s"].have == "20,000"
    assert rows["IoT inbound publishes/s"].need == "2,000"


def test_sensors_that_speak_for_themselves_need_a_raise_that_can_be_pasted() -> None:
    rows = checked(full_account(), replace(QUESTION, load=city(50_000, 1.0, 1)))

    row = rows["IoT inbound publishes/s"]
    assert (row.have, row.need, row.verdict) == ("20,000", "50,000", "raise")
    assert row.next_step == (
        "aws service-quotas request-service-quota-increase --service-code iotcore "
        "--quota-code L-4B33E451 --desired-value 63000 --region eu-central-1"
    )
    assert not can_deploy(list(rows.values()))


def test_a_new_account_has_too_few_executions_to_set_some_apart() -> None:
    answers = full_account()
    answers["lambda", "get_account_settings"] = limits(10, 10)

    rows = checked(answers)

    assert rows["Lambda unreserved executions"].verdict == "raise"
    assert (
        "LiveApiReservedConcurrency=-1"
        in rows["Lambda unreserved executions"].next_step
    )
    none_apart = {"LiveApiReservedConcurrency": "-1"}
    small = replace(QUESTION, given=none_apart, load=city(1000, 60.0, 25))
    assert can_deploy(list(checked(answers, small).values()))


def test_a_deployed_stack_has_taken_its_executions_already() -> None:
    answers = full_account()
    answers["lambda", "get_account_settings"] = limits(105, 100)

    rows = checked(deployed(answers, LiveApiReservedConcurrency="5"))

    row = rows["Lambda unreserved executions"]
    assert (row.have, row.need, row.verdict) == ("105", "105", "ok")
    assert rows["Lambda concurrent executions"].verdict == "ok"


def test_executions_that_others_have_set_apart_are_part_of_the_request() -> None:
    answers = full_account()
    answers["lambda", "get_account_settings"] = limits(1000, 50)

    rows = checked(answers)

    row = rows["Lambda unreserved executions"]
    assert (row.have, row.need, row.verdict) == ("50", "120", "raise")
    assert value_asked_for(row) == 1400  # 950 of others and 120, and a quarter
    assert value_asked_for(rows["Lambda concurrent executions"]) == 1400


def value_asked_for(row: CheckResult) -> int:
    """The quota that the printed command asks AWS for."""
    (found,) = re.findall(r"--desired-value (\d+) ", row.next_step)
    return int(found)


def test_refused_quotas_are_unknown_say_why_and_what_the_default_is_worth() -> None:
    answers = full_account()
    del answers["service-quotas", "get_service_quota"]

    rows = checked(answers)

    row = rows["IoT inbound publishes/s"]
    assert (row.have, row.verdict) == ("?", "unknown")
    assert "the default 20,000 is enough; not checked: " in row.next_step
    assert "AccessDeniedException" in row.next_step
    assert can_deploy(list(rows.values()))


def test_in_a_small_region_the_default_is_a_tenth() -> None:
    quota = next(q for q in data("quotas")["quotas"] if q["key"] == "publishes")

    row = quotas.unreadable(quota, 2001, "eu-north-1", "refused")

    assert row.next_step == "the default 2,000 is not enough; not checked: refused"
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
    row = checked(full_account() | shards(500, 495, 0))["Kinesis shards"]

    assert (row.have, row.need, row.verdict) == ("5", "12", "raise")
    assert row.next_step == (
        "aws service-quotas request-service-quota-increase --service-code kinesis "
        "--quota-code L-0918CF54 --desired-value 640 --region eu-central-1"
    )


def test_a_stacks_own_shards_are_there_for_it() -> None:
    answers = deployed(full_account() | shards(500, 495, 12))

    row = checked(answers)["Kinesis shards"]

    assert (row.have, row.verdict) == ("17", "ok")


@given(
    limit=st.integers(1, 20_000),
    taken=st.integers(0, 20_000),
    need=st.integers(1, 60_000),
)
def test_no_request_is_for_less_than_there_is_or_than_is_needed(
    limit: int, taken: int, need: int
) -> None:
    quota = {"what": "a quota", "service": "iotcore"}
    room = QuotaUse(limit, min(taken, limit))

    row = quotas.judged(quota, room, need, "L-1", "eu-central-1")

    assert row.verdict == ("ok" if room.free >= need else "raise")
    if row.verdict == "raise":
        assert value_asked_for(row) > limit
        assert value_asked_for(row) >= room.taken + need


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


def test_a_check_that_hangs_is_unknown_and_holds_nobody_up() -> None:
    never = threading.Event()
    hanging = [
        ("hangs", lambda: (never.wait(), CheckResult("hangs", "", "", OK))[1]),
        ("answers", lambda: CheckResult("answers", "1", "1", OK)),
    ]

    rows = gather(hanging, 0.05)

    assert [row.verdict for row in rows] == [UNKNOWN, OK]
    assert "no response" in rows[0].next_step
    never.set()


def test_a_fault_of_a_check_is_not_taken_for_a_refusal() -> None:
    def broken() -> CheckResult:
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

    request = request_of(args, TODAY)

    assert request.load == city(100, 2.5, 5, 7)
    assert request.settings["LambdaRuntime"] == "python3.13"
    assert request.settings["KinesisShardCount"] == SETTINGS["KinesisShardCount"]
    assert not request.quicksight
    assert not request.wants_reports


def test_the_deadlines_add_up_to_less_than_the_promise() -> None:
    promised_s = next(bar for name, _, bar in BARS if name == "preflight")

    assert (
        checks.WHO_DEADLINE_S + checks.STANDING_DEADLINE_S < checks.ALL_S < promised_s
    )
