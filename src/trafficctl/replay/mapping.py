"""The mapping file: what the columns of a city's file mean, in TOML.

`mappings/example.toml` explains every key. Names of columns are compared without regard
to case, spaces and underscores.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, Union

import msgspec

from traffic.policy import MAX_INTERVAL_S
from trafficctl.cli.text_files import decoded
from trafficctl.cli.wrong_input import suggestion
from trafficctl.errors import UserError

FOLDER = Path(__file__).parent / "mappings"
EXAMPLE = "example"
READY = tuple(sorted(p.stem for p in FOLDER.glob("*.toml") if p.stem != EXAMPLE))
IDS = ("segment_id", "sensor_id")
KEYS = (*IDS, "plus_s")  # what tells the readings of a row apart
MEASURED = ("vehicle_count", "average_speed", "congestion_score", "occupancy")
HELP = "`trafficctl replay --columns-example` prints a mapping with comments"
_NAMED = re.compile(r"\{([^{}]+)\}")

Interval = Union[float, str, tuple[str, str]]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class FileFormat(_Table, frozen=True):
    """How the file is written; what is not said is found out."""

    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    comment: str = "#"
    header: tuple[str, ...] = ()  # of a file that has none
    element: str = ""  # of an XML file: each is a row, its attributes are the columns


class Time(_Table, frozen=True):
    """Where the time of a reading stands, and how it is written."""

    column: str | tuple[str, ...] | None = None  # None: timestamp, if day is not said
    format: str = "iso"
    zone: str | None = None
    stands_for: Literal["start", "end"] = "end"
    day: str | None = None  # of a file whose columns name none
    plus: str | None = None  # the column that is added to the time
    plus_unit_s: float = 1.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose texts are joined, after the day if that is said."""
        if self.column is None:
            return ("timestamp",) if self.day is None else ()
        return (self.column,) if isinstance(self.column, str) else self.column


class Units(_Table, frozen=True):
    """What the numbers count. Without a unit, occupancy over 1 is left to the city."""

    vehicle_count: Literal["vehicles", "veh/h"] = "vehicles"
    average_speed: Literal["km/h", "mph", "m/s"] = "km/h"
    occupancy: Literal["share", "percent"] | None = None


class NoData(_Table, frozen=True):
    """What stands in a cell where nothing was measured, apart from nothing."""

    any: tuple[str | float, ...] = ()
    vehicle_count: tuple[str | float, ...] = ()
    average_speed: tuple[str | float, ...] = ()
    congestion_score: tuple[str | float, ...] = ()
    occupancy: tuple[str | float, ...] = ()
    count_and_speed_0: bool = False

    def of(self, name: str) -> frozenset[str | float]:
        """The texts, and the numbers, that mean no data in the column *name*."""
        return values_of((*self.any, *getattr(self, name)))


class Long(_Table, frozen=True):
    """A file with a row for each value: the columns of its name and of itself."""

    name: str
    value: str


class Fields(_Table, frozen=True):
    """The columns of one reading; None is the column of the field's own name."""

    segment_id: str | None = None
    sensor_id: str | None = None
    vehicle_count: str | None = None
    average_speed: str | None = None
    congestion_score: str | None = None
    occupancy: str | None = None
    interval: Interval | None = None
    plus_s: float | None = None  # from the time of the row


class ColumnMapping(Fields, frozen=True):
    """A whole mapping file; `readings` are several in each row."""

    file: FileFormat = FileFormat()
    time: Time = Time()
    units: Units = Units()
    no_data: NoData = NoData()
    skip: dict[str, tuple[str | float, ...]] = {}
    other_characters: str | None = None  # what replaces them in ids
    long: Long | None = None
    sensor_in_header: str | None = None  # the measure of every further column
    readings: tuple[Fields, ...] = ()

    @property
    def needs_interval(self) -> bool:
        """Whether counts or times cannot be known without an interval."""
        start = self.time.stands_for == "start"
        return start or self.units.vehicle_count == "veh/h"


# A file as `trafficctl metr-la` writes it: it must name all of these.
PLAIN = ColumnMapping(
    segment_id="segment_id",
    sensor_id="sensor_id",
    vehicle_count="vehicle_count",
    average_speed="average_speed",
    congestion_score="congestion_score",
)


@lru_cache(maxsize=4096)  # the same few names, for every row
def normal(name: str) -> str:
    """The name of a column in the form in which names are compared."""
    return re.sub(r"[\s_]+", "_", name.strip().casefold())


