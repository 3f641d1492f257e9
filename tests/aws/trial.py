"""A stack made for the questions: its commands, its clients, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from trafficctl.aws import session as aws
from trafficctl.cli.output import say
from trafficctl.local.process import running
from trafficctl.local.state_dir import home
from trafficctl.publishing.devices import CA_VARIABLE, ENDPOINT_VARIABLE

POLL_S = 5.0
COMMAND_TIMEOUT_S = 3_600

T = TypeVar("T")


class NoError(Exception):
    """The answer to a question is no; the text says what happened instead."""


class NotHereError(Exception):
    """This endpoint cannot answer the question; the text says why."""


@dataclass(frozen=True)
class Done:
    """How a command ended, with what it printed."""

    code: int
    out: str
    err: str


@dataclass
class Trial:
    """A stack of this run, deployed with *parameters* into the session's account."""

    stack: str
    folder: Path
    parameters: tuple[str, ...]
    session: Any = field(default_factory=aws.session)
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether commands go to a local city."""
        return aws.is_loopback(os.environ.get("AWS_ENDPOINT_URL", ""))

    @property
    def failing_stack(self) -> str:
        """The name of the stack whose first deployment must fail."""
        return f"{self.stack}-f"

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of the deployed stack."""
        return aws.stack_outputs(self.session, self.stack)

    def client(self, service: str) -> Any:
        """A client of `service`, made once."""
        if service not in self._clients:
            self._clients[service] = aws.client(self.session, service)
        return self._clients[service]

    @cached_property
    def environment(self) -> dict[str, str]:
        """The commands' environment; a local city's broker is not found by stack."""
        own = {**os.environ, "COLUMNS": "200"}
        if self.is_local and ENDPOINT_VARIABLE not in own:
            city = running(home(own["TRAFFIC_STACK"], own))
            own[ENDPOINT_VARIABLE] = f"{city.mqtt_host}:{city.mqtt_port}"
            own[CA_VARIABLE] = city.ca_file
        return own

    def run(self, *command: str, codes: tuple[int, ...] = (0,)) -> Done:
        """Run `trafficctl`; NoError with its last lines for another exit code."""
        say(f"  $ trafficctl {' '.join(command)}")
        ended = subprocess.run(
            [sys.executable, "-m", "trafficctl", *command],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        done = Done(ended.returncode, ended.stdout, ended.stderr)
        if done.code not in codes:
            last = " / ".join(done.err.strip().splitlines()[-3:])
            raise NoError(f"trafficctl {command[0]} ended with {done.code}: {last}")
        return done

    def deploy(self) -> None:
        """Deploy the stack of this run, with short hold times."""
        chosen = ("AlertHoldSeconds=20", "MachineFeeds=true", *self.parameters)
        options = [word for one in chosen for word in ("--parameter", one)]
        self.run("deploy", "--stack", self.stack, "--yes", *options)

    def destroy(self) -> list[str]:
        """Delete both stacks with their data; what could not be deleted, in words."""
        faults = []
        for stack in (self.stack, self.failing_stack):
            try:
                self.purge(stack)
            except NoError as exc:
                faults.append(f"{stack}: {exc}")
        return faults

    def purge(self, stack: str) -> None:
        """Delete a stack with its data, protected or not."""
        options = ("--purge", "--despite-protection", "--yes")
        self.run("destroy", "--stack", stack, *options)

    def resource(self, logical: str, stack: str | None = None) -> str:
        """The physical id of a resource of the stack."""
        answer = self.client("cloudformation").describe_stack_resource(
            StackName=stack or self.stack, LogicalResourceId=logical
        )
        return str(answer["StackResourceDetail"]["PhysicalResourceId"])

    def status(self, stack: str) -> str | None:
        """The status of a stack, None if there is no such stack."""
        try:
            found = self.client("cloudformation").describe_stacks(StackName=stack)
        except ClientError as exc:
            if "does not exist" in str(exc):
                return None
            raise
        return str(found["Stacks"][0]["StackStatus"])

    def alarm_states(self, *names: str) -> dict[str, str]:
        """The states of alarms of the stack, by the part of their name after it."""
        full = [f"{self.stack}-{name}" for name in names]
        found = self.client("cloudwatch").describe_alarms(
            AlarmNames=full, AlarmTypes=["MetricAlarm"]
        )["MetricAlarms"]
        return {
            one["AlarmName"].removeprefix(f"{self.stack}-"): one["StateValue"]
            for one in found
        }

    def wait(self, ask: Callable[[], T], patience_s: float) -> T:
        """The first true answer of *ask*, or its last when patience ends."""
        deadline = time.monotonic() + patience_s
        while not (answer := ask()) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return answer

    def rows(self, *command: str) -> list[dict[str, Any]]:
        """What a command prints with --json."""
        done = self.run(*command, "--stack", self.stack, "--json", codes=(0, 1))
        return list(json.loads(done.out))


@dataclass
class Mailbox:
    """A queue that is subscribed to a topic, as a person's address would be."""

    trial: Trial
    topic_arn: str
    name: str
    url: str = ""
    subscription_arn: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Mailbox:
        sqs = self.trial.client("sqs")
        self.url = sqs.create_queue(QueueName=self.name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["QueueArn"]
        )["Attributes"]
        policy = _let_topic_send(attributes["QueueArn"], self.topic_arn)
        sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        subscribed = self.trial.client("sns").subscribe(
            TopicArn=self.topic_arn,
            Protocol="sqs",
            Endpoint=attributes["QueueArn"],
            ReturnSubscriptionArn=True,
        )
        self.subscription_arn = subscribed["SubscriptionArn"]
        return self

    def __exit__(self, *_: object) -> None:
        self.trial.client("sns").unsubscribe(SubscriptionArn=self.subscription_arn)
        self.trial.client("sqs").delete_queue(QueueUrl=self.url)

    def read(self) -> list[dict[str, Any]]:
        """All messages so far, with `Subject` and `Message`."""
        sqs = self.trial.client("sqs")
        answer = sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        for message in answer.get("Messages", []):
            self.messages.append(json.loads(message["Body"]))
            sqs.delete_message(
                QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
            )
        return self.messages


def _let_topic_send(queue_arn: str, topic_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
