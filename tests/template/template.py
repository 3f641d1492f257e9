"""The template as plain values, and what the tests ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

PATH = Path(__file__).parents[2] / "template.yaml"
TEXT = PATH.read_text()
TEMPLATE: dict[str, Any] = cfn_yaml.load(str(PATH))
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]

_IN_SUB = re.compile(r"\$\{([^!}]+)\}")


def properties(name: str) -> dict[str, Any]:
    """Return the properties of the resource with that logical name."""
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def of_type(*types: str) -> dict[str, dict[str, Any]]:
    """Return the resources of these types, by logical name."""
    return {name: one for name, one in RESOURCES.items() if one["Type"] in types}


def walk(node: Any) -> Iterator[Any]:
    """Yield a node and everything below it."""
    yield node
    if isinstance(node, dict):
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def names_used(node: Any) -> set[str]:
    """Return the logical names, parameters and conditions named below a node."""
    used: set[str] = set()
    for one in walk(node):
        if not isinstance(one, dict):
            continue
        if "Ref" in one:
            used.add(one["Ref"])
        if "Fn::GetAtt" in one:
            used.add(one["Fn::GetAtt"][0])
        if "Fn::If" in one:
            used.add(one["Fn::If"][0])
        if isinstance(one.get("Condition"), str):
            used.add(one["Condition"])
        if "Fn::Sub" in one:
            used.update(_in_sub(one["Fn::Sub"]))
    return used


def _in_sub(argument: Any) -> set[str]:
    text = argument if isinstance(argument, str) else argument[0]
    return {name.split(".")[0] for name in _IN_SUB.findall(text)}


def shown(value: Any) -> str:
    """Return a value as one reads it: `Table.Arn`, a Sub's text, a Ref's name."""
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return ".".join(value["Fn::GetAtt"])
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        return str(
            inner[0] if "Fn::Sub" in value and isinstance(inner, list) else inner
        )
    return str(value)


def listed(value: Any) -> list[Any]:
    """Return a value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]


def statements(document: Any) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    return listed(document["Statement"])


def allowed(document: Any) -> dict[str, list[str]]:
    """Return the resources that a policy allows each action on, sorted."""
    found: dict[str, list[str]] = {}
    for one in statements(document):
        for action in listed(one["Action"]):
            found.setdefault(action, []).extend(map(shown, listed(one["Resource"])))
    return {action: sorted(resources) for action, resources in found.items()}
