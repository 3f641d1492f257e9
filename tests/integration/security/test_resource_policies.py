"""Each statement of a key's, bucket's, queue's or topic's policy decides something.

A request that it decides is judged by the deployed policy, by the same without that
statement, and beside requests that differ in one thing only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.template.template import RESOURCES
from trafficctl.stack.artifacts import tls_only

from .policies import ACCOUNT, ADMIN, REGION, Deployed, Request, decision, listed
from .policies import without as less

Decided = tuple[Request, list[Request]]  # by the statement, and next to it but not
STRANGER = "arn:aws:iam::999999999999:user/admin"
EVENTS, ALARMS = "events.amazonaws.com", "cloudwatch.amazonaws.com"
CONTEXT = "kms:EncryptionContext:aws:logs:arn"


@pytest.fixture(scope="module")
def deployed(local_city: Any) -> Deployed:
    return Deployed(local_city)


def by(who: str, request: Request) -> Request:
    return Request(request.action, who, request.is_secure, request.told)


def over_plain_http(action: str) -> Decided:
    return Request(action, is_secure=False), [Request(action)]


def over_old_tls(action: str) -> Decided:
    old = Request(action).but(s3__TlsVersion="1.1")
    return old, [old.but(s3__TlsVersion=good) for good in ("1.2", "1.3")]


def administering(_: Deployed) -> Decided:
    asked = Request("kms:ScheduleKeyDeletion")
    return asked, [by(STRANGER, asked), Request("kms:Decrypt"), Request("kms:Encrypt")]


def through(*services: str) -> Callable[[Deployed], Decided]:
    def using(_: Deployed) -> Decided:
        asked = Request("kms:Decrypt").but(
            kms__ViaService=f"{services[0]}.{REGION}.amazonaws.com"
        )
        elsewhere = asked.but(kms__ViaService=f"ec2.{REGION}.amazonaws.com")
        return asked, [by(STRANGER, asked), elsewhere, Request("kms:Decrypt")]

    return using


def granting(_: Deployed) -> Decided:
    asked = Request("kms:CreateGrant").but(
        kms__GrantIsForAWSResource="true",
        kms__ViaService=f"dynamodb.{REGION}.amazonaws.com",
    )
    own = asked.but(kms__GrantIsForAWSResource="false")
    return asked, [own, asked.but(kms__ViaService=f"s3.{REGION}.amazonaws.com")]


def logging(deployed: Deployed) -> Decided:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/"
    own = {CONTEXT: f"{group}{deployed.stack}-processor"}
    asked = Request("kms:GenerateDataKey", f"logs.{REGION}.amazonaws.com", told=own)
    other = Request(asked.action, asked.who, told={CONTEXT: f"{group}other"})
    return asked, [other, by(EVENTS, asked)]


def keeping(_: Deployed) -> Decided:
    asked = Request("kms:GenerateDataKey", EVENTS).but(aws__SourceAccount=ACCOUNT)
    other = asked.but(aws__SourceAccount="999999999999")
    unknown = Request("kms:GenerateDataKey", EVENTS)
    return asked, [other, unknown, by("s3.amazonaws.com", asked)]


def alarming(action: str) -> Callable[[Deployed], Decided]:
    def telling(deployed: Deployed) -> Decided:
        alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"
        asked = Request(action, ALARMS).but(
            aws__SourceAccount=ACCOUNT, aws__SourceArn=f"{alarm}{deployed.stack}-late"
        )
        other = asked.but(aws__SourceArn=f"{alarm}other-late")
        return asked, [other, asked.but(aws__SourceAccount="999999999999")]

    return telling


def sending(rule: str) -> Callable[[Deployed], Decided]:
    def sends(deployed: Deployed) -> Decided:
        own = deployed.rule_arn(rule)
        asked = Request("sqs:SendMessage", EVENTS).but(aws__SourceArn=own)
        other = asked.but(aws__SourceArn=f"{own}-other")
        return asked, [other, by(ADMIN, asked), Request("sqs:SendMessage", EVENTS)]

    return sends


DECIDED: dict[tuple[str, str], Callable[[Deployed], Decided]] = {
    ("DataKey", "AccountAdministersKey"): administering,
    ("DataKey", "AccountUsesKeyThroughServices"): through("dynamodb"),
    ("DataKey", "ServicesHoldGrants"): granting,
    ("DataKey", "LogsUseKey"): logging,
    ("AlertKey", "AccountAdministersKey"): administering,
    ("AlertKey", "AccountUsesKeyThroughServices"): through("sqs"),
    ("AlertKey", "EventBridgeKeepsUntold"): keeping,
    ("AlertKey", "AlarmsTellEngineers"): alarming("kms:GenerateDataKey"),
    ("OperationsTopicPolicy", "AlarmsPublish"): alarming("sns:Publish"),
    ("AlertDeadLetterQueuePolicy", "RulesSend"): sending("AlertRule"),
    ("IncidentsQueuePolicy", "RulesSend"): sending("IncidentsRule"),
}
# Refusals are worded alike wherever they stand.
REFUSED: dict[tuple[str, str], Decided] = {
    ("AWS::S3::BucketPolicy", "RefusePlainHttp"): over_plain_http("s3:GetObject"),
    ("AWS::S3::BucketPolicy", "RefuseOldTls"): over_old_tls("s3:GetObject"),
    ("AWS::SQS::QueuePolicy", "RefusePlainHttp"): over_plain_http("sqs:ReceiveMessage"),
    ("AWS::SNS::TopicPolicy", "RefusePlainHttp"): over_plain_http("sns:Publish"),
}
# No QuickSight, no bucket: tests/template/test_store.py holds both to the same words.
NOT_DEPLOYED = {"HasQuickSight"}
STATEMENTS = [(name, sid) for name, sid, when in listed() if when not in NOT_DEPLOYED]


def decided_by(name: str, sid: str, deployed: Deployed) -> Decided:
    if (name, sid) in DECIDED:
        return DECIDED[name, sid](deployed)
    return REFUSED[RESOURCES[name]["Type"], sid]


@pytest.mark.parametrize(("name", "sid"), STATEMENTS)
def test_a_statement_decides_what_it_says_and_nothing_beside_it(
    deployed: Deployed, name: str, sid: str
) -> None:
    document, arn = deployed.policy_of(name)
    (effect,) = (one["Effect"] for one in document["Statement"] if one["Sid"] == sid)
    request, beside = decided_by(name, sid, deployed)

    assert decision(document, request, arn) == effect
    assert decision(less(document, sid), request, arn) != effect
    assert [decision(document, one, arn) for one in beside] == ["ImplicitDeny"] * len(
        beside
    )


def test_every_decision_is_of_a_statement_that_is_there() -> None:
    assert set(DECIDED) <= {(name, sid) for name, sid, _ in listed()}


@pytest.mark.parametrize("rule", ["AlertRule", "SensorHealthNews", "WeeklyReport"])
def test_each_rule_may_put_aside_what_it_could_not_tell(
    deployed: Deployed, rule: str
) -> None:
    document, arn = deployed.policy_of("AlertDeadLetterQueuePolicy")
    asked = Request("sqs:SendMessage", EVENTS)

    assert decision(document, asked, arn) == "ImplicitDeny"
    asked = asked.but(aws__SourceArn=deployed.rule_arn(rule))
    assert decision(document, asked, arn) == "Allow"


def test_the_bucket_of_packages_is_no_weaker_than_the_others() -> None:
    """It is made by `trafficctl deploy`, before there is a stack."""
    document, arn = tls_only("packages", "aws"), "arn:aws:s3:::packages/city.zip"

    for sid in ("RefusePlainHttp", "RefuseOldTls"):
        request, beside = REFUSED["AWS::S3::BucketPolicy", sid]
        assert decision(document, request, arn) == "Deny"
        assert decision(less(document, sid), request, arn) == "ImplicitDeny"
        assert {decision(document, one, arn) for one in beside} == {"ImplicitDeny"}


def test_a_function_is_run_by_its_own_source_only(deployed: Deployed) -> None:
    policies = list(deployed.function_policies())

    assert policies
    for document, arn in policies:
        for statement in document["Statement"]:
            who = statement["Principal"]["Service"]
            told = {
                k: v for one in statement["Condition"].values() for k, v in one.items()
            }
            asked = Request("lambda:InvokeFunction", who, told=told)
            (source,) = (key for key in told if key.lower() == "aws:sourcearn")
            theirs = told[source].replace(ACCOUNT, "999999999999")
            stranger = Request(asked.action, who, told={**told, source: theirs})
            other = by("s3.amazonaws.com", asked)
            assert decision(document, asked, arn) == "Allow"
            assert decision(document, stranger, arn) == "ImplicitDeny"
            assert decision(document, other, arn) == "ImplicitDeny"
