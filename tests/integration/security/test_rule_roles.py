"""A rule tells people by its role: by all of it, and by no other rule's.

An event is put on the bus; it reaches the topic, or lies in the dead-letter queue.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.integration.chain.inbox import Inbox
from tests.integration.chain.permissions import ROLES, Permission, Permissions
from traffic.aws.event_bus import DETAIL_TYPE, HEALTH_DETAIL_TYPE, SOURCE

from ..conftest import LocalCity, _eventually


class Rule(NamedTuple):
    """A rule of the template: what it listens for, and where it tells it."""

    name: str
    detail_type: str
    topic: str


RULES = [
    Rule("AlertRule", DETAIL_TYPE, "AlertTopic"),
    Rule("SensorHealthNews", HEALTH_DETAIL_TYPE, "OperationsTopic"),
]
TRIED = [
    (rule, Permission(f"{rule.name}Role", action, resource))
    for rule in RULES
    for action, resources in ROLES[f"{rule.name}Role"]["may"].items()
    for resource in resources
]


class RulePermissions(Permissions):
    """The roles of rules; a topic's ARN is what the template's !Ref gives."""

    def __init__(self, city: LocalCity) -> None:
        super().__init__(city)  # type: ignore[arg-type] # it has what a stack has
        key = self._names["AlertKey"]
        self._arns["AlertKey"] = city.client("kms").describe_key(KeyId=key)[
            "KeyMetadata"
        ]["Arn"]

    def arn_of(self, permission: Permission) -> str:
        """The deployed resource."""
        topics = {rule.topic for rule in RULES}
        if permission.resource in topics:
            return str(self._names[permission.resource])
        return super().arn_of(permission)


class Bus:
    """The alerts' bus, and where its events end."""

    def __init__(self, city: LocalCity) -> None:
        self._events, self._sqs = city.client("events"), city.client("sqs")
        self._bus, self._dead = city.outputs["AlertBus"], dict[str, str]()
        self.graves = [city.outputs["AlertDeadLetterQueueUrl"]]
        self._inboxes = {
            rule.topic: Inbox(city, city.outputs[f"{rule.topic}Arn"]) for rule in RULES
        }

    def fate(self, rule: Rule) -> str:
        """`told`, or why the event of this rule lies in the queue."""
        place = f"place-{uuid.uuid4().hex[:8]}"
        entry = {
            "Source": SOURCE,
            "DetailType": rule.detail_type,
            "Detail": json.dumps({"place": place, "scope": "fleet"}),
            "EventBusName": self._bus,
        }
        assert self._events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        found: str = _eventually(lambda: self._found(rule, place))
        return found

    def _found(self, rule: Rule, place: str) -> str:
        if any(place in text for text in self._inboxes[rule.topic].texts()):
            return "told"
        for grave in self.graves:
            self._empty(grave)
        return next((why for body, why in self._dead.items() if place in body), "")

    def _empty(self, url: str) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        for one in answer.get("Messages", []):
            why = one["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
            self._dead[one["Body"]] = why
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])


@pytest.fixture(scope="module")
def permissions(local_city: LocalCity) -> RulePermissions:
    return RulePermissions(local_city)


@pytest.fixture(scope="module")
def bus(local_city: LocalCity) -> Bus:
    return Bus(local_city)


def _named(value: Rule | Permission) -> str:
    return value.name if isinstance(value, Rule) else f"{value.role}:{value.action}"


@pytest.mark.parametrize("rule", RULES, ids=_named)
def test_the_deployed_role_may_do_what_is_listed_and_nothing_else(
    permissions: RulePermissions, rule: Rule
) -> None:
    listed = [permission for of, permission in TRIED if of == rule]

    assert permissions.granted(f"{rule.name}Role") == sorted(
        (one.action, permissions.arn_of(one)) for one in listed
    )


@pytest.mark.parametrize(("rule", "lost"), TRIED, ids=_named)
def test_without_it_nobody_is_told_and_the_event_is_kept(
    permissions: RulePermissions,
    bus: Bus,
    eventually: Callable[..., Any],
    rule: Rule,
    lost: Permission,
) -> None:
    with permissions.without(lost):
        assert eventually(lambda: lost.action in bus.fate(rule))
    assert eventually(lambda: bus.fate(rule) == "told")


@pytest.fixture
def impostor(local_city: LocalCity, bus: Bus) -> Iterator[Rule]:
    """Another rule of the account, that would tell people by the first one's role."""
    events, sqs = local_city.client("events"), local_city.client("sqs")
    name, on = f"other-{uuid.uuid4().hex[:6]}", local_city.outputs["AlertBus"]
    where = {"Rule": f"{local_city.city.stack}-alerts", "EventBusName": on}
    (target,) = events.list_targets_by_rule(**where)["Targets"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = target["DeadLetterConfig"]["Arn"].rpartition(":")[0] + f":{name}"
    anybody = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    allowed = {**anybody, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    pattern = json.dumps({"source": [SOURCE], "detail-type": [name]})
    events.put_rule(Name=name, EventBusName=on, EventPattern=pattern)
    aimed = [{**target, "DeadLetterConfig": {"Arn": arn}}]
    events.put_targets(Rule=name, EventBusName=on, Targets=aimed)
    bus.graves.append(url)
    yield Rule(name, name, "AlertTopic")
    bus.graves.remove(url)
    events.remove_targets(Rule=name, EventBusName=on, Ids=[target["Id"]])
    events.delete_rule(Name=name, EventBusName=on)


def test_another_rule_may_not_take_the_role(bus: Bus, impostor: Rule) -> None:
    assert bus.fate(RULES[0]) == "told"
    assert "not authorized to assume role" in bus.fate(impostor)
