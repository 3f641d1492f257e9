"""Change sets that list what would be made: conditions count, and so does drift.

MiniStack lists every resource that a template declares as one to add, those behind a
condition that is off included. It detects drift, yet knows no change set that reverts
it; executing one, it applies every resource again, so that listing them is enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.services import iam
from ministack.services.cloudformation import changesets, drift, handlers

from localcity.cloudformation.change_values import valued
from localcity.patching import Patch

ROLE = "AWS::IAM::Role"
DRIFTED = "MODIFIED"
MARK = "reverts_drift"

Change = dict[str, Any]
Record = Mapping[str, Any]

_reverts: ContextVar[bool] = ContextVar("change_set_reverts_drift", default=False)


def _apply() -> None:
    changesets._resolve_props_for_diff = conditional(
        changesets._resolve_props_for_diff, changesets._evaluate_conditions
    )


def conditional(
    resolve: Callable[..., dict[str, Any]], evaluate: Callable[..., dict[str, bool]]
) -> Callable[..., dict[str, Any]]:
    """`resolve`, without the resources whose condition is off."""

    def resolved(template: dict[str, Any], parameters: Any, *rest: Any) -> Any:
        processed = resolve(template, parameters, *rest)
        if not processed:
            return processed
        holds = evaluate(template, parameters)
        resources = {
            name: one
            for name, one in processed["Resources"].items()
            if one.get("Condition") is None or holds.get(one["Condition"], True)
        }
        return {**processed, "Resources": resources}

    return resolved


def _apply_drift() -> None:
    actions = handlers._ACTION_HANDLERS
    actions["CreateChangeSet"] = _creating(actions["CreateChangeSet"])
    actions["ExecuteChangeSet"] = _executing(actions["ExecuteChangeSet"])
    changesets._diff_resources = with_drift(changesets._diff_resources, _drifted)
    read, properties = drift._DRIFT_READERS[ROLE]
    reader = with_policies(read, iam._roles.get)
    drift._DRIFT_READERS[ROLE] = (reader, properties | {"Policies"})


def _creating(create: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`create`, during which the comparison knows what kind of change set it is for."""

    def created(request: Any) -> Any:
        token = _reverts.set(_parameter(request, "DeploymentMode") == "REVERT_DRIFT")
        try:
            answer = create(request)
            change_set = _change_set(request)
            if change_set is not None:
                change_set[MARK] = _reverts.get()
            return answer
        finally:
            _reverts.reset(token)

    return created


def _executing(execute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`execute`, which leaves alone what seems to be as it was: so say how it is."""

    def executed(request: Any) -> Any:
        change_set = _change_set(request)
        if change_set is not None and change_set.get(MARK):
            stack = handlers._resolve_stack(change_set["StackName"])
            for name, record in stack["_resources"].items():
                record["Properties"] = {
                    **record["Properties"],
                    **_drifted(name, record),
                }
        return execute(request)

    return executed


def _parameter(request: Any, name: str) -> str:
    value = request.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def _change_set(request: Any) -> Any:
    names = _parameter(request, "ChangeSetName"), _parameter(request, "StackName")
    return changesets._find_change_set(*names)[1]


def with_drift(
    compare: Callable[..., list[Change]],
    drifted: Callable[[str, Record], Mapping[str, Any]],
) -> Callable[..., list[Change]]:
    """`compare`, which also lists what `drifted`: properties that were changed."""

    def compared(old: Any, new: Any, resources: Any = None, *rest: Any) -> list[Change]:
        changes = compare(old, new, resources, *rest)
        if not _reverts.get():
            return changes
        listed = {one["ResourceChange"]["LogicalResourceId"]: one for one in changes}
        for name, record in sorted((resources or {}).items()):
            actual = drifted(name, record)
            if actual and name not in listed:
                listed[name] = _unchanged(name, record)
                changes.append(listed[name])
            if actual and listed[name]["ResourceChange"]["Action"] == "Modify":
                put_back(listed[name]["ResourceChange"], record, actual)
        return changes

    return compared


def _unchanged(name: str, record: Record) -> Change:
    """A change of nothing yet, for what drifted alone."""
    whole = {"Properties": dict(record["Properties"])}
    return {
        "ResourceChange": {
            "Action": "Modify",
            "LogicalResourceId": name,
            "PhysicalResourceId": record["PhysicalResourceId"],
            "ResourceType": record["ResourceType"],
            "Replacement": "False",
            "Scope": ["Properties"],
            "Details": [],
            "BeforeContext": whole,
            "AfterContext": whole,
        }
    }


def put_back(change: Change, record: Record, actual: Mapping[str, Any]) -> None:
    """Have the change bring these properties back, from their values as they are."""
    before = change["BeforeContext"]
    before = {**before, "Properties": {**before["Properties"], **actual}}
    change.update({"BeforeContext": before, "ResourceDriftStatus": DRIFTED})
    named = {one["Target"].get("Name"): one for one in change["Details"]}
    for name, value in actual.items():
        if name not in named:
            target = {"Attribute": "Properties", "Name": name}
            target["RequiresRecreation"] = "Never"
            named[name] = {"Target": target, "Evaluation": "Static"}
            change["Details"].append(named[name])
        values = valued(named[name]["Target"], change)
        previous = record["Properties"].get(name)
        drift = {"PreviousValue": previous, "ActualValue": value}
        named[name]["Target"].update({**values, "Drift": drift})


def _drifted(name: str, record: Record) -> dict[str, Any]:
    """Properties of a resource that are not what the template says, as they are."""
    if not drift.supports_drift(record.get("ResourceType", "")):
        return {}
    detection = drift.detect_resource_drift({}, name, record, "")
    if detection["StackResourceDriftStatus"] != DRIFTED:
        return {}
    actual = json.loads(detection["ActualProperties"])
    paths = [one["PropertyPath"] for one in detection["PropertyDifferences"]]
    names = sorted({path.strip("/").partition("/")[0] for path in paths})
    return {one: actual.get(one) for one in names}


def with_policies(
    read: Callable[..., Any], role_of: Callable[[str], Any]
) -> Callable[..., Any]:
    """`read` of a role, with those of its own policies that the template names."""

    def reader(physical_id: str, properties: Record) -> Any:
        actual = read(physical_id, properties)
        if actual is None:
            return None
        inline = role_of(physical_id)["InlinePolicies"]
        named = [one["PolicyName"] for one in properties.get("Policies", [])]
        policies = [
            {"PolicyName": name, "PolicyDocument": json.loads(inline[name])}
            for name in named
            if name in inline
        ]
        return {**actual, "Policies": policies}

    return reader


PATCHES = (
    Patch(
        "conditions in change sets",
        "a change set lists resources whose condition is off",
        [(changesets, "_evaluate_conditions")],
        [(changesets, "_resolve_props_for_diff", "b0f1a995e91f")],
        _apply,
    ),
    Patch(
        "change sets that revert drift",
        "`deploy --revert-drift` would find nothing to put back",
        [
            (iam, "_roles"),
            (drift, "_DRIFT_READERS"),
            (drift, "supports_drift"),
            (handlers, "_ACTION_HANDLERS"),
            (handlers, "_resolve_stack"),
            (changesets, "_find_change_set"),
        ],
        [
            (changesets, "_create_change_set", "06b31550065c"),
            (changesets, "_execute_change_set", "a4df5e5031d2"),
            (changesets, "_diff_resources", "a3adfeb75781"),
            (drift, "_read_iam_role", "3adc21dc38f5"),
            (drift, "detect_resource_drift", "34388c468d4d"),
        ],
        _apply_drift,
    ),
)
