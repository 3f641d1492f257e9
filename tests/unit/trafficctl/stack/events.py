"""Events of a stack as CloudFormation writes them, for the tests."""

from __future__ import annotations

from typing import Any

STACK_ID = "arn:city/1"
TYPES = {"Table": "AWS::DynamoDB::Table", "Processor": "AWS::Lambda::Function"}


def event(event_id: str, status: str, name: str = "", reason: str = "") -> Any:
    """An event of a resource, or of the stack itself."""
    return {
        "EventId": event_id,
        "StackId": STACK_ID,
        "LogicalResourceId": name or "city",
        "PhysicalResourceId": f"city-{name}" if name else STACK_ID,
        "ResourceType": TYPES.get(name, "AWS::SNS::Topic")
        if name
        else "AWS::CloudFormation::Stack",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def history(*told: tuple[str, ...]) -> list[Any]:
    """Events numbered in the order told, the newest first as they are read."""
    return [event(str(n), *one) for n, one in enumerate(told, 1)][::-1]
