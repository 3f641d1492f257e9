"""Alerts as a subscriber gets them: a queue on the topic, and a rule on the bus.

The queue gets each alert twice: its text through EventBridge and SNS, as every
subscriber does, and the event itself from the bus. The text has no event time in
milliseconds, so the matching event tells the delay.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from trafficctl.aws import session as aws

RULE = "demo-tap"
WAIT_S = 1
BATCH = 10


@dataclass(frozen=True)
class ReceivedAlert:
    """An alert that arrived: its text, its event, and the arrival time (wall, ms)."""

    text: str
    detail: dict[str, Any]
    arrived_at: int


@dataclass
class Matcher:
    """Matches texts and events, in whatever order they arrive."""

    texts: deque[tuple[str, int]] = field(default_factory=deque)
    details: deque[dict[str, Any]] = field(default_factory=deque)
    event_ids: set[str] = field(default_factory=set)

    def take(self, body: str, arrived_at: int) -> ReceivedAlert | None:
        """Take a message; returns the alert once text and event have arrived."""
        detail = event_detail(body)
        if detail is None:
            text = plain_text(body)
            match = next((d for d in self.details if describes(text, d)), None)
            if match is None:
                self.texts.append((text, arrived_at))
                return None
            self.details.remove(match)
            return ReceivedAlert(text, match, arrived_at)
        return self._take_event(detail)

    def _take_event(self, detail: dict[str, Any]) -> ReceivedAlert | None:
        if detail["event_id"] in self.event_ids:
            return None  # duplicate: delivery is at least once
        self.event_ids.add(detail["event_id"])
        match = next((each for each in self.texts if describes(each[0], detail)), None)
        if match is None:
            self.details.append(detail)
            return None
        self.texts.remove(match)
        return ReceivedAlert(match[0], detail, match[1])


def event_detail(body: str) -> dict[str, Any] | None:
    """The detail of an EventBridge event, None if *body* is not an event."""
    with contextlib.suppress(ValueError):
        event = json.loads(body)
        if isinstance(event, dict) and "detail" in event:
            return dict(event["detail"])
    return None


def plain_text(body: str) -> str:
    """The text of an alert; EventBridge sends it as a JSON string."""
    with contextlib.suppress(ValueError):
        text = json.loads(body)
        if isinstance(text, str):
            return text
    return body


def describes(text: str, detail: dict[str, Any]) -> bool:
    """Whether the text describes this event, in whatever order of words."""
    parts = (detail["link"], f" {detail['transition']} ", detail["since"])
    return all(part in text for part in parts)


def subscribe(session: Any, outputs: dict[str, str], name: str) -> AlertQueue:
    """Create a queue, subscribe it to the alert topic, and route events to it."""
    sqs, sns = aws.client(session, "sqs"), aws.client(session, "sns")
    events = aws.client(session, "events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn, bus = attributes["Attributes"]["QueueArn"], outputs["AlertBus"]
    pattern = {"source": ["city.traffic"], "detail-type": ["Congestion Alert"]}
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
        """The alerts that have arrived; waits one second for the first."""
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
        return len(self._matcher.texts) + len(self._matcher.details)
