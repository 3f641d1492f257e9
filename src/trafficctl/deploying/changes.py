"""What a change set would do, and which of it needs a second thought. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Types that hold what cannot be made again (readings, alerts, users, devices, keys),
# and the properties that CloudFormation cannot change in place: the createOnly ones of
# the resource schemas. "Conditional" says only that it has not looked yet.
STATEFUL: dict[str, tuple[str, ...]] = {
    "AWS::Cognito::UserPool": (),
    "AWS::DynamoDB::Table": ("TableName", "ImportSourceSpecification", "KeySchema"),
    "AWS::IoT::Policy": ("PolicyName",),
    "AWS::IoT::ThingType": ("ThingTypeName",),
    "AWS::KMS::Key": (),
    "AWS::Kinesis::Stream": ("Name",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName", "BucketNamePrefix", "BucketNamespace"),
}
ORDER = ("Remove", "Modify", "Dynamic", "Add", "Import", "SyncWithActual")
NO_CHANGES = ("didn't contain changes", "no updates are to be performed")


@dataclass(frozen=True, order=True)
class Change:
    """One line of a change set.

    `replacement` is True, False, Conditional or '', and `properties` names those that
    change.
    """

    action: str
    logical_id: str
    type: str
    replacement: str = ""
    properties: tuple[str, ...] = ()

    @property
    def loses_data(self) -> bool:
        """Whether what the resource holds may be left behind or lost."""
        if self.type not in STATEFUL or self.action not in ("Modify", "Remove"):
            return False
        if self.action == "Remove" or self.replacement == "True":
            return True
        fixed = set(self.properties) & set(STATEFUL[self.type])
        return self.replacement == "Conditional" and bool(fixed)


def changes(described: Sequence[Mapping[str, Any]]) -> list[Change]:
    """The changes of DescribeChangeSet's pages: the gravest actions first."""
    found = [
        Change(
            action=str(one["Action"]),
            logical_id=str(one["LogicalResourceId"]),
            type=str(one["ResourceType"]),
            replacement=str(one.get("Replacement", "")),
            properties=_properties(one),
        )
        for one in (entry["ResourceChange"] for entry in described)
    ]
    return sorted(found, key=lambda c: (not c.loses_data, _rank(c), c.logical_id))


def _properties(change: Mapping[str, Any]) -> tuple[str, ...]:
    targets = [one.get("Target", {}) for one in change.get("Details", [])]
    return tuple(sorted({str(one["Name"]) for one in targets if one.get("Name")}))


def _rank(change: Change) -> int:
    return ORDER.index(change.action) if change.action in ORDER else len(ORDER)


def is_no_change(reason: str) -> bool:
    """Whether a change set failed only because all is as it should be."""
    low = reason.lower()
    return any(sign in low for sign in NO_CHANGES)


def counted(found: Sequence[Change]) -> str:
    """How many of each action, in words: `3 Modify, 1 Add`."""
    actions = [one.action for one in found]
    return ", ".join(f"{actions.count(a)} {a}" for a in ORDER if a in actions)
