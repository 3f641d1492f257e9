"""What a change set would do, and which of it needs a second thought. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trafficctl.deploy.differences import KNOWN_AFTER_APPLY, Difference, differences

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
OF_RESOURCES = ("ResourceReference", "ResourceAttribute")
HIDDEN = "****"  # as CloudFormation itself shows a parameter with NoEcho
NO_CHANGES = ("didn't contain changes", "no updates are to be performed")


@dataclass(frozen=True, order=True)
class Change:
    """One line of a change set.

    `replacement` is True, False, Conditional or '', `properties` names those that
    change. `differences` says how, and `unseen` names those of which it cannot say.
    `causes` are the attributes of other resources that some of them wait for. `drifted`
    says that it was changed outside of CloudFormation.
    """

    action: str
    logical_id: str
    type: str
    replacement: str = ""
    properties: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = field(default=(), compare=False)
    unseen: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    drifted: bool = False

    @property
    def loses_data(self) -> bool:
        """Whether what the resource holds may be left behind or lost."""
        if self.type not in STATEFUL or self.action not in ("Modify", "Remove"):
            return False
        if self.action == "Remove" or self.replacement == "True":
            return True
        fixed = set(self.properties) & set(STATEFUL[self.type])
        return self.replacement == "Conditional" and bool(fixed)

    @property
    def only_follows(self) -> bool:
        """Whether it changes only if another resource gets another attribute."""
        if self.action != "Modify" or self.replacement == "True" or self.unseen:
            return False
        if not self.causes:
            return False
        return all(KNOWN_AFTER_APPLY in str(one.after) for one in self.differences)


def changes(
    described: Sequence[Mapping[str, Any]],
    secrets: Mapping[str, Collection[str]] | None = None,
) -> list[Change]:
    """The changes of DescribeChangeSet's pages: the gravest actions first.

    `secrets` names the properties, by logical id, whose values are not to be shown.
    """
    all_changes = [
        _change(entry["ResourceChange"], secrets or {}) for entry in described
    ]
    return sorted(all_changes, key=lambda c: (not c.loses_data, _rank(c), c.logical_id))


def _change(one: Mapping[str, Any], secrets: Mapping[str, Collection[str]]) -> Change:
    name = str(one["LogicalResourceId"])
    seen = _differences(one)
    return Change(
        action=str(one["Action"]),
        logical_id=name,
        type=str(one["ResourceType"]),
        replacement=str(one.get("Replacement", "")),
        properties=_properties(one),
        differences=tuple(_hidden(each, secrets.get(name, ())) for each in seen),
        unseen=_unseen(one, seen),
        causes=_causes(one),
        drifted=one.get("ResourceDriftStatus") == "MODIFIED",
    )


def _differences(change: Mapping[str, Any]) -> list[Difference]:
    """From the two contexts, which are whole; what they do not say, from the details.

    A detail's values may be cut, and one value may have a detail for each cause.
    """
    before, after = _context(change, "BeforeContext"), _context(change, "AfterContext")
    parts = []
    if before is not None and after is not None:
        parts = [_of_properties(one) for one in differences(before, after)]
    properties = {property_of(one) for one in parts}
    for target in (one.get("Target", {}) for one in change.get("Details", [])):
        path = _path(str(target.get("Path") or target.get("Name") or ""))
        if path and _top(path) not in properties:
            parts += differences(_before(target), target.get("AfterValue"), path)
    return list({one.path + repr(one): one for one in parts}.values())


def _context(change: Mapping[str, Any], key: str) -> Any:
    try:
        return json.loads(change[key])
    except (KeyError, ValueError):
        return None


def _before(target: Mapping[str, Any]) -> Any:
    """The value as it is: after drift that is not the one of the last deployment."""
    return target.get("Drift", {}).get("ActualValue", target.get("BeforeValue"))


def _path(pointer: str) -> str:
    """`/Properties/Tags/0/Value` as `Tags[0].Value`."""
    steps = pointer.removeprefix("/Properties").strip("/").split("/")
    return "".join(f"[{one}]" if one.isdigit() else f".{one}" for one in steps)[1:]


def _of_properties(one: Difference) -> Difference:
    return Difference(one.path.removeprefix("Properties."), one.before, one.after)


def property_of(one: Difference) -> str:
    """The property, or other attribute, that a difference is in."""
    return _top(one.path)


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _hidden(one: Difference, secrets: Collection[str]) -> Difference:
    if property_of(one) not in secrets:
        return one
    sides = [None if side is None else HIDDEN for side in (one.before, one.after)]
    return Difference(one.path, *sides)


def _causes(change: Mapping[str, Any]) -> tuple[str, ...]:
    causes = {
        str(one["CausingEntity"])
        for one in change.get("Details", [])
        if one.get("ChangeSource") in OF_RESOURCES and one.get("CausingEntity")
    }
    return tuple(sorted(causes))


def _unseen(change: Mapping[str, Any], parts: Sequence[Difference]) -> tuple[str, ...]:
    """Properties that change by themselves, and of which both values look the same."""
    seen = {property_of(one) for one in parts}
    changed = {
        str(one["Target"]["Name"])
        for one in change.get("Details", [])
        if one.get("Target", {}).get("Name")
        and one.get("ChangeSource") not in OF_RESOURCES
    }
    return tuple(sorted(changed - seen))


def _properties(change: Mapping[str, Any]) -> tuple[str, ...]:
    targets = [one.get("Target", {}) for one in change.get("Details", [])]
    return tuple(sorted({str(one["Name"]) for one in targets if one.get("Name")}))


def _rank(change: Change) -> int:
    return ORDER.index(change.action) if change.action in ORDER else len(ORDER)


def is_no_change(reason: str) -> bool:
    """Whether a change set failed only because all is as it should be."""
    low = reason.lower()
    return any(sign in low for sign in NO_CHANGES)


def counted(changes: Sequence[Change]) -> str:
    """How many of each action, in words: `3 Modify, 1 Add`."""
    actions = [one.action for one in changes]
    return ", ".join(f"{actions.count(a)} {a}" for a in ORDER if a in actions)
