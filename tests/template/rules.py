"""The functions that CloudFormation offers in Rules, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .template import TEMPLATE


def holds(node: Any, values: Mapping[str, str]) -> Any:
    """Return what a rule's expression comes to under these parameter values."""
    if not isinstance(node, dict):
        return [holds(one, values) for one in node] if isinstance(node, list) else node
    ((function, arguments),) = node.items()
    if function == "Ref":
        return values[arguments]
    met = holds(arguments, values)
    if function in ("Fn::And", "Fn::Or"):
        assert 2 <= len(met) <= 10, f"{function} takes 2 to 10 conditions"
        return all(met) if function == "Fn::And" else any(met)
    return {
        "Fn::Not": lambda: not met[0],
        "Fn::Equals": lambda: met[0] == met[1],
        "Fn::Contains": lambda: met[1] in met[0],
    }[function]()


def accepted(rule: str, values: Mapping[str, str]) -> bool:
    """Return whether the template's rule of that name accepts these values."""
    assertions = TEMPLATE["Rules"][rule]["Assertions"]
    return all(holds(one["Assert"], values) for one in assertions)
