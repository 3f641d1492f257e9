"""The policies of deployed resources, and what they answer to a request.

They are judged by MiniStack's own evaluator, so that a request can come over plain
HTTP, from another account or for another rule, which no client here could send.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ministack.core import iam_evaluator

from tests.template.template import RESOURCES, statements

ACCOUNT, REGION = "000000000000", "us-east-1"
ADMIN = f"arn:aws:iam::{ACCOUNT}:user/admin"
DOCUMENTS = {
    "AWS::KMS::Key": ("KeyPolicy", ""),
    "AWS::S3::BucketPolicy": ("PolicyDocument", "Bucket"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
}


@dataclass(frozen=True)
class Request:
    """Who asks for what, and what AWS tells about the way it came."""

    action: str
    who: str = ADMIN
    is_secure: bool = True
    told: Mapping[str, str] = field(default_factory=dict)

    def but(self, **told: str) -> Request:
        """The same request, told otherwise; `__` stands for a colon."""
        news = {key.replace("__", ":"): value for key, value in told.items()}
        return replace(self, told={**self.told, **news})


def listed() -> Iterator[tuple[str, str, str]]:
    """Resource, statement and condition of each statement of resources' policies."""
    for name, resource in RESOURCES.items():
        if resource["Type"] in DOCUMENTS:
            document, _ = DOCUMENTS[resource["Type"]]
            for one in statements(resource["Properties"][document]):
                yield name, one["Sid"], resource.get("Condition", "")


def decision(document: Mapping[str, Any], request: Request, arn: str) -> str:
    """What a policy says to a request: Allow, Deny, or ImplicitDeny."""
    is_service = not request.who.startswith("arn:")
    asked = iam_evaluator.EvalContext(
        principal_arn=request.who,
        principal_type="Service" if is_service else "User",
        principal_account=ACCOUNT,
        action=request.action,
        resource_arn=arn,
        region=REGION,
        secure_transport=request.is_secure,
        service_context={key.lower(): value for key, value in request.told.items()},
    )
    service = request.who if is_service else None
    found = iam_evaluator.evaluate_resource_policy(dict(document), asked, service)
    return str(found.decision)


def without(document: Mapping[str, Any], sid: str) -> dict[str, Any]:
    """A policy without one of its statements."""
    kept = [one for one in document["Statement"] if one.get("Sid") != sid]
    return {**document, "Statement": kept}


class Deployed:
    """The resources of a stack, and the policies they hold now."""

    def __init__(self, local_city: Any) -> None:
        self._city = local_city
        self.stack = local_city.city.stack
        cloudformation = local_city.client("cloudformation")
        found = cloudformation.describe_stack_resources(StackName=self.stack)
        self._ids = {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for one in found["StackResources"]
        }

    def policy_of(self, name: str) -> tuple[dict[str, Any], str]:
        """The policy that a resource of the template gave, and the ARN it guards."""
        kind = RESOURCES[name]["Type"]
        _, guarded = DOCUMENTS[kind]
        if not guarded:
            key = self._ids[name]
            raw = self._city.client("kms").get_key_policy(
                KeyId=key, PolicyName="default"
            )["Policy"]
            return json.loads(raw), f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"
        named = RESOURCES[name]["Properties"][guarded]
        (of,) = named if isinstance(named, list) else [named]
        read = {"Bucket": self._bucket, "Queues": self._queue, "Topics": self._topic}
        return read[guarded](self._ids[of["Ref"]])

    def _bucket(self, name: str) -> tuple[dict[str, Any], str]:
        raw = self._city.client("s3").get_bucket_policy(Bucket=name)["Policy"]
        return json.loads(raw), f"arn:aws:s3:::{name}"

    def _queue(self, url: str) -> tuple[dict[str, Any], str]:
        told = self._city.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["Policy", "QueueArn"]
        )["Attributes"]
        return json.loads(told["Policy"]), told["QueueArn"]

    def _topic(self, arn: str) -> tuple[dict[str, Any], str]:
        told = self._city.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        return json.loads(told["Policy"]), arn

    def function_policies(self) -> Iterator[tuple[dict[str, Any], str]]:
        """The policy of each function, and its ARN."""
        aws = self._city.client("lambda")
        for name, resource in RESOURCES.items():
            if resource["Type"] == "AWS::Lambda::Permission" and name in self._ids:
                function = self._ids[resource["Properties"]["FunctionName"]["Ref"]]
                told = aws.get_function_configuration(FunctionName=function)
                raw = aws.get_policy(FunctionName=function)["Policy"]
                yield json.loads(raw), told["FunctionArn"]

    def rule_arn(self, name: str) -> str:
        """The ARN of a rule on the alerts' bus."""
        rules = self._city.client("events").list_rules(
            EventBusName=self._city.outputs["AlertBus"]
        )["Rules"]
        wanted = self._ids[name].rpartition("|")[2].rpartition("/")[2]
        (arn,) = (one["Arn"] for one in rules if one["Name"] == wanted)
        return str(arn)
