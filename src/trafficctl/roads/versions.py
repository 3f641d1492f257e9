"""How new the versions of a road are, by a property: a number, a date or a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from traffic.timestamps import ms_of
from trafficctl.cli.local_times import local_time

EXPECTED = "a number, or a date or time such as 2026-03-20 or 2026-03-20T06:00:00Z"
DIGITS = re.compile(r"\s*-?[0-9]{1,20}(\.[0-9]{1,20})?\s*")

NOTHING, NUMBER, LOCAL, INSTANT = range(4)
Age = tuple[int, float]  # only those of one kind can be compared


def age_of(value: Any) -> Age | None:
    """How new a value says that a feature is, None if it does not say it clearly."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return NOTHING, 0.0
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (NUMBER, value) if isfinite(value) else None
    return _age_of_text(value.strip()) if isinstance(value, str) else None


def _age_of_text(text: str) -> Age | None:
    if DIGITS.fullmatch(text):
        return NUMBER, float(text)
    if (ms := ms_of(text)) is not None:
        return INSTANT, ms
    moment = local_time(text)
    if moment is None:
        return None
    return LOCAL, (moment - datetime(1970, 1, 1)).total_seconds()


def newest(given: Sequence[tuple[int, Age | None]]) -> list[int]:
    """The places of the newest, and of all that cannot be compared."""
    ages = [age for _, age in given if age is not None]
    kinds = {kind for kind, _ in ages} - {NOTHING}
    if len(kinds) > 1:
        return [place for place, age in given if age is None or age[0] != NOTHING]
    most = max(ages, default=None)
    return [place for place, age in given if age is None or age == most]
