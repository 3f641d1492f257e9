"""Numbers as files have them: decimal signs, thousands and units."""

from __future__ import annotations

import re
from functools import lru_cache

from traffic import policy
from traffic.settings import KM_PER_MILE

KMH = {"km/h": 1.0, "mph": KM_PER_MILE, "m/s": 3.6}
HOUR_S = 3_600
OTHER = {".": ",", ",": "."}  # what may separate thousands, by decimal sign
PERCENT = "% \u00a0\u202f"  # the sign, and spaces before it
_SPACES = " '\u2019\u00a0\u202f"  # what may do so always
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SEPARATED = re.compile(r"[+-]?\d+([.,]\d+)+", re.ASCII)
# Not what may be thousands: 1,234 and 1.234.
_MAYBE = r"(?![+-]?[1-9]\d{0,2}(\%s\d{3})+$)[+-]?\d*\%s\d+"
_DECIMAL = {sign: re.compile(_MAYBE % (sign, sign), re.ASCII) for sign in OTHER}
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_GROUPS = r"[+-]?[1-9]\d{0,2}([%s])\d{3}(\1\d{3})*(\%s\d*)?"


def number_of(text: str, decimal: str, is_certain: bool = False) -> float | None:
    """The number that a cell is, None if it is none.

    Its thousands may be separated; where the decimal sign *is_certain*, also by the
    other one.
    """
    if not text.isalnum() and (match := _grouped(decimal, is_certain).fullmatch(text)):
        text = text.replace(match[1], "")
    if decimal == ",":
        text = text.replace(",", ".") if "." not in text else ""
    return float(text) if _NUMBER.fullmatch(text) else None


@lru_cache
def _grouped(decimal: str, is_certain: bool) -> re.Pattern[str]:
    separators = _SPACES + OTHER[decimal] if is_certain else _SPACES
    return re.compile(_GROUPS % (separators, decimal), re.ASCII)


def has_decimal(text: str, sign: str) -> bool:
    """Whether a cell is a number with this decimal sign, and has no thousands."""
    return _DECIMAL[sign].fullmatch(text) is not None


def may_be_thousands(text: str) -> bool:
    """Whether `1.000` may be a thousand."""
    return _THOUSANDS.fullmatch(text) is not None


def hint(text: str) -> str:
    """What to do about a cell with an unexpected decimal sign or thousands."""
    if _SEPARATED.fullmatch(text) is None:
        return ""
    sign = max(OTHER, key=text.rfind)
    advice = f'set decimal = "{sign}" under [file] of a mapping'
    if _DECIMAL[sign].fullmatch(text) or OTHER[sign] in text:
        return f" ({advice})"
    return f' ({advice}, or decimal = "{OTHER[sign]}" if these are thousands)'


def in_unit(number: float, unit: str | None, interval: float | None) -> float | None:
    """A number of the file in the unit of a reading; a flow needs its interval."""
    if unit == "veh/h":
        if interval is None or abs(number) > HOUR_S * policy.MAX_VEHICLE_COUNT:
            return None
        return float(round(number * interval / HOUR_S))
    if unit == "percent":
        return number / 100
    return number * KMH.get(unit or "", 1.0) + 0.0
