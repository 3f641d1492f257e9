"""Messages as a subscriber gets them: a queue on the topic, and a rule on the bus.

The queue gets each incident twice: its text through the notifier and SNS, as every
subscriber does, and the event itself from the bus. The text has no time in
milliseconds, so the matching event gives the delay. That an incident became unusual
comes from the bus only, because here people get all incidents (`NotifyFor`).
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from traffic.aws.event_bus import INCIDENT_DETAIL_TYPE, SOURCE
from traffic.incidents.events import MAILED, UNUSUAL, people_get
from traffic.notifier.notification import notification_of
from trafficctl.aws import session as aws

RULE = "demo-tap"
NOTIFY_FOR = "incidents"  # the default
_MAILED = MAILED[NOTIFY_FOR]
WAIT_S = 1
BATCH = 10


@dataclass(frozen=True)
class ReceivedAlert:
    """A message that arrived: its text, its event's detail, the arrival (wall, ms).

    The text is empty if people do not get it.
    """

    text: str
    detail: dict[str, Any]
    arrived_at: int


@dataclass
class Matcher:
    """Matches texts and events, in whatever order and however often they arrive."""

    texts: deque[tuple[str, int]] = field(default_factory=deque)
    events: deque[dict[str, Any]] = field(default_factory=deque)
    event_ids: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)

    def take(self, body: str, arrived_at: int) -> ReceivedAlert | None:
        """Take a queued body; returns the message once text and event have arrived."""
        event = event_of(body)
        if event is not None:
            return self._take_event(event, arrived_at)
        if body in self.bodies:
            return None  # duplicate: delivery is at least once
        self.bodies.add(body)
        match = next((e for e in self.events if describes(body, e)), None)
        if match is None:
            self.texts.append((body, arrived_at))
            return None
        self.events.remove(match)
        return ReceivedAlert(body, match["detail"], arrived_at)

    def _take_event(
        self, event: dict[str, Any], arrived_at: int
    ) -> ReceivedAlert | None:
        event_id = event["detail"]["event_id"]
        if event_id in self.event_ids:
            return None
        self.event_ids.add(event_id)
        if not people_get(event["detail"], NOTIFY_FOR):
            return ReceivedAlert("", event["detail"], arrived_at)
        match = next((each for each in self.texts if describes(each[0], event)), None)
        if match is None:
            self.events.append(event)
            return None
        self.texts.remove(match)
        return ReceivedAlert(match[0], event["detail"], match[1])


def event_of(body: str) -> dict[str, Any] | None:
    """The EventBridge event of *body*, None if it is not one."""
    with contextlib.suppress(ValueError):
        event = json.loads(body)
        if isinstance(event, dict) and "detail" in event:
            return event
    return None


def describes(text: str, event: dict[str, Any]) -> bool:
    """Whether the text is what the notifier makes of this event."""
    return notification_of(event).body == text


def subscribe(session: Any, outputs: dict[str, str], name: str) -> AlertQueue:
    """Create a queue, subscribe it to the alert topic, and route events to it."""
    sqs, sns = aws.client(session, "sqs"), aws.client(session, "sns")
    events = aws.client(session, "events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn, bus = attributes["Attributes"]["QueueArn"], outputs["AlertBus"]
    pattern = {
        "source": [SOURCE],
        "detail-type": [INCIDENT_DETAIL_TYPE],
        "detail": {**_MAILED, "transition": [*_MAILED["transition"], UNUSUAL]},
    }
    rule = events.put_rule(
        Name=RULE, EventBusName=bus, EventPattern=json.dumps(pattern)
    )
    sources = (
        ("sns.amazonaws.com", outputs["AlertTopicArn"]),
        ("events.amazonaws.com", rule["RuleArn"]),
    )
    policy = json.dumps(queue_policy(arn, sources))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(
        Rule=RULE, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}]
    )
    sns.subscribe(
        TopicArn=outputs["AlertTopicArn"],
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    return AlertQueue(sqs, url)


def queue_policy(arn: str, sources: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Allow each service in *sources* to send for its resource."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": source}},
            }
            for service, source in sources
        ],
    }


class AlertQueue:
    """The subscribed queue; its timestamps say when a message arrived."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url
        self._matcher = Matcher()

    def receive(self) -> list[ReceivedAlert]:
        """The messages that have arrived; waits one second for the first."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT_S,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return []
        received = [
            self._matcher.take(m["Body"], int(m["Attributes"]["SentTimestamp"]))
            for m in messages
        ]
        self._sqs.delete_message_batch(
            QueueUrl=self._url,
            Entries=[
                {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]}
                for n, m in enumerate(messages)
            ],
        )
        return [each for each in received if each is not None]

    @property
    def unmatched(self) -> int:
        """The number of texts without an event and events without a text."""
        return len(self._matcher.texts) + len(self._matcher.events)
