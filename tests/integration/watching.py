"""What tests of the watch need: quick alarms, engineers' mail, a printing function.

An alarm of a period that AWS does not have makes the city look every second.
"""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

PERIOD_S = 1
EVER_S = 1_000_000_000  # of hours, a second one may begin while a test runs
# What an alarm says of itself that PutMetricAlarm takes back.
COPIED = ("AlarmDescription", "MetricName", "Namespace", "Dimensions", "Threshold")
COPIED += ("ComparisonOperator", "TreatMissingData", "Statistic", "ExtendedStatistic")
COPIED += ("AlarmActions", "OKActions", "Unit")

PRINTER = "def handler(event, context):\n    print(event['line'])\n"


class Clients:
    """The city's clients, each made once: making one takes longer than its call."""

    def __init__(self, city: Any) -> None:
        self.city = city
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self.city.client(service)
        return self._made[service]


@dataclass
class Watch:
    """Alarms and metrics of a city, and the queue its engineers read."""

    city: Any
    client: Clients
    queue_url: str
    made: list[str] = field(default_factory=list)
    mail: list[dict[str, Any]] = field(default_factory=list)

    def put(self, name: str, **described: Any) -> str:
        """An alarm that is looked at every second; its full name."""
        full = f"{self.city.city.stack}-{name}-{uuid.uuid4().hex[:6]}"
        self.client("cloudwatch").put_metric_alarm(AlarmName=full, **described)
        self.made.append(full)
        return full

    def quick(self, name: str, **changed: Any) -> str:
        """A deployed alarm once more, of one short period."""
        deployed = self.describe(f"{self.city.city.stack}-{name}")
        same = {k: deployed[k] for k in COPIED if k in deployed}
        return self.put(
            name, **{**same, "Period": PERIOD_S, "EvaluationPeriods": 1, **changed}
        )

    def describe(self, name: str) -> dict[str, Any]:
        cloudwatch = self.client("cloudwatch")
        (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return dict(found)

    def state(self, name: str) -> str:
        return str(self.describe(name)["StateValue"])

    def heard(self, name: str) -> list[str]:
        """The states of one alarm that the engineers were told, in their order."""
        sqs = self.client("sqs")
        found = sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        for message in found.get("Messages", []):
            handle = message["ReceiptHandle"]
            sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=handle)
            self.mail.append(json.loads(json.loads(message["Body"])["Message"]))
        return [m["NewStateValue"] for m in self.mail if m["AlarmName"] == name]

    def statistics(self, space: str, name: str, stat: str, **of: str) -> list[float]:
        """A metric since the city began, in one period."""
        found = self.client("cloudwatch").get_metric_statistics(
            Namespace=space,
            MetricName=name,
            Dimensions=[{"Name": k, "Value": v} for k, v in of.items()],
            StartTime=0,
            EndTime=time.time() + 60,
            Period=EVER_S,
            Statistics=[stat],
        )["Datapoints"]
        return [point[stat] for point in found]

    def total(self, space: str, name: str, **of: str) -> float:
        """The sum since the city began; -1 if there is no such metric."""
        found = self.statistics(space, name, "Sum", **of)
        return sum(found) if found else -1


@pytest.fixture(scope="session")
def clients(local_city: Any) -> Clients:
    return Clients(local_city)


@pytest.fixture
def watch(local_city: Any, clients: Clients) -> Iterator[Watch]:
    sqs, sns = clients("sqs"), clients("sns")
    topic = local_city.outputs["OperationsTopicArn"]
    url = sqs.create_queue(QueueName=f"engineers-{uuid.uuid4().hex[:6]}")["QueueUrl"]
    arn = _arn(sqs, url)
    _let(sqs, url, "sns.amazonaws.com", arn)
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    made = Watch(local_city, clients, url)
    made.put("looks-every-second", **never_rings())
    yield made
    clients("cloudwatch").delete_alarms(AlarmNames=made.made)
    sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def never_rings() -> dict[str, Any]:
    return {
        "Namespace": "Nobody",
        "MetricName": "Nothing",
        "Statistic": "Sum",
        "Period": PERIOD_S,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }


def _arn(sqs: Any, url: str) -> str:
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(asked["Attributes"]["QueueArn"])


def _let(sqs: Any, url: str, service: str, arn: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


@dataclass(frozen=True)
class Printer:
    """A function that prints what it is told to, as `role_arn`."""

    client: Clients
    name: str
    role_arn: str

    def say(self, line: str) -> None:
        payload = json.dumps({"line": line}).encode()
        self.client("lambda").invoke(FunctionName=self.name, Payload=payload)

    def measure(self, values: dict[str, Any], unit: str = "None", **of: str) -> None:
        """Print metrics in embedded metric format."""
        directive = {
            "Namespace": self.name,
            "Dimensions": [list(of)],
            "Metrics": [{"Name": name, "Unit": unit} for name in values],
        }
        at = time.time_ns() // 1_000_000
        head = {"Timestamp": at, "CloudWatchMetrics": [directive]}
        self.say(json.dumps({"_aws": head, **of, **values}))


@pytest.fixture
def printer(clients: Clients) -> Printer:
    name = f"printer-{uuid.uuid4().hex[:6]}"
    iam = clients("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    service = {"Principal": {"Service": "lambda.amazonaws.com"}}
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Statement": [{**trust, **service}]}),
    )["Role"]["Arn"]
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="log", PolicyDocument=document)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", PRINTER)
    clients("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": packed.getvalue()},
    )
    return Printer(clients, name, role)