def values_of(values: Iterable[str | float]) -> frozenset[str | float]:
    """Values of the mapping as cells have them: texts in small letters, and numbers."""
    texts = {
        one.casefold() if isinstance(one, str) else f"{one:.15g}" for one in values
    }
    return frozenset(texts | {float(one) for one in texts if _is_number(one)})


@lru_cache(maxsize=4096)
def named_in(template: str) -> tuple[str, ...]:
    """The columns of which `{road}-{lane}` is made; `=text` names none."""
    if template.startswith("="):
        return ()
    return tuple(_NAMED.findall(template)) or (template,)


def filled(template: str, row: dict[str, str]) -> str:
    """The text that `{road}-{lane}`, a column, or `=text` has in a row."""
    if template.startswith("="):
        return template[1:]
    if "{" not in template:
        return row.get(normal(template), "")
    return _NAMED.sub(lambda match: row.get(normal(match[1]), ""), template)


def path_of(name: str) -> Path:
    """The file of a ready-made mapping, else *name* as a path."""
    return FOLDER / f"{name}.toml" if name in (*READY, EXAMPLE) else Path(name)


def load(name: str) -> ColumnMapping:
    """Read a mapping file, or a ready-made one by its name. Raises UserError."""
    path = path_of(name)
    if not path.is_file():
        near = suggestion(name, READY) or f"give a file, or one of {', '.join(READY)}"
        raise UserError(f"no mapping {name!r} - {near}; {HELP}")
    try:
        text = decoded(path.read_bytes(), path.name)
        mapping = msgspec.toml.decode(text, type=ColumnMapping)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise UserError(f"{path.name}: {exc} - correct the mapping; {HELP}") from exc
    _check(mapping, path)
    return mapping


def _check(mapping: ColumnMapping, path: Path) -> None:
    faults = [
        *_interval_faults(mapping),
        *_time_faults(mapping),
        *_sensor_faults(mapping),
        *_file_faults(mapping.file),
    ]
    if faults:
        lines = "\n".join(f"{path.name}: {fault}" for fault in faults)
        raise UserError(f"{lines} - correct the mapping; {HELP}")


def _interval_faults(mapping: ColumnMapping) -> Iterator[str]:
    intervals = [one.interval for one in (mapping, *mapping.readings)]
    if mapping.needs_interval and not any(one is not None for one in intervals):
        yield "interval: veh/h and times of the start need one, in seconds"
    numbers = [float(one) for one in intervals if isinstance(one, (int, float))]
    if not all(0 < one <= MAX_INTERVAL_S for one in numbers):
        yield f"interval: expected over 0 to {MAX_INTERVAL_S} s"


def _time_faults(mapping: ColumnMapping) -> Iterator[str]:
    time, parts = mapping.time, (mapping, *mapping.readings)
    if "%Z" in re.findall("%.", time.format):
        yield (
            "time.format: %Z would leave the zone unread - write UTC, GMT or Z as it "
            'stands, such as "%H:%M UTC"; %z reads an offset such as +0100'
        )
    has_hours = time.plus is not None or any(one.plus_s is not None for one in parts)
    if time.day is not None and time.column is None and not has_hours:
        yield (
            "time.day: expected the column of the time of day beside it, or plus, or "
            "plus_s in each reading"
        )


def _sensor_faults(mapping: ColumnMapping) -> Iterator[str]:
    keys = [
        tuple(
            getattr(mapping, name) if getattr(one, name) is None else getattr(one, name)
            for name in KEYS
        )
        for one in mapping.readings
    ]
    for twice in dict.fromkeys(one for one in keys if keys.count(one) > 1):
        names = " and ".join(
            f"{name} {value!r}"
            for name, value in zip(KEYS, twice, strict=True)
            if value is not None
        )
        yield (
            f"readings: two have {names or 'no id of their own'} - give each sensor a "
            'sensor_id, such as "{Road}-1" and "{Road}-2", or each hour its plus_s'
        )
    if mapping.sensor_in_header not in (None, *MEASURED):
        yield (
            f"sensor_in_header: expected one of {', '.join(MEASURED)}, "
            f"got {mapping.sensor_in_header!r}"
        )


def _file_faults(file: FileFormat) -> Iterator[str]:
    delimiter = file.delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        yield f"file.delimiter: expected one character, got {delimiter!r}"
    try:
        codecs.lookup(file.encoding or "utf-8")
    except (LookupError, ValueError) as exc:
        yield f"file.encoding: {exc}"


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False
