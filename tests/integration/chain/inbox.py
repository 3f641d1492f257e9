"""What a topic or a bus told, as those who listen there receive it."""

from __future__ import annotations

import json
import uuid
from typing import Any, NamedTuple


class Mail(NamedTuple):
    """A notification as SNS delivers it."""

    subject: str
    text: str


class _Queue:
    """A queue of the tests' own, and all that it has received."""

    def __init__(self, stack: Any, name: str) -> None:
        self._sqs, self._bodies = stack.client("sqs"), list[Any]()
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        found = self._sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["QueueArn"]
        )
        self.arn = found["Attributes"]["QueueArn"]

    def admit(self, service: str, source: str) -> None:
        """Let this service send what comes from this source."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(
            QueueUrl=self._url, Attributes={"Policy": policy}
        )

    def bodies(self) -> list[Any]:
        """All that has come so far."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self._bodies.append(json.loads(message["Body"]))
            self._sqs.delete_message(
                QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
            )
        return self._bodies


class Inbox:
    """A queue that is subscribed to a topic, as a controller's tool would be."""

    def __init__(self, stack: Any, topic: str) -> None:
        self._queue = _Queue(stack, f"controller-{uuid.uuid4().hex[:8]}")
        self._queue.admit("sns.amazonaws.com", topic)
        stack.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=self._queue.arn
        )

    def mails(self) -> list[Mail]:
        """All that has come so far."""
        told = self._queue.bodies()
        return [Mail(one["Subject"], one["Message"]) for one in told]

    def texts(self) -> list[str]:
        """All texts that have come so far."""
        return [mail.text for mail in self.mails()]


class BusListener:
    """A queue that receives the events of a kind, as another system would."""

    def __init__(self, stack: Any, detail_type: str) -> None:
        name = f"listener-{uuid.uuid4().hex[:8]}"
        queue, events = _Queue(stack, name), stack.client("events")
        on = {"EventBusName": stack.outputs["AlertBus"]}
        pattern = json.dumps({"detail-type": [detail_type]})
        rule = events.put_rule(Name=name, EventPattern=pattern, **on)
        queue.admit("events.amazonaws.com", rule["RuleArn"])
        target = {"Id": "queue", "Arn": queue.arn}
        events.put_targets(Rule=name, Targets=[target], **on)
        self.events = queue.bodies
