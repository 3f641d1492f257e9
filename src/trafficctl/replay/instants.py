"""The times of a replay file: formats, zones, and the hour that occurs twice."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

from traffic.policy import LAST_INSTANT_MS
from traffic.timestamps import ms_of
from trafficctl.cli.wrong_input import suggestion
from trafficctl.errors import UserError
from trafficctl.replay.mapping import Time, normal

EXPECTED = "ms since the epoch, or RFC 3339 text with an offset"
YEARS = "a time between 1970 and 9999"
ZONE = "--zone NAME, or zone under [time] of a mapping, says where it is local"
# Milliseconds from 1973 to 2286: less are seconds, more are digits of another meaning.
LEAST_MS, MOST_MS = 10**11, 10**13
SECOND, MS = "seconds", "milliseconds"
_DIGITS = re.compile(r"[0-9]{1,20}(\.[0-9]{1,9})?")
# A time without an offset; Python 3.10 takes no more than this.
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{3}){0,2})?)?", re.ASCII)
_MIDNIGHT = re.compile(r"(?<![\d:])24:00(?=$|:00|\D)")


class WrongTimeError(Exception):
    """A text that is no time here; the argument is what was expected."""


def zone_of(name: str | None) -> ZoneInfo | None:
    """The time zone of this name. Raises UserError if there is none."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as exc:
        near = suggestion(name, available_timezones())
        message = f"no time zone {name!r} - {near or 'names look like Europe/Berlin'}"
        raise UserError(message) from exc


class Clock:
    """Reads the times of one file; `repeated` counts those of an hour that recurs."""

    def __init__(self, time: Time, zone: ZoneInfo | None) -> None:
        self._time, self._zone = time, zone
        column = time.column
        self.columns = (column,) if isinstance(column, str) else column
        if time.day is not None:
            self.columns = ()
        self._names = [normal(name) for name in self.columns]
        self._plus = None if time.plus is None else normal(time.plus)
        self._seen: set[tuple[str, datetime]] = set()
        self.repeated = 0
        self._last: tuple[str, datetime] = ("", datetime.min)

    def text(self, row: dict[str, str]) -> str:
        """What the file says of the time of a row."""
        day = self._time.day
        return day or " ".join(row.get(name, "") for name in self._names).strip()

    def read(self, row: dict[str, str], sensor: str) -> int:
        """The instant of a row in ms. Raises WrongTimeError."""
        try:
            ms = round(self._moment(row, sensor).timestamp() * 1000)
        except (OverflowError, ValueError) as exc:
            raise WrongTimeError(YEARS) from exc
        if not 0 <= ms <= LAST_INSTANT_MS:
            raise WrongTimeError(YEARS)
        return ms

    def _moment(self, row: dict[str, str], sensor: str) -> datetime:
        text = self.text(row)
        if text != self._last[0]:
            self._last = (text, _moment(text, self._time.format))
        moment = self._last[1]
        if self._plus is not None:
            moment += self._added(row.get(self._plus, ""))
        return moment if moment.tzinfo is not None else self._local(moment, sensor)

    def _added(self, text: str) -> timedelta:
        if _DIGITS.fullmatch(text) is None:
            raise WrongTimeError(f"a number in the column {self._time.plus}")
        return timedelta(seconds=float(text) * self._time.plus_unit_s)

    def _local(self, naive: datetime, sensor: str) -> datetime:
        if self._zone is None:
            raise WrongTimeError(f"{EXPECTED}; {ZONE}")
        first = naive.replace(tzinfo=self._zone, fold=0)
        second = naive.replace(tzinfo=self._zone, fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        if before is None or after is None or before == after:
            return first
        if before < after:
            raise WrongTimeError(
                f"a time that exists in {self._zone.key}, where clocks skip this one "
                "in spring - is the zone right?"
            )
        self.repeated += 1
        key = (sensor, naive)
        if key in self._seen:
            return second
        self._seen.add(key)
        return first


def _moment(text: str, written: str) -> datetime:
    """The time that a text means, without a zone if it names none."""
    if written in (SECOND, MS):
        return _epoch(text, written)
    if written == "iso" and text.isascii() and text.isdigit():
        return _epoch(text, MS)
    midnight = _MIDNIGHT.sub("00:00", text, count=1)
    days = timedelta(days=midnight != text)
    if written == "iso":
        return _iso(midnight) + days
    try:
        return datetime.strptime(midnight, written) + days
    except (ValueError, OverflowError, re.error) as exc:
        raise WrongTimeError(f"a time like {written}") from exc


def _iso(text: str) -> datetime:
    ms = ms_of(text)
    if ms is not None:
        return datetime.fromtimestamp(ms / 1000, timezone.utc)
    if _LOCAL.fullmatch(text) is None:
        raise WrongTimeError(EXPECTED)
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise WrongTimeError(EXPECTED) from exc


def _epoch(text: str, unit: str) -> datetime:
    if _DIGITS.fullmatch(text) is None:
        raise WrongTimeError(f"{unit} since the epoch")
    ms = float(text) * (1000 if unit == SECOND else 1)
    if unit == MS and ms < LEAST_MS:
        raise WrongTimeError(
            'ms since the epoch (are these seconds? then format = "seconds" under '
            "[time] of a mapping)"
        )
    if ms >= MOST_MS:
        other = "are these milliseconds" if unit == SECOND else "is it a date"
        raise WrongTimeError(
            f"{'ms' if unit == MS else unit} since the epoch, before the year 2286 "
            f"({other}? then say so by format under [time] of a mapping)"
        )
    return datetime.fromtimestamp(ms / 1000, timezone.utc)
