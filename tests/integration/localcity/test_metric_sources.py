"""AWS's own metrics are counted where AWS would, under its names and dimensions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..conftest import LocalCity, beside
from ..pipe import Pipe
from ..watching import Printer, Watch

Eventually = Callable[..., Any]
SCHEDULE_S = 80.0  # a rule of a minute, looked at every ten seconds


# IoT Core


@pytest.fixture(scope="module")
def own(local_city: LocalCity) -> LocalCity:
    """A stack to which no other test publishes."""
    return beside(local_city, "counted")


@pytest.fixture
def alone(watch: Watch, own: LocalCity) -> Watch:
    """The metrics of that stack."""
    return replace(watch, city=own)


@pytest.fixture
def rule(own: LocalCity) -> str:
    return own.outputs["IngestRule"]


def ingest(watch: Watch, payload: bytes) -> None:
    topic = f"{watch.city.outputs['IngestTopicPrefix']}/counted/d"
    data = watch.client("iot-data")
    data.publish(topic=topic, qos=1, payload=payload)


def queue(watch: Watch) -> dict[str, str]:
    """The dimension of the queue of undelivered messages."""
    url = watch.city.outputs["UndeliveredQueueUrl"]
    return {"QueueName": url.rpartition("/")[2]}


def role_of(watch: Watch, rule: str, kind: str) -> str:
    found = watch.client("iot").get_topic_rule(ruleName=rule)["rule"]
    if kind == "sqs":
        return str(found["errorAction"]["sqs"]["roleArn"])
    return str(found["actions"][0]["kinesis"]["roleArn"])


def test_a_rules_messages_actions_and_failures_are_counted(
    alone: Watch, rule: str, without_action: Any, eventually: Eventually
) -> None:
    def total(name: str, kind: str = "") -> float:
        action = {"ActionType": kind} if kind else {}
        return max(alone.total("AWS/IoT", name, RuleName=rule, **action), 0)

    lost = total("ErrorActionFailure", "Sqs")
    sent = max(alone.total("AWS/SQS", "NumberOfMessagesSent", **queue(alone)), 0)
    before = total("TopicMatch"), total("Success", "Kinesis")
    ingest(alone, b'{"readings": []}')
    with without_action(role_of(alone, rule, "kinesis"), "kinesis:PutRecord"):
        time.sleep(1.1)  # policies are remembered for a second
        ingest(alone, b'{"readings": []}')
        with without_action(role_of(alone, rule, "sqs"), "sqs:SendMessage"):
            time.sleep(1.1)
            ingest(alone, b'{"readings": []}')

    # What is counted last is waited for.
    assert eventually(lambda: total("ErrorActionFailure", "Sqs") == lost + 1)
    assert total("TopicMatch") == before[0] + 3
    assert total("Success", "Kinesis") == before[1] + 1
    assert total("Failure", "Kinesis") >= 2
    kept = total("ErrorActionSuccess", "Sqs")
    assert kept >= 1
    now = alone.total("AWS/SQS", "NumberOfMessagesSent", **queue(alone))
    assert now >= sent + 1
    assert alone.total("AWS/SQS", "ApproximateAgeOfOldestMessage", **queue(alone)) >= 0


def test_a_message_that_is_no_json_is_a_parse_error_and_a_text_is_none(
    alone: Watch, rule: str, eventually: Eventually
) -> None:
    def errors() -> float:
        return max(alone.total("AWS/IoT", "ParseError", RuleName=rule), 0)

    def matches() -> float:
        return max(alone.total("AWS/IoT", "TopicMatch", RuleName=rule), 0)

    before, seen = errors(), matches()
    for payload in (b'"text"', b'{"readings": []}', b"{readings}", b"\xff"):
        ingest(alone, payload)

    assert eventually(lambda: errors() == before + 2)
    assert matches() == seen + 4


# Stream, mapping and function


def of_mapping(watch: Watch, pipe: Pipe, name: str) -> float:
    return watch.total("AWS/Lambda", name, EventSourceMappingUUID=pipe.mapping)


def of_function(watch: Watch, pipe: Pipe, name: str) -> float:
    return watch.total("AWS/Lambda", name, FunctionName=pipe.name)


def test_a_stream_counts_what_came_in(
    watch: Watch, pipe: Pipe, eventually: Eventually
) -> None:
    pipe.put({"n": 1}, {"n": 2}, {"n": 3})

    def total(name: str) -> float:
        return watch.total("AWS/Kinesis", name, StreamName=pipe.name)

    assert eventually(lambda: total("IncomingRecords") == 3)
    assert total("IncomingBytes") == 3 * len(b'{"n": 1}')
    assert total("WriteProvisionedThroughputExceeded") == 0


def test_a_mapping_that_asks_for_it_counts_its_events(
    watch: Watch, pipe: Pipe, eventually: Eventually
) -> None:
    pipe.map(
        BatchSize=1, MaximumRetryAttempts=1, MetricsConfig={"Metrics": ["EventCount"]}
    )
    pipe.put({"n": 1}, {"n": 2, "raise": True})

    delivered = "OnFailureDestinationDeliveredEventCount"
    assert eventually(lambda: of_mapping(watch, pipe, delivered) == 1)
    assert eventually(lambda: of_mapping(watch, pipe, "PolledEventCount") == 2)
    assert of_mapping(watch, pipe, "InvokedEventCount") == 3  # the second one twice
    assert of_mapping(watch, pipe, "FailedInvokeEventCount") == 2
    assert of_function(watch, pipe, "Invocations") == 3
    assert of_function(watch, pipe, "Errors") == 2
    of = {"FunctionName": pipe.name}
    (age,) = watch.statistics("AWS/Lambda", "IteratorAge", "Maximum", **of)
    (took,) = watch.statistics("AWS/Lambda", "Duration", "SampleCount", **of)
    assert age > 0
    assert took == 3


def test_a_mapping_that_does_not_ask_counts_by_the_function_alone(
    watch: Watch, pipe: Pipe, eventually: Eventually
) -> None:
    pipe.put({"n": 1})
    pipe.map()

    assert eventually(lambda: of_function(watch, pipe, "Invocations") == 1)
    assert of_mapping(watch, pipe, "PolledEventCount") == -1
    found = watch.client("lambda").get_event_source_mapping(UUID=pipe.mapping)
    assert "MetricsConfig" not in found


def test_a_batch_whose_destination_refuses_is_counted_as_dropped(
    watch: Watch, pipe: Pipe, without_action: Any, eventually: Eventually
) -> None:
    with without_action(pipe.role_arn, "s3:PutObject"):
        pipe.put({"n": 1, "raise": True})
        pipe.map(MaximumRetryAttempts=0)
        aws = watch.client("lambda")
        config = {"Metrics": ["EventCount"]}
        aws.update_event_source_mapping(UUID=pipe.mapping, MetricsConfig=config)
        failures = "DestinationDeliveryFailures"
        assert eventually(lambda: of_function(watch, pipe, failures) == 1)
        pipe.put({"n": 2, "raise": True})
        assert eventually(lambda: of_mapping(watch, pipe, "DroppedEventCount") >= 1)
    delivered = "OnFailureDestinationDeliveredEventCount"
    assert of_mapping(watch, pipe, delivered) == -1


def test_a_call_without_room_is_a_throttle_and_no_invocation(
    watch: Watch, printer: Printer, eventually: Eventually
) -> None:
    aws = watch.client("lambda")
    aws.put_function_concurrency(
        FunctionName=printer.name, ReservedConcurrentExecutions=0
    )
    with pytest.raises(ClientError, match="Rate Exceeded"):
        printer.say("nothing")

    def total(name: str) -> float:
        return watch.total("AWS/Lambda", name, FunctionName=printer.name)

    assert eventually(lambda: total("Throttles") >= 1)
    assert total("Invocations") == -1


def test_requests_of_the_live_map_are_counted_by_their_outcome(
    watch: Watch, live: Any, eventually: Eventually
) -> None:
    api = watch.city.outputs["LiveApiId"]
    before = max(watch.total("AWS/ApiGateway", "4xx", ApiId=api), 0)
    failed = max(watch.total("AWS/ApiGateway", "5xx", ApiId=api), 0)
    assert live.ask("/api/now", token="nobody's").status == 401

    def refused() -> bool:
        return watch.total("AWS/ApiGateway", "4xx", ApiId=api) == before + 1

    assert eventually(refused)
    assert watch.total("AWS/ApiGateway", "Count", ApiId=api) >= 1
    assert watch.total("AWS/ApiGateway", "5xx", ApiId=api) == failed


def test_a_scheduled_rule_of_the_stack_calls_its_function(
    watch: Watch, eventually: Eventually
) -> None:
    """The last of this page: the city has mostly run for a minute by now."""
    function = watch.city.outputs["ShardScalerFunction"]

    def invoked() -> bool:
        return watch.total("AWS/Lambda", "Invocations", FunctionName=function) > 0

    assert eventually(invoked, SCHEDULE_S)
    of = {"RuleName": function}
    assert watch.total("AWS/Events", "Invocations", **of) > 0
    assert watch.total("AWS/Events", "FailedInvocations", **of) == -1


def test_an_event_that_fails_and_whose_queue_is_gone_is_counted_as_lost(
    watch: Watch, printer: Printer, eventually: Eventually
) -> None:
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [send]})
    watch.client("iam").put_role_policy(
        RoleName=printer.name, PolicyName="keep", PolicyDocument=document
    )
    account = printer.role_arn.split(":")[4]
    gone = f"arn:aws:sqs:us-east-1:{account}:{printer.name}"
    functions = watch.client("lambda")
    functions.put_function_event_invoke_config(
        FunctionName=printer.name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": gone}},
    )
    functions.invoke(
        FunctionName=printer.name, InvocationType="Event", Payload=b'{"no": "line"}'
    )

    def total(name: str) -> float:
        return watch.total("AWS/Lambda", name, FunctionName=printer.name)

    assert eventually(lambda: total("DestinationDeliveryFailures") == 1)
    assert total("AsyncEventsDropped") == 1
