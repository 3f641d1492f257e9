"""Numbers as files have them: decimal signs, thousands and units."""

from __future__ import annotations

import re

from traffic import policy
from traffic.settings import KM_PER_MILE

KMH = {"km/h": 1.0, "mph": KM_PER_MILE, "m/s": 3.6}
HOUR_S = 3_600
SIGNS = {".": "point", ",": "comma"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SEPARATED = re.compile(r"[+-]?\d+([.,]\d+)+", re.ASCII)
# Not what may be thousands: 1,234 and 1.234.
_MAYBE = r"(?![+-]?[1-9]\d{0,2}(\%s\d{3})+$)[+-]?\d*\%s\d+"
_DECIMAL = {sign: re.compile(_MAYBE % (sign, sign), re.ASCII) for sign in SIGNS}
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)


def number_of(text: str, decimal: str) -> float | None:
    """The number that a cell is, None if it is none."""
    if decimal == ",":
        text = text.replace(",", ".") if "." not in text else ""
    return float(text) if _NUMBER.fullmatch(text) else None


def has_decimal(text: str, sign: str) -> bool:
    """Whether a cell is a number with this decimal sign, and has no thousands."""
    return _DECIMAL[sign].fullmatch(text) is not None


def may_be_thousands(text: str) -> bool:
    """Whether `1.000` may be a thousand."""
    return _THOUSANDS.fullmatch(text) is not None


def hint(text: str, told: str | None) -> str:
    """What to do about a cell with decimal signs or thousands that were not expected.

    *told* is the decimal sign that a mapping names.
    """
    if _SEPARATED.fullmatch(text) is None:
        return ""
    sign = max(SIGNS, key=text.rfind)
    if sign == told or all(one in text for one in SIGNS):
        return " (thousands need no separator)"
    return (
        f" (thousands need no separator; set a decimal {SIGNS[sign]} by "
        f'decimal = "{sign}" under [file] of a mapping)'
    )


def in_unit(number: float, unit: str | None, interval: float | None) -> float | None:
    """A number of the file in the unit of a reading; a flow needs its interval."""
    if unit == "veh/h":
        if interval is None or abs(number) > HOUR_S * policy.MAX_VEHICLE_COUNT:
            return None
        return float(round(number * interval / HOUR_S))
    if unit == "percent":
        return number / 100
    return number * KMH.get(unit or "", 1.0) + 0.0
