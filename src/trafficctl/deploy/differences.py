"""What differs between two states of a resource, down to the single value. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What CloudFormation says of a value that exists only after the deployment.
KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"
# Keys that name the elements of a list, so that they are compared wherever they stand.
NAMES = ("Sid", "PolicyName", "Key", "Name", "Id", "AttributeName", "IndexName")


@dataclass(frozen=True)
class Difference:
    """One value that differs; `before` or `after` is None where there is none.

    `path` names it as `Environment.Variables.HIGH` or `Policies[read].Statement[0]`.
    """

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """Each value that differs, in the order of `before`; texts of JSON are opened."""
    before, after = _opened(before), _opened(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = dict.fromkeys([*before, *after])
        return [
            one
            for name in names
            for one in differences(
                before.get(name), after.get(name), f"{path}.{name}" if path else name
            )
        ]
    if _are_lists(before, after):
        return _of_lists(_listed(before), _listed(after), path)
    same = before == after and isinstance(before, bool) == isinstance(after, bool)
    if same or _text(before) == _text(after):
        return []
    return [Difference(path, before, after)]


def _opened(value: Any) -> Any:
    """A text that holds a JSON object or list as what it holds; else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    """A value as AWS may write it: 60 and "60" are the same."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _are_lists(before: Any, after: Any) -> bool:
    """Whether both are lists; a policy may write a list of one as its element."""
    kinds = [isinstance(one, list) for one in (before, after)]
    alone = [isinstance(one, (str, int, float)) for one in (before, after)]
    return all(kind or one for kind, one in zip(kinds, alone, strict=True)) and any(
        kinds
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_lists(before: list[Any], after: list[Any], path: str) -> list[Difference]:
    if before == after:
        return []
    name = next((one for one in NAMES if _names(one, before, after)), None)
    if name is not None:
        old = {one[name]: one for one in before}
        new = {one[name]: one for one in after}
        return [
            one
            for key in dict.fromkeys([*old, *new])
            for one in differences(old.get(key), new.get(key), f"{path}[{key}]")
        ]
    gone, come = _unmatched(before, after), _unmatched(after, before)
    if not gone and not come:
        return [Difference(path, before, after)]  # another order
    return _paired(gone, come, path)


def _names(key: str, *lists: Sequence[Any]) -> bool:
    """Whether `key` names each element of each list, and no two the same."""
    for elements in lists:
        names = [one.get(key) for one in elements if isinstance(one, Mapping)]
        texts = {one for one in names if isinstance(one, str)}
        if len(texts) != len(elements):
            return False
    return True


def _unmatched(these: list[Any], those: list[Any]) -> list[tuple[int, Any]]:
    """Index and element of these that are not among those, each matched once."""
    rest = list(those)
    unmatched = []
    for index, one in enumerate(these):
        match = next((n for n, other in enumerate(rest) if _same(one, other)), None)
        if match is None:
            unmatched.append((index, one))
        else:
            del rest[match]
    return unmatched


def _same(one: Any, other: Any) -> bool:
    return not differences(one, other)


def _paired(
    gone: list[tuple[int, Any]], come: list[tuple[int, Any]], path: str
) -> list[Difference]:
    """Elements that resemble each other are compared, others are gone or new."""
    diff = []
    rest = list(come)
    for index, one in gone:
        alike = [other for other in rest if _alike(one, other[1])]
        if not alike:
            diff.append(Difference(_at(path, index, one), one, None))
            continue
        nearest = min(alike, key=lambda other: len(differences(one, other[1])))
        rest.remove(nearest)
        diff += differences(one, nearest[1], f"{path}[{index}]")
    return diff + [Difference(_at(path, n, one), None, one) for n, one in rest]


def _alike(one: Any, other: Any) -> bool:
    """Whether two elements seem to be one that was changed: they share a value."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    return any(key in other and _same(one[key], other[key]) for key in one)


def _at(path: str, index: int, element: Any) -> str:
    """The path of an element; a plain value in a list says itself what it is."""
    return f"{path}[{index}]" if isinstance(element, (Mapping, list)) else path
