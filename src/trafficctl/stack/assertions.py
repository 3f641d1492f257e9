"""The template's Rules: assertions over several parameters, judged here. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

Values = Mapping[str, str]


class UndecidableError(Exception):
    """A function or a reference that only CloudFormation can resolve."""


def failed(rules: Mapping[str, Any], values: Values) -> Iterator[str]:
    """What each assertion that does not hold says of itself, and the values it judged.

    An assertion that names a parameter without a value, or needs AWS, is left out:
    CloudFormation judges it.
    """
    for name, rule in rules.items():
        try:
            if not _holds(rule.get("RuleCondition", True), values):
                continue
        except UndecidableError:
            continue
        for one in rule.get("Assertions", []):
            if _fails(one["Assert"], values):
                description = one.get("AssertDescription", f"rule {name} is not met")
                names = dict.fromkeys(_named(one["Assert"]))
                judged = ", ".join(f"{each} is {values[each]}" for each in names)
                yield f"{description.strip().rstrip('.')} ({judged})"


def _fails(assertion: Any, values: Values) -> bool:
    try:
        return not _holds(assertion, values)
    except UndecidableError:
        return False


def _holds(node: Any, values: Values) -> bool:
    """Whether a condition holds; every part is judged, so that none is guessed."""
    if isinstance(node, bool):
        return node
    if not isinstance(node, Mapping) or len(node) != 1:
        raise UndecidableError
    ((name, given),) = node.items()
    if name in _LOGIC:
        return _LOGIC[name]([_holds(one, values) for one in given])
    if name in _COMPARISONS:
        return _COMPARISONS[name](*(_value(one, values) for one in given))
    raise UndecidableError


def _value(node: Any, values: Values) -> Any:
    if isinstance(node, list):
        return [_value(one, values) for one in node]
    if not isinstance(node, Mapping):
        return str(node)
    if set(node) == {"Ref"} and node["Ref"] in values:
        return values[node["Ref"]]
    raise UndecidableError


def _named(node: Any) -> Iterator[str]:
    """The parameters that a condition names."""
    if isinstance(node, Mapping):
        if "Ref" in node:
            yield node["Ref"]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _named(one)


def _every(members: Any, allowed: Collection[str]) -> bool:
    names = members.split(",") if isinstance(members, str) else members
    return all(one.strip() in allowed for one in names)


_LOGIC: dict[str, Callable[[list[bool]], bool]] = {
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Not": lambda judged: not judged[0],
}
_COMPARISONS: dict[str, Callable[..., bool]] = {
    "Fn::Equals": lambda left, right: bool(left == right),
    "Fn::Contains": lambda members, value: value in members,
    "Fn::EachMemberEquals": lambda members, value: _every(members, [value]),
    "Fn::EachMemberIn": _every,
}
