"""Whose words a road file uses: its properties as the attributes of a segment.

Numbers as an id, `2.0` lanes and control characters in a name are put right here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trafficctl.cli import printable
from trafficctl.cli.wrong_input import unknown
from trafficctl.errors import UserError

TEXTS = ("name", "district")
CONTROLS = re.compile(rf"[\t\n\u2028\u2029{printable.CONTROLS}]+")
NUMBER = re.compile(r"\s*-?[0-9]{1,20}(\.[0-9]{1,20})?\s*")


@dataclass(frozen=True)
class PropertyMapping:
    """Which property of a file is the id, and which are the attributes.

    Without `id`, segment_id is, or the id of the feature itself. Of several features
    with one id, the one with the highest value of `newest` is taken, if that is given.
    """

    id: str | None = None
    properties: dict[str, str] = field(default_factory=dict)  # by attribute
    newest: str | None = None

    def path_of(self, attribute: str) -> str:
        """Where a file says an attribute."""
        names = self.properties | ({"segment_id": self.id} if self.id else {})
        return f"properties.{names.get(attribute, attribute)}"


AS_DOCUMENTED = PropertyMapping()


def check(mapping: PropertyMapping, features: Sequence[Any], source: str) -> None:
    """Raise UserError for a property of the mapping that no feature has."""
    known = dict.fromkeys(name for one in features for name in _properties(one) or {})
    for name in (mapping.id, mapping.newest, *mapping.properties.values()):
        if name is not None and name not in known:
            raise _no_property(name, known, source)


def _no_property(name: str, known: Collection[str], source: str) -> UserError:
    listed = ", ".join(repr(one) for one in list(known)[:10]) or "none"
    return unknown("property", name, known, f"those of {source} are {listed}")


def read(feature: Any, mapping: PropertyMapping) -> Any:
    """A feature with the attributes of a segment as its properties."""
    given = _properties(feature)
    if given is None:
        return feature
    found = dict(given)
    for attribute, name in mapping.properties.items():
        found[attribute] = _said(given.get(name), attribute in TEXTS)
    found["segment_id"] = _id(feature, given, mapping)
    found["lanes"] = _whole(found.get("lanes"))
    for name in TEXTS:
        found[name] = without_controls(found.get(name))
    said = {name: value for name, value in found.items() if value is not None}
    return {**feature, "properties": said}


def latest(features: Sequence[Any], mapping: PropertyMapping) -> list[int]:
    """The places of the features that no newer one of the same id replaces."""
    newest: dict[str, tuple[Any, int]] = {}
    for place, feature in enumerate(features):
        given = _properties(feature)
        found = None if given is None else _id(feature, given, mapping)
        given = given or {}
        name = f"nameless {place}" if found is None else str(found)
        mine = (_age(given.get(mapping.newest or "")), place)
        newest[name] = max(newest.get(name, mine), mine)
    return sorted(place for _age, place in newest.values())


def without_controls(value: Any) -> Any:
    """A text with a blank in place of what a terminal would obey."""
    return CONTROLS.sub(" ", value).strip() if isinstance(value, str) else value


def with_controls(features: Iterable[Any]) -> int:
    """How many features have a name that a terminal would obey."""
    return sum(
        any(CONTROLS.search(str(given.get(name, ""))) for name in TEXTS)
        for given in map(_properties, features)
        if given is not None
    )


def _properties(feature: Any) -> dict[str, Any] | None:
    """The properties of a feature, None if that has none to speak of."""
    if not isinstance(feature, dict):
        return None
    given = feature.get("properties")
    if given is None:
        return {}
    return given if isinstance(given, dict) else None


def _id(
    feature: dict[str, Any], given: dict[str, Any], mapping: PropertyMapping
) -> Any:
    found = given.get(mapping.id or "segment_id")
    if found is None and mapping.id is None:
        found = feature.get("id")
    found = _whole(found)
    is_number = isinstance(found, int) and not isinstance(found, bool)
    return str(found) if is_number else found


def _whole(value: Any) -> Any:
    """A whole number for `2.0`."""
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _said(value: Any, is_text: bool) -> Any:
    """A number for a text that is one, None for a blank."""
    if not isinstance(value, str):
        return value
    if not is_text and NUMBER.fullmatch(value):
        return float(value)
    return value if value.strip() else None


def _age(value: Any) -> tuple[int, float, str]:
    """Orders what says how new a feature is: nothing, numbers, texts such as dates."""
    value = _said(value, is_text=False)
    if isinstance(value, (int, float)):
        return 1, value, ""
    return (0, 0, "") if value is None else (2, 0, str(value))
