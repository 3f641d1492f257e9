"""The times of a replay file: formats, zones, and the hour that occurs twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from traffic.policy import LAST_INSTANT_MS
from traffic.timestamps import ms_of
from trafficctl.cli.local_times import local_time
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
_MIDNIGHT = re.compile(r"(?<![\d:])24:00(:00)?(?![\d:])")
_OF_DAY = re.compile(r"\d\d?:\d\d(:\d\d)?", re.ASCII)
_UTC = re.compile(r"(?<![A-Za-z])(Z|UTC|GMT)(?![A-Za-z+-])")
NO_YEAR = (
    "a time with its day and year (does the name of the file say the day? day = "
    '"2026-03-20" under [time] of a mapping goes before the column)'
)


class WrongTimeError(Exception):
    """A text that is no time here: what was expected, and of which column alone."""

    def __init__(self, expected: str, column: str | None = None) -> None:
        super().__init__(expected)
        self.column = column


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
        self.columns = time.columns
        self._names = [normal(name) for name in self.columns]
        self._day = [] if time.day is None else [time.day]
        self._plus = None if time.plus is None else normal(time.plus)
        # The last time of each sensor, and whether its times fall, as newest first.
        self._course: dict[str, tuple[datetime, bool | None]] = {}
        self.repeated = 0
        self.fell = False
        self._last: tuple[str | None, datetime] = (None, datetime.min)
        # What the last time may stand for: the next row often has it too.
        self._shown = datetime.min, timedelta(), [datetime.min]

    def text(self, row: dict[str, str]) -> str:
        """What the file says of the time of a row."""
        cells = [row.get(name, "") for name in self._names]
        return " ".join([*self._day, *cells]).strip()

    def read(
        self,
        row: dict[str, str],
        sensor: str,
        interval: float | None = None,
        plus_s: float = 0.0,
    ) -> int:
        """The instant *plus_s* seconds after a row's, in ms. Raises WrongTimeError.

        Of an end of *interval* seconds, the begin says too in which hour it lies.
        """
        try:
            moment = self._moment(row, sensor, interval, timedelta(seconds=plus_s))
            ms = round(moment.timestamp() * 1000)
        except (OverflowError, ValueError) as exc:
            raise WrongTimeError(YEARS) from exc
        if not 0 <= ms <= LAST_INSTANT_MS:
            raise WrongTimeError(YEARS)
        return ms

    def _moment(
        self,
        row: dict[str, str],
        sensor: str,
        interval: float | None,
        plus: timedelta,
    ) -> datetime:
        text = self.text(row)
        if text != self._last[0]:
            self._check_parts(row)
            self._last = (text, _moment(text, self._time.format))
        moment = self._last[1] + plus
        if self._plus is not None:
            moment += self._added(row.get(self._plus, ""))
        if moment.tzinfo is not None:
            return moment
        return self._local(moment, sensor, timedelta(seconds=interval or 0))

    def _check_parts(self, row: dict[str, str]) -> None:
        """A day alone is a time too: the other parts must not be missing."""
        if len(self._day) + len(self.columns) > 1:
            for column, name in zip(self.columns, self._names, strict=True):
                if not row.get(name):
                    raise WrongTimeError("a part of the time", column)

    def _added(self, text: str) -> timedelta:
        if _DIGITS.fullmatch(text) is None:
            raise WrongTimeError("a number", self._time.plus)
        return timedelta(seconds=float(text) * self._time.plus_unit_s)

    def _local(self, naive: datetime, sensor: str, interval: timedelta) -> datetime:
        if self._zone is None:
            raise WrongTimeError(f"{EXPECTED}; {ZONE}")
        if (naive, interval) != self._shown[:2]:
            self._shown = naive, interval, self._meant(naive, interval)
        return self._next(self._shown[2], sensor)

    def _meant(self, naive: datetime, interval: timedelta) -> list[datetime]:
        """The instants that a time on the wall may stand for."""
        instants = {*self._instants(naive)}
        if not instants:
            skipped = naive.replace(tzinfo=self._zone)
            if not self._is_end_before(skipped):
                raise WrongTimeError(
                    f"a time that exists in {self._zone}, where clocks skip this one "
                    "in spring - is the zone right?"
                )
            instants = {skipped.astimezone(timezone.utc)}
        elif self._time.stands_for == "end" and interval:
            instants |= {one + interval for one in self._instants(naive - interval)}
        return sorted(instants)

    def _instants(self, naive: datetime) -> Iterator[datetime]:
        """When a clock shows a time: once, twice in autumn, in spring perhaps never."""
        first = naive.replace(tzinfo=self._zone, fold=0)
        second = naive.replace(tzinfo=self._zone, fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        if before is None or after is None or before >= after:
            yield first.astimezone(timezone.utc)
        if before is not None and after is not None and before > after:
            yield second.astimezone(timezone.utc)

    def _next(self, instants: list[datetime], sensor: str) -> datetime:
        """The one that goes on as the sensor's times do: rising, or newest first."""
        last, falls = self._course.get(sensor, (None, None))
        chosen = instants[0]
        if len(instants) > 1:
            self.repeated += 1
            if last is not None and (instants[-1] < last if falls is None else falls):
                self.fell = True
                chosen = next((t for t in reversed(instants) if t < last), instants[0])
            elif last is not None:
                chosen = next((t for t in instants if t > last), instants[-1])
        if last is not None and chosen != last:
            falls = chosen < last
        self._course[sensor] = chosen, falls
        return chosen

    def _is_end_before(self, skipped: datetime) -> bool:
        """Whether an interval may end there: the first instant that is skipped."""
        last = skipped - timedelta(seconds=1)
        exists = last.utcoffset() == last.replace(fold=1).utcoffset()
        return self._time.stands_for == "end" and exists


def _moment(text: str, written: str) -> datetime:
    """The time that a text means, without a zone if it names none."""
    if written in (SECOND, MS):
        return _epoch(text, written)
    if written == "iso" and text.isascii() and text.isdigit():
        return _epoch(text, MS)
    try:
        return _written(text, written)
    except WrongTimeError:
        midnight = _MIDNIGHT.sub(r"00:00\1", text, count=1)
        if midnight == text:
            raise
        return _written(midnight, written) + timedelta(days=1)


def _written(text: str, written: str) -> datetime:
    if written == "iso":
        return _iso(text)
    try:
        moment = datetime.strptime(text, written)
    except (ValueError, OverflowError, re.error) as exc:
        raise WrongTimeError(f"a time like {written}") from exc
    if moment.year == 1900:  # where the format has none
        raise WrongTimeError(NO_YEAR)
    if moment.tzinfo is None and _is_utc(written):
        return moment.replace(tzinfo=timezone.utc)
    return moment


@lru_cache
def _is_utc(written: str) -> bool:
    """Whether a format has UTC, GMT or Z beside its directives."""
    return _UTC.search(re.sub("%.", " ", written)) is not None


def _iso(text: str) -> datetime:
    ms = ms_of(text)
    if ms is not None:
        return datetime.fromtimestamp(ms / 1000, timezone.utc)
    moment = local_time(text)
    if moment is None:
        raise WrongTimeError(NO_YEAR if _OF_DAY.fullmatch(text) else EXPECTED)
    return moment


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
