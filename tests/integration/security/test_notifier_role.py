"""People are told by the notifier: by all of its role, and of no other rule's events.

An event is put on the bus; it reaches the topic, lies in the dead-letter queue, or is
counted as lost.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from tests.integration.chain.inbox import Inbox, Mail
from tests.integration.chain.permissions import Permission, Permissions, each
from tests.unit.traffic.notifier.events import WEST, incident, jam, silence
from traffic.aws.event_bus import SOURCE
from traffic.notifier.notification import notification_of

from ..conftest import LocalCity, _eventually

Event = dict[str, Any]
ROLE = "NotifierRole"


class News(NamedTuple):
    """An event of a rule, of some place, and the topic that it is told to."""

    of: Callable[[str], Event]
    topic: str


def _silent(place: str) -> Event:
    return silence(replace(WEST, subject=place))


ALERT = News(lambda place: incident(place=place), "AlertTopic")
HEALTH = News(_silent, "OperationsTopic")
PUBLISH = {
    Permission(ROLE, "sns:Publish", news.topic): news for news in (ALERT, HEALTH)
}
KEEP = [
    Permission(ROLE, "sqs:SendMessage", "AlertDeadLetterQueue.Arn"),
    Permission(ROLE, "kms:Decrypt", "AlertKey.Arn"),
    Permission(ROLE, "kms:GenerateDataKey", "AlertKey.Arn"),
]
TOLD, LOST = "told", "lost"


class NotifierPermissions(Permissions):
    """The role of the notifier; a topic's ARN is what the template's !Ref gives."""

    def __init__(self, city: LocalCity) -> None:
        super().__init__(city)  # type: ignore[arg-type] # it has what a stack has
        self._key = city.client("kms").describe_key(KeyId=self._names["AlertKey"])
        self._queue = city.client("sqs").get_queue_attributes(
            QueueUrl=city.outputs["AlertDeadLetterQueueUrl"],
            AttributeNames=["QueueArn"],
        )
        self._logs = city.client("logs").describe_log_groups(
            logGroupNamePrefix=self._names["NotifierLogs"]
        )

    def arn_of(self, permission: Permission) -> str:
        """The deployed resource."""
        own = {
            "AlertKey.Arn": self._key["KeyMetadata"]["Arn"],
            "AlertDeadLetterQueue.Arn": self._queue["Attributes"]["QueueArn"],
            "NotifierLogs.Arn": self._logs["logGroups"][0]["arn"],
            **{news.topic: self._names[news.topic] for news in PUBLISH.values()},
        }
        return str(own[permission.resource])


class Bus:
    """The alerts' bus, and where its events end."""

    def __init__(self, city: LocalCity, watch: Any) -> None:
        self._events, self._sqs = city.client("events"), city.client("sqs")
        self._bus, self._dead = city.outputs["AlertBus"], dict[str, str]()
        self._watch, self._function = watch, f"{city.city.stack}-notifier"
        self.graves = [city.outputs["AlertDeadLetterQueueUrl"]]
        self.inboxes = {
            news.topic: Inbox(city, city.outputs[f"{news.topic}Arn"])
            for news in PUBLISH.values()
        }

    def send(self, event: Event) -> None:
        """Put it on the bus."""
        entry = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "EventBusName": self._bus,
        }
        assert self._events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def fate(self, news: News) -> str:
        """What became of such an event: TOLD, LOST, or why it lies in the queue."""
        place, lost = f"place-{uuid.uuid4().hex[:8]}", self._lost()
        self.send(news.of(place))
        found: str = _eventually(lambda: self._found(news, place, lost))
        return found

    def _found(self, news: News, place: str, lost: float) -> str:
        if any(place in text for text in self.inboxes[news.topic].texts()):
            return TOLD
        for grave in self.graves:
            self._empty(grave)
        why = next((why for body, why in self._dead.items() if place in body), "")
        return why or (LOST if self._lost() > lost else "")

    def _lost(self) -> float:
        name, of = "DestinationDeliveryFailures", {"FunctionName": self._function}
        return float(self._watch.total("AWS/Lambda", name, **of))

    def _empty(self, url: str) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        for one in answer.get("Messages", []):
            self._dead[one["Body"]] = _reason(one)
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])


def _reason(message: dict[str, Any]) -> str:
    """Why EventBridge or Lambda gave up, each in its own form."""
    attributes = message.get("MessageAttributes", {})
    if "ERROR_MESSAGE" in attributes:
        return str(attributes["ERROR_MESSAGE"]["StringValue"])
    return str(json.loads(message["Body"])["responsePayload"]["errorMessage"])


@pytest.fixture(scope="module")
def permissions(local_city: LocalCity) -> NotifierPermissions:
    return NotifierPermissions(local_city)


@pytest.fixture
def bus(local_city: LocalCity, watch: Any) -> Bus:
    return Bus(local_city, watch)


def test_the_deployed_role_may_do_what_is_listed_and_nothing_else(
    permissions: NotifierPermissions,
) -> None:
    assert permissions.granted(ROLE) == permissions.listed(ROLE)


@pytest.mark.parametrize("news", [ALERT, HEALTH], ids=["alert", "sensor health"])
def test_people_get_the_subject_and_the_text(
    bus: Bus, eventually: Callable[..., Any], news: News
) -> None:
    event = news.of(f'Rue "du 8 Mai", Zürich {time.time_ns()}')
    notification = notification_of(event)

    bus.send(event)

    mail = Mail(notification.subject, notification.body)
    assert eventually(lambda: mail in bus.inboxes[news.topic].mails())
    others = [inbox for topic, inbox in bus.inboxes.items() if topic != news.topic]
    assert [mail in inbox.mails() for inbox in others] == [False]


@each(PUBLISH)
def test_without_it_nobody_is_told_and_the_event_is_kept(
    permissions: NotifierPermissions,
    bus: Bus,
    eventually: Callable[..., Any],
    lost: Permission,
) -> None:
    news = PUBLISH[lost]
    with permissions.without(lost):
        assert eventually(lambda: lost.action in bus.fate(news))
    assert eventually(lambda: bus.fate(news) == TOLD)


@each(KEEP)
def test_without_it_what_cannot_be_told_is_lost_and_counted(
    permissions: NotifierPermissions,
    bus: Bus,
    eventually: Callable[..., Any],
    lost: Permission,
) -> None:
    (publish,) = (one for one, news in PUBLISH.items() if news == ALERT)
    with permissions.without(publish):
        with permissions.without(lost):
            assert eventually(lambda: bus.fate(ALERT) == LOST)
        assert eventually(lambda: publish.action in bus.fate(ALERT))


@pytest.fixture
def impostor(local_city: LocalCity, bus: Bus) -> Iterator[News]:
    """Another rule of the account, that would tell people through the notifier."""
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
    yield News(lambda place: {**jam(place=place), "detail-type": name}, "AlertTopic")
    bus.graves.remove(url)
    events.remove_targets(Rule=name, EventBusName=on, Ids=[target["Id"]])
    events.delete_rule(Name=name, EventBusName=on)


def test_another_rule_may_not_call_the_notifier(bus: Bus, impostor: News) -> None:
    assert bus.fate(ALERT) == TOLD
    assert "not authorized to perform lambda:InvokeFunction" in bus.fate(impostor)
