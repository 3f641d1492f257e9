"""What a topic told, in the words its subscribers read."""

from __future__ import annotations

import json
import uuid
from typing import Any


class Inbox:
    """A queue that is subscribed to a topic, as a controller's tool would be."""

    def __init__(self, stack: Any, topic: str) -> None:
        self._sqs, self._texts = stack.client("sqs"), list[str]()
        name = f"controller-{uuid.uuid4().hex[:8]}"
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        found = self._sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["QueueArn"]
        )
        arn = found["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(
            QueueUrl=self._url, Attributes={"Policy": policy}
        )
        stack.client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )

    def texts(self) -> list[str]:
        """All texts that have come so far."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self._texts.append(message["Body"])
            self._sqs.delete_message(
                QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
            )
        return self._texts
