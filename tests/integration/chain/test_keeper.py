"""The function that keeps undelivered messages needs each of its permissions."""

from __future__ import annotations

import json
from typing import Any

from .permissions import Permission, Permissions
from .stack import Stack


def _keeper(action: str, resource: str) -> Permission:
    return Permission("UndeliveredKeeperRole", action, resource)


KEEP = _keeper("s3:PutObject", "${DeadLetterBucket.Arn}/undelivered/*")
# tests/integration/security/test_function_logs.py takes each away.
KEEPER_LOG = [
    _keeper("logs:CreateLogStream", "UndeliveredKeeperLogs.Arn"),
    _keeper("logs:PutLogEvents", "UndeliveredKeeperLogs.Arn"),
]
_QUEUE = "the city's mapping takes from a queue without asking: AWS demands it"
NOT_ASKED = {
    _keeper("sqs:DeleteMessage", "UndeliveredQueue.Arn"): _QUEUE,
    _keeper("sqs:GetQueueAttributes", "UndeliveredQueue.Arn"): _QUEUE,
    _keeper("sqs:ReceiveMessage", "UndeliveredQueue.Arn"): _QUEUE,
    _keeper("kms:GenerateDataKey", "DataKey.Arn"): "the bucket asks for its key on AWS",
}


def test_a_keeper_without_it_leaves_the_message_in_the_queue(
    permissions: Permissions, spare: Stack, eventually: Any
) -> None:
    name = f"{spare.city.stack}-undelivered-keeper"
    keeper = spare.client("lambda")
    attributes = {"SentTimestamp": "1795000000000"}
    record = {"messageId": "m1", "body": "{}", "attributes": attributes}
    event = json.dumps({"Records": [record]})

    def error() -> str:
        answer = keeper.invoke(FunctionName=name, Payload=event)
        told = answer["Payload"].read().decode()
        return told if "FunctionError" in answer else ""

    with permissions.without(KEEP):
        assert eventually(lambda: KEEP.action in error())
    assert eventually(lambda: error() == "")
