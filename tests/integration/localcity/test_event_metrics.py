"""Events reach only targets that may be called; the rest is counted and kept."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..watching import Printer, Watch

Eventually = Callable[..., Any]
ACCOUNT = "000000000000"


class Bus:
    """A bus with a rule, its target yet to be chosen, and a queue for what fails."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self.name = watch, f"bus-{uuid.uuid4().hex[:6]}"
        self._events = watch.client("events")
        self._events.create_event_bus(Name=self.name)
        pattern = json.dumps({"source": ["test"]})
        self.rule_arn = self._events.put_rule(
            Name="told", EventBusName=self.name, EventPattern=pattern
        )["RuleArn"]
        sqs = watch.client("sqs")
        self.queue_url = sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
        self.queue_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{self.name}-dead"

    def aim(self, target: str, **more: Any) -> None:
        aimed = {"Id": "one", "Arn": target, **more}
        self._events.put_targets(Rule="told", EventBusName=self.name, Targets=[aimed])

    def send(self) -> None:
        event = {"Source": "test", "DetailType": "t", "Detail": '{"n": 1}'}
        self._events.put_events(Entries=[{**event, "EventBusName": self.name}])

    def total(self, name: str) -> float:
        of = {"EventBusName": self.name, "RuleName": "told"}
        return self._watch.total("AWS/Events", name, **of)

    def full(self) -> list[float]:
        """How many messages the queue had at most."""
        name = "ApproximateNumberOfMessagesVisible"
        of = {"QueueName": f"{self.name}-dead"}
        return self._watch.statistics("AWS/SQS", name, "Maximum", **of)

    def dead(self) -> list[dict[str, Any]]:
        found = self._watch.client("sqs").receive_message(
            QueueUrl=self.queue_url, MessageAttributeNames=["All"]
        )
        return list(found.get("Messages", []))


@pytest.fixture
def bus(watch: Watch) -> Bus:
    return Bus(watch)


@pytest.fixture
def topic(watch: Watch) -> Iterator[str]:
    sns = watch.client("sns")
    arn = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:6]}")["TopicArn"]
    yield str(arn)
    sns.delete_topic(TopicArn=arn)


def allow(service: str, action: str, arn: str, **condition: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": arn,
        **condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def let_events_publish(watch: Watch, topic: str) -> None:
    policy = allow("events.amazonaws.com", "sns:Publish", topic)
    watch.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy
    )


def test_a_rule_whose_topic_refuses_it_fails_and_keeps_the_event(
    watch: Watch, bus: Bus, topic: str, eventually: Eventually
) -> None:
    condition = {"Condition": {"ArnEquals": {"aws:SourceArn": bus.rule_arn}}}
    arguments = ("events.amazonaws.com", "sqs:SendMessage", bus.queue_arn)
    watch.client("sqs").set_queue_attributes(
        QueueUrl=bus.queue_url, Attributes={"Policy": allow(*arguments, **condition)}
    )
    watch.client("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=allow("iot.amazonaws.com", "sns:Publish", topic),
    )
    bus.aim(topic, DeadLetterConfig={"Arn": bus.queue_arn})
    bus.send()

    assert eventually(lambda: bus.full() == [1])
    (letter,) = bus.dead()
    assert json.loads(letter["Body"])["detail"] == {"n": 1}
    attributes = letter["MessageAttributes"]
    assert attributes["RULE_ARN"]["StringValue"] == bus.rule_arn
    assert "not authorized" in attributes["ERROR_MESSAGE"]["StringValue"]
    assert eventually(lambda: bus.total("InvocationsSentToDlq") == 1)
    assert bus.total("FailedInvocations") == 1


def test_a_queue_that_refuses_a_dead_event_is_counted(
    bus: Bus, eventually: Eventually
) -> None:
    bus.aim(
        f"arn:aws:sns:us-east-1:{ACCOUNT}:nowhere",
        DeadLetterConfig={"Arn": bus.queue_arn},
    )
    bus.send()

    assert eventually(lambda: bus.total("InvocationsFailedToBeSentToDlq") == 1)
    assert bus.total("InvocationsSentToDlq") == -1
    assert bus.dead() == []


def test_a_rule_calls_a_function_only_by_its_permission(
    watch: Watch, bus: Bus, printer: Printer, eventually: Eventually
) -> None:
    aws = watch.client("lambda")
    arn = aws.get_function(FunctionName=printer.name)["Configuration"]["FunctionArn"]
    bus.aim(arn, Input='{"line": "x"}')
    bus.send()
    assert eventually(lambda: bus.total("FailedInvocations") == 1)

    aws.add_permission(
        FunctionName=printer.name,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=bus.rule_arn,
    )
    bus.send()

    def invoked() -> bool:
        of = {"FunctionName": printer.name}
        return watch.total("AWS/Lambda", "Invocations", **of) == 1

    assert eventually(invoked)
    assert (bus.total("MatchedEvents"), bus.total("Invocations")) == (2, 2)
    assert bus.total("FailedInvocations") == 1


def test_a_topic_counts_what_arrives_and_what_does_not(
    watch: Watch, bus: Bus, topic: str, eventually: Eventually
) -> None:
    let_events_publish(watch, topic)
    sns = watch.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=bus.queue_arn)
    bus.aim(topic)
    name = topic.rpartition(":")[2]

    def total(metric: str) -> float:
        return watch.total("AWS/SNS", metric, TopicName=name)

    bus.send()
    assert eventually(lambda: total("NumberOfNotificationsFailed") == 1)

    watch.client("sqs").set_queue_attributes(
        QueueUrl=bus.queue_url,
        Attributes={
            "Policy": allow("sns.amazonaws.com", "sqs:SendMessage", bus.queue_arn)
        },
    )
    bus.send()

    assert eventually(lambda: total("NumberOfNotificationsDelivered") == 1)
    assert total("NumberOfMessagesPublished") == 2
