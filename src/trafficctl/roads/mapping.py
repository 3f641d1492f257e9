"""Whose words a road file uses: its properties as the attributes of a segment.

Numbers as an id, `2.0` lanes and control characters in a name are put right here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from traffic.settings import KM_PER_MILE
from trafficctl.cli import printable
from trafficctl.cli.wrong_input import unknown
from trafficctl.errors import UserError
from trafficctl.roads import versions

TEXTS = ("name", "district")
CONTROLS = re.compile(rf"[\t\n\u2028\u2029{printable.CONTROLS}]+")
NO_NUMBER = ("", "none", "n/a", "na", "nan", "null")  # as GDAL, pandas and OSM write it
SPEED = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*(mph|km/h|kmh|kph)\s*", re.I)
KMH = {"mph": KM_PER_MILE}


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
    properties = dict(given)
    for attribute, name in mapping.properties.items():
        properties[attribute] = _number_in(attribute, given.get(name))
    properties["segment_id"] = _id(feature, given, mapping)
    properties["lanes"] = _whole(properties.get("lanes"))
    properties["downstream"] = _ids(properties.get("downstream"))
    for name in TEXTS:
        properties[name] = without_controls(_as_text(properties.get(name)))
    present = {
        name: value
        for name, value in properties.items()
        if _is_there(value) or (name == "segment_id" and value is not None)
    }
    return {**feature, "properties": present}


def latest(features: Sequence[Any], mapping: PropertyMapping) -> list[int]:
    """The places of the features that no newer one of the same id replaces.

    Those whose age says nothing, and several of the same age, are all kept.
    """
    of_road: dict[str, list[tuple[int, versions.Age | None]]] = {}
    for place, feature in enumerate(features):
        given = _properties(feature)
        road_id = None if given is None else _id(feature, given, mapping)
        name = f"nameless {place}" if road_id is None else str(road_id)
        age = versions.age_of((given or {}).get(mapping.newest or ""))
        of_road.setdefault(name, []).append((place, age))
    return sorted(place for one in of_road.values() for place in versions.newest(one))


def age_fault(feature: Any, mapping: PropertyMapping) -> str | None:
    """What is wrong with the property that says how new a feature is, None if right."""
    if mapping.newest is None:
        return None
    value = (_properties(feature) or {}).get(mapping.newest)
    if versions.age_of(value) is not None:
        return None
    return (
        f"properties.{mapping.newest}: expected {versions.EXPECTED}, got {value!r:.80}"
    )


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
    value = given.get(mapping.id or "segment_id")
    if value is None and mapping.id is None:
        value = feature.get("id")
    return _as_id(value)


def _as_id(value: Any) -> Any:
    """A text for a whole number."""
    whole = _whole(value)
    is_number = isinstance(whole, int) and not isinstance(whole, bool)
    return str(whole) if is_number else whole


def _ids(value: Any) -> Any:
    """A list of ids, also for one, and for several in a text."""
    if isinstance(value, str):
        return value.replace(",", " ").replace(";", " ").split()
    if isinstance(value, list):
        return [_as_id(one) for one in value]
    return [_as_id(value)] if _is_there(value) else None


def _whole(value: Any) -> Any:
    """A whole number for `2.0`."""
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _as_text(value: Any) -> Any:
    """A text for a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return str(_whole(value)) if _is_there(value) else None


def _is_there(value: Any) -> bool:
    """Whether a property has a value: a blank and NaN are none."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and not (isinstance(value, float) and isnan(value))


def _number_in(attribute: str, value: Any) -> Any:
    """A number for a text that is one, None for a blank."""
    if not isinstance(value, str):
        return value
    if attribute in (*TEXTS, "downstream"):
        return value if value.strip() else None
    if value.strip().casefold() in NO_NUMBER:
        return None
    if versions.DIGITS.fullmatch(value):
        return float(value)
    speed = SPEED.fullmatch(value) if attribute == "free_flow_speed" else None
    if speed is None:
        return value
    return round(float(speed[1]) * KMH.get(speed[2].casefold(), 1.0), 2)
