"""Decode the bytes of a record, with a reason for each reading that is not valid.

Nearly every record passes `decode_message` at full speed. The others are read again,
reading by reading, so that an invalid reading does not affect the others.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

import msgspec

from ..model import Reading, Rejection, WireMessage
from ..policy import MAX_READINGS_PER_MESSAGE
from .leniency import lenient

decode_message = msgspec.json.Decoder(WireMessage).decode

_RANGE = re.compile(
    r"^Expected (?P<expected>.* [<>]=? .*?)(?: - at `\$\.?(?P<path>.*)`)?$"
)
_TYPE = re.compile(
    r"^Expected (?P<expected>.*), got `(?P<actual>.*?)`(?: - at `\$\.?(?P<path>.*)`)?$"
)
_MISSING = re.compile(r"^Object missing required field `(?P<path>.*)`$")
_IN_WORDS = {
    "`": "",
    " | ": " or ",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "object": "an object",
    ".0": "",
}
_WORDS = re.compile(
    "|".join([r"`", r" \| ", r"\b(?:int|float|str|object)\b", r"\.0\b"])
)
_LONGEST_ACTUAL = 80
_FLOATS = ("average_speed", "congestion_score", "occupancy", "interval")
_MOST_DIGITS = 640  # Python's own limit can't be set lower


class SalvagedMessage(NamedTuple):
    """A record that was read again: what is valid, and what is not.

    *positions* are those of the readings in the message.
    """

    rejected: Sequence[Rejection] = ()
    readings: Sequence[Reading] = ()
    positions: Sequence[int] = ()
    received_at: Optional[int] = None
    device_id: Optional[str] = None


def salvage(data: bytes) -> SalvagedMessage:
    """Read what is valid in a record that is not a valid message.

    Python's parser accepts NaN and Infinity, which are not JSON, and bytes that are not
    UTF-8 are replaced: either invalidates only its reading.
    """
    try:
        text = data.decode("utf-8-sig", "replace")
        content = json.loads(text, parse_int=_parse_integer)
    except (ValueError, RecursionError) as error:
        return _unreadable("not_json", "", "a JSON object", str(error), data)
    if not isinstance(content, dict):
        return _unreadable("not_a_message", "", "a JSON object", _show(content), data)
    if "sensor_id" in content and content.get("readings") is None:
        decoded = _salvage_each([content], bare=True)
    elif "readings" in content:
        decoded = _salvage_list(content["readings"], data)
    else:
        fields = ", ".join(sorted(map(str, content))[:12])
        expected = "readings, or the fields of one reading"
        return _unreadable("not_a_message", "", expected, f"fields {fields}", data)
    return decoded._replace(
        received_at=_if_type(content.get("received_at"), int),
        device_id=_if_type(content.get("device_id"), str),
    )


def _parse_integer(digits: str) -> float:
    """Return the integer; more digits than Python converts are beyond all limits."""
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _salvage_list(readings: Any, data: bytes) -> SalvagedMessage:
    if not isinstance(readings, list):
        shown = _show(readings)
        return _unreadable("wrong_type", "readings", "a list", shown, data)
    if not readings:
        expected = "at least one reading"
        return _unreadable(
            "no_readings", "readings", expected, "none", data, readings=0
        )
    if len(readings) > MAX_READINGS_PER_MESSAGE:
        many, most = len(readings), f"at most {MAX_READINGS_PER_MESSAGE} readings"
        return _unreadable("too_many_readings", "readings", most, str(many), data, many)
    return _salvage_each(readings, bare=False)


def _salvage_each(items: Sequence[Any], bare: bool) -> SalvagedMessage:
    good: list[tuple[int, Reading]] = []
    rejected = []
    for index, item in enumerate(items):
        try:
            good.append((index, _reading(item)))
        except msgspec.ValidationError as error:
            fault = _explain(str(error), item)
            position = None if bare else index
            rejected.append(fault._replace(position=position, raw=item))
    return SalvagedMessage(
        rejected,
        [reading for _, reading in good],
        [index for index, _ in good],
    )


def _reading(item: Any) -> Reading:
    """Convert one parsed reading; refuse NaN, which passes every range check."""
    try:
        reading = _convert(lenient(item))
    except msgspec.ValidationError:
        if isinstance(item, dict):
            _refuse_nan({field: item.get(field) for field in Reading.__struct_fields__})
        raise
    _refuse_nan({field: getattr(reading, field) for field in _FLOATS})
    return reading


def _refuse_nan(values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if isinstance(value, float) and math.isnan(value):
            message = f"Expected a number >= 0 - at `$.{field}`"
            raise msgspec.ValidationError(message)


def _convert(item: Any) -> Reading:
    try:
        return msgspec.convert(item, Reading)
    except UnicodeError:  # JSON may contain half a surrogate pair, which no text may
        return msgspec.convert(_to_encodable(item), Reading)


def _to_encodable(item: Any) -> Any:
    """Return *item* with `?` for half surrogate pairs, where convert expects text."""
    if isinstance(item, dict):
        return {
            _to_encodable(k): v if isinstance(v, dict) else _to_encodable(v)
            for k, v in item.items()
        }
    return item.encode(errors="replace").decode() if isinstance(item, str) else item


def _explain(error: str, item: Any) -> Rejection:
    """Translate msgspec's message into reason, path, expected and actual."""
    missing = _MISSING.match(error)
    if missing:
        return Rejection("missing_field", missing["path"], "a value", "absent")
    kind = _TYPE.match(error)
    if kind:
        path = kind["path"] or ""
        return Rejection("wrong_type", path, _plain(kind["expected"]), _at(item, path))
    span = _RANGE.match(error)
    if span:
        path = span["path"] or ""
        return Rejection(
            "out_of_range", path, _plain(span["expected"]), _at(item, path)
        )
    return Rejection("wrong_type", "", "a reading", error)


def _at(item: Any, path: str) -> str:
    """Return the actual value of the field at fault."""
    return _show(item.get(path) if isinstance(item, dict) else item)


def _plain(expected: str) -> str:
    """Return msgspec's `float | null` in words: "a number or null"."""
    return _WORDS.sub(lambda word: _IN_WORDS[word[0]], expected)


def _unreadable(
    reason: str, path: str, expected: str, actual: str, data: bytes, readings: int = 1
) -> SalvagedMessage:
    fault = Rejection(reason, path, expected, actual, readings=readings, raw=data)
    return SalvagedMessage(rejected=[fault])


def _if_type(value: Any, kind: type) -> Any:
    return value if type(value) is kind else None


def _show(value: Any) -> str:
    try:
        text = repr(value)
    except RecursionError:
        text = f"a {type(value).__name__} nested too deep to show"
    return text if len(text) <= _LONGEST_ACTUAL else text[: _LONGEST_ACTUAL - 3] + "..."
