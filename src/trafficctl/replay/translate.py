"""From the cells of a row to readings, by a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from traffic import policy
from traffic.model import Reading
from traffic.policy import is_id
from traffic.segment.validation import fault_of, is_impossible
from trafficctl.cli.wrong_input import ID_FORM
from trafficctl.replay.fields import interval_columns, resolved
from trafficctl.replay.instants import Clock, WrongTimeError
from trafficctl.replay.mapping import (
    IDS,
    MEASURED,
    PLAIN,
    ColumnMapping,
    Fields,
    filled,
    named_in,
    normal,
    values_of,
)
from trafficctl.replay.numbers import (
    PERCENT,
    hint,
    in_unit,
    may_be_thousands,
    number_of,
)
from trafficctl.replay.rows import BadRow, CellFault, ReplayRow, shown

LIMITS = {
    "vehicle_count": policy.MAX_VEHICLE_COUNT,
    "average_speed": policy.MAX_SPEED_KMH,
    "congestion_score": policy.MAX_SCORE,
    "occupancy": 100,
}
EXPECTED = {
    "vehicle_count": f"a whole number 0-{policy.MAX_VEHICLE_COUNT} or empty",
    "average_speed": f"a number 0-{policy.MAX_SPEED_KMH} or empty",
    "congestion_score": f"a number 0-{policy.MAX_SCORE} or empty",
    "occupancy": "a number 0-1 or empty, over 1 is taken as percent up to 100",
    "interval": f"a number above 0, at most {policy.MAX_INTERVAL_S}, or empty",
}
IN_UNITS = {
    "veh/h": f"veh/h that make at most {policy.MAX_VEHICLE_COUNT} vehicles, or empty",
    "mph": f"a speed in mph that is 0-{policy.MAX_SPEED_KMH} km/h, or empty",
    "m/s": f"a speed in m/s that is 0-{policy.MAX_SPEED_KMH} km/h, or empty",
    "percent": "a number 0-100 or empty",
    "share": "a number 0-1 or empty",
}
_OTHER = re.compile(r"[^A-Za-z0-9_:.\-]+")


@dataclass
class Counts:
    """What the rows held beside their readings; the first percent-like occupancy."""

    no_data: int = 0
    percent: str = ""
    renamed: str = ""
    ignored: dict[str, None] = field(default_factory=dict)  # values of the long form


class Translator:
    """Makes the readings of each row; `counts` says what else the rows held."""

    def __init__(
        self, mapping: ColumnMapping, header: Sequence[str], clock: Clock, decimal: str
    ) -> None:
        self._mapping, self._clock, self._decimal = mapping, clock, decimal
        self._is_certain = mapping.file.decimal is not None
        self._names = [normal(name) for name in header]
        self.readings = resolved(mapping, header)
        self._no_data = {name: mapping.no_data.of(name) for name in MEASURED}
        self._skip = {
            normal(n): values_of(values) for n, values in mapping.skip.items()
        }
        # Nameless cells at the end of a header are no columns, and rows may lack them.
        named = [place for place, name in enumerate(self._names, 1) if name]
        self._least = max(named, default=0)
        units = mapping.units
        self._units: dict[str, str | None] = {
            "vehicle_count": units.vehicle_count,
            "average_speed": units.average_speed,
            "occupancy": units.occupancy,
        }
        self._measured = {
            normal(name)
            for fields in self.readings
            for measure in MEASURED
            if (name := getattr(fields, measure))
        }
        self._texts_of: dict[tuple[str, str], str] = {}
        self.counts = Counts()

    def rows(self, line: int, cells: Sequence[str]) -> Iterator[ReplayRow | BadRow]:
        """The readings of one line, or all that is wrong with it."""
        more = cells[len(self._names) :]
        is_short = len(cells) < self._least
        if is_short or (not self._mapping.file.header and any(more)):
            fault = CellFault("", f"{self._least} cells", f"{len(cells)} cells")
            yield BadRow(line, (fault,))
            return
        row = {n: cell.strip() for n, cell in zip(self._names, cells, strict=False)}
        if self._is_skipped(row):
            self.counts.no_data += 1
            return
        if self._mapping.long is not None:
            name = row[normal(self._mapping.long.name)]
            if normal(name) not in self._measured:
                self.counts.ignored.setdefault(name)
                return
            row[normal(name)] = row[normal(self._mapping.long.value)]
        for fields in self.readings:
            row_of_reading = self._reading(line, row, fields)
            if row_of_reading is not None:
                yield row_of_reading

    def _is_skipped(self, row: dict[str, str]) -> bool:
        for name, values in self._skip.items():
            text = row.get(name, "")
            if text.casefold() in values or self._number(text) in values:
                return True
        return False

    def _reading(
        self, line: int, row: dict[str, str], fields: Fields
    ) -> ReplayRow | BadRow | None:
        faults: list[CellFault] = []
        wrong: list[CellFault] = []
        segment, sensor = (self._id(n, row, fields, faults) for n in IDS)
        interval = self._interval(row, fields, faults)
        name, plus_s = f"{segment} {sensor}", fields.plus_s or 0.0
        # Of an empty row too: it may be the first of two with the same time in autumn.
        event_ms = self._instant(row, name, interval, plus_s, faults)
        values = {n: self._value(n, row, fields, interval, wrong) for n in MEASURED}
        if self._mapping.no_data.count_and_speed_0 and (
            values["vehicle_count"] == 0 and values["average_speed"] == 0
        ):
            values["vehicle_count"] = values["average_speed"] = None
        if not wrong and all(value is None for value in values.values()):
            if self._mapping is not PLAIN:
                self.counts.no_data += 1
                return None
            measures = ", ".join(MEASURED)
            wrong.append(CellFault("vehicle_count", f"one of {measures}", "nothing"))
        faults += wrong
        if faults or event_ms is None:
            return BadRow(line, tuple(dict.fromkeys(faults)), event_ms)
        reading = Reading(sensor, event_ms, interval=interval, **values)
        if fault := _impossible(reading, fields):
            return BadRow(line, (fault,), event_ms)
        occupancy = values["occupancy"]
        if occupancy is not None and occupancy > 1 and not self.counts.percent:
            self.counts.percent = f"line {line}: sensor {sensor}, occupancy {occupancy}"
        return ReplayRow(event_ms, segment, reading)

    def _id(
        self, name: str, row: dict[str, str], fields: Fields, faults: list[CellFault]
    ) -> str:
        template = getattr(fields, name)
        blank = [one for one in named_in(template) if not row.get(normal(one))]
        if blank:
            faults += [CellFault(one, ID_FORM, "nothing") for one in blank]
            return ""
        text = identifier = filled(template, row)
        if self._mapping.other_characters is not None:
            identifier = self._mapping.other_characters.join(_OTHER.split(text))
            if identifier != text and not self.counts.renamed:
                self.counts.renamed = f"{shown(text)} is {identifier}"
            first = self._texts_of.setdefault((name, identifier), text)
            if first != text:
                expected = f"an id other than {shown(first)} as {identifier}"
                faults.append(CellFault(template, expected, shown(text)))
        if not is_id(identifier):
            faults.append(CellFault(template, self._id_form, shown(text)))
        return identifier

    @property
    def _id_form(self) -> str:
        if self._mapping is PLAIN or self._mapping.other_characters is not None:
            return ID_FORM
        return f'{ID_FORM} (other_characters = "-" in the mapping replaces others)'

    def _interval(
        self, row: dict[str, str], fields: Fields, faults: list[CellFault]
    ) -> float | None:
        if isinstance(fields.interval, (int, float)):
            return float(fields.interval)
        names = interval_columns(fields.interval)
        texts = [row.get(normal(name), "") for name in names]
        if not any(texts) and not self._mapping.needs_interval:
            return None
        numbers = [self._number(text) for text in texts]
        good = [one for one in numbers if one is not None]
        seconds = good[-1] - sum(good[:-1]) if good and len(good) == len(names) else 0
        if 0 < seconds <= policy.MAX_INTERVAL_S:
            return seconds
        actual = " and ".join(shown(text) for text in texts) or "nothing"
        column = " and ".join(names) or "interval"
        faults.append(CellFault(column, EXPECTED["interval"], actual))
        return None

    def _instant(
        self,
        row: dict[str, str],
        sensor: str,
        interval: float | None,
        plus_s: float,
        faults: list[CellFault],
    ) -> int | None:
        long = self._mapping.long
        value = "" if long is None else row[normal(long.name)]
        try:
            at_ms = self._clock.read(row, f"{sensor} {value}", interval, plus_s)
        except WrongTimeError as exc:
            column, text = exc.column, row.get(normal(exc.column or ""), "")
            if column is None:
                column, text = " and ".join(self._clock.columns), self._clock.text(row)
            faults.insert(0, CellFault(column, str(exc), shown(text)))
            return None
        if self._mapping.time.stands_for == "end":
            return at_ms
        return None if interval is None else at_ms + round(interval * 1000)

    def _value(
        self,
        name: str,
        row: dict[str, str],
        fields: Fields,
        interval: float | None,
        faults: list[CellFault],
    ) -> Any:
        column = getattr(fields, name)
        text = row.get(normal(column), "") if column else ""
        no_data = self._no_data[name]
        if not text or text.casefold() in no_data:
            return None
        unit = self._units.get(name)
        number = self._number(text.rstrip(PERCENT) if unit == "percent" else text)
        if number in no_data:
            return None
        if name == "vehicle_count" and not self._is_certain and may_be_thousands(text):
            number = None
        value = None if number is None else in_unit(number, unit, interval)
        most = 1 if unit in ("share", "percent") else LIMITS[name]
        if value is None or not 0 <= value <= most:
            expected = IN_UNITS.get(unit or "", EXPECTED[name])
            expected += hint(text) if number is None and not self._is_certain else ""
            faults.append(CellFault(column, expected, shown(text)))
            return None
        if name != "vehicle_count":
            return value
        if not value.is_integer():
            faults.append(CellFault(column, EXPECTED[name], shown(text)))
        return int(value)

    def _number(self, text: str) -> float | None:
        return number_of(text, self._decimal, self._is_certain)


def _impossible(reading: Reading, fields: Fields) -> CellFault | None:
    """The count that the city would refuse, of a reading that says its interval."""
    if reading.interval is None:
        return None
    span_ms = max(1, int(reading.interval * 1000))
    if not is_impossible(reading, span_ms):
        return None
    at_ms = int(reading.timestamp)
    fault = fault_of(reading, at_ms, at_ms, span_ms)
    expected = f"{fault.expected} (is it veh/h, or of another interval?)"
    return CellFault(fields.vehicle_count or "", expected, fault.actual)
