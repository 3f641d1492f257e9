"""Change sets that say what changes inside a resource, as AWS does when asked to.

MiniStack names the properties that change and not their values. AWS answers
DescribeChangeSet with IncludePropertyValues by the whole resource before and after
(BeforeContext, AfterContext) and by the values of each detail.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree  # reads what this process itself has written

from ministack.services.cloudformation import changesets, engine, handlers

from localcity.patching import Patch

KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"
HIDDEN = "****"
CONTEXTS = ("BeforeContext", "AfterContext")
OF_A_CHANGE = (*CONTEXTS, "ResourceDriftStatus")
OF_A_TARGET = ("Path", "BeforeValue", "AfterValue", "AttributeChangeType")
OF_A_DRIFT = ("PreviousValue", "ActualValue")
NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"

Properties = dict[str, Any]
Change = dict[str, Any]


class _Unmade(dict[str, Any]):
    """The attributes of a resource that is still to be made: each will be known."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> str:
        return KNOWN_AFTER_APPLY


def _apply() -> None:
    changesets._resolve_props_for_diff = resolving(
        changesets._resolve_props_for_diff, _resolved
    )
    changesets._diff_resources = with_values(changesets._diff_resources)
    actions = handlers._ACTION_HANDLERS
    actions["DescribeChangeSet"] = describing(actions["DescribeChangeSet"], _changes)


def _changes(request: Any) -> list[Change]:
    """The changes of the change set that is asked about; none unless with values."""
    if handlers._p(request, "IncludePropertyValues", "false").lower() != "true":
        return []
    names = handlers._p(request, "ChangeSetName"), handlers._p(request, "StackName")
    _id, change_set = changesets._find_change_set(*names)
    return [one["ResourceChange"] for one in (change_set or {}).get("Changes", [])]


def _resolved(
    template: Mapping[str, Any], parameters: Any, stack: str, stack_id: str
) -> dict[str, Properties]:
    """The properties of each resource by logical id, with every value that is known."""
    existing = (handlers._resolve_stack(stack_id) or {}).get("_resources", {})
    unmade = {"PhysicalResourceId": KNOWN_AFTER_APPLY, "Attributes": _Unmade()}
    known = {**dict.fromkeys(template.get("Resources", {}), unmade), **existing}
    shown = {
        name: {**one, "Value": HIDDEN} if one.get("NoEcho") else one
        for name, one in parameters.items()
    }
    conditions = engine._evaluate_conditions(template, parameters)
    mappings = template.get("Mappings", {})

    def value(node: Any) -> Any:
        context = known, shown, conditions, mappings, stack, stack_id
        try:
            return engine._resolve_refs(copy.deepcopy(node), *context)
        except (ValueError, KeyError, TypeError, IndexError):
            return node

    resolved = {}
    for name, one in template.get("Resources", {}).items():
        values = {n: value(v) for n, v in (one.get("Properties") or {}).items()}
        resolved[name] = {n: v for n, v in values.items() if v is not engine._NO_VALUE}
    return resolved


def resolving(
    resolve: Callable[..., dict[str, Any]],
    properties: Callable[..., dict[str, Properties]],
) -> Callable[..., dict[str, Any]]:
    """`resolve`, which also gives the properties as they are shown."""

    def resolved(template: Any, parameters: Any, *stack: str) -> Any:
        processed = resolve(template, parameters, *stack)
        if not processed:
            return processed
        return {**processed, "Shown": properties(template, parameters, *stack)}

    return resolved


def with_values(compare: Callable[..., list[Change]]) -> Callable[..., list[Change]]:
    """`compare`, whose changes of a resource carry its values before and after."""

    def compared(old: Any, new: Any, *rest: Any) -> list[Change]:
        changes = compare(old, new, *rest)
        for one in (entry["ResourceChange"] for entry in changes):
            name = one["LogicalResourceId"]
            sides = (
                context(side, name) for side in (old, new) if one["Action"] == "Modify"
            )
            for key, side in zip(CONTEXTS, sides, strict=False):
                one[key] = side
            for detail in one.get("Details", []):
                detail["Target"].update(valued(detail["Target"], one))
        return changes

    return compared


def context(resolved: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A resource as a change set's context has it: properties and other attributes."""
    declared = resolved.get("Resources", {}).get(name, {})
    others = {
        key: value
        for key, value in declared.items()
        if key not in ("Properties", "Type", "DependsOn", "Condition")
    }
    return {"Properties": resolved.get("Shown", {}).get(name, {}), **others}


def valued(target: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Path, values and kind of change of one detail's target."""
    attribute, name = target["Attribute"], target.get("Name")
    before, after = (_part(change.get(key), attribute, name) for key in CONTEXTS)
    kind = "Add" if before is None else "Remove" if after is None else "Modify"
    return {
        "Path": "/".join(["", attribute, *([name] if name else [])]),
        **({} if before is None else {"BeforeValue": before}),
        **({} if after is None else {"AfterValue": after}),
        "AttributeChangeType": kind,
    }


def _part(context: Any, attribute: str, name: str | None) -> Any:
    part = (context or {}).get(attribute)
    return part.get(name) if name and isinstance(part, Mapping) else part


def describing(
    describe: Callable[[Any], Any], changes: Callable[[Any], list[Change]]
) -> Callable[[Any], Any]:
    """`describe`, whose answer carries the values of `changes`."""

    def described(request: Any) -> Any:
        status, headers, body = describe(request)
        details = changes(request)
        return status, headers, written(body, details) if details else body

    return described


def written(body: bytes, changes: list[Change]) -> bytes:
    """An answer of DescribeChangeSet with the values of its changes added."""
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.fromstring(body)  # noqa: S314 - see the import
    for element, one in zip(root.iter(_tag("ResourceChange")), changes, strict=True):
        _add(element, one, OF_A_CHANGE)
        targets = element.iter(_tag("Target"))
        details = one.get("Details", [])
        for target, detail in zip(targets, details, strict=True):
            _add(target, detail["Target"], OF_A_TARGET)
            if "Drift" in detail["Target"]:
                drift = ElementTree.SubElement(target, _tag("Drift"))
                _add(drift, detail["Target"]["Drift"], OF_A_DRIFT)
    document: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return document


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(element: Any, values: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if name in values:
            value = values[name]
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            ElementTree.SubElement(element, _tag(name)).text = text


PATCHES = (
    Patch(
        "values in change sets",
        "`deploy` would name a property that changes, and not how",
        [
            (handlers, "_ACTION_HANDLERS"),
            (handlers, "_resolve_stack"),
            (handlers, "_p"),
            (engine, "_NO_VALUE"),
            (engine, "_evaluate_conditions"),
            (changesets, "_find_change_set"),
        ],
        [
            (changesets, "_resolve_props_for_diff", "b0f1a995e91f"),
            (changesets, "_diff_resources", "a3adfeb75781"),
            (changesets, "_describe_change_set", "e6d4a62f7921"),
            (engine, "_resolve_refs", "e8c53253cae6"),
        ],
        _apply,
    ),
)
