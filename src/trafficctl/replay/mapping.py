"""The mapping file: what the columns of a city's file mean, in TOML.

`mappings/example.toml` explains every key. Names of columns are compared without regard
to case, spaces and underscores.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, Union

import msgspec

from traffic.policy import MAX_INTERVAL_S
from trafficctl.cli.wrong_input import suggestion
from trafficctl.errors import UserError

FOLDER = Path(__file__).parent / "mappings"
EXAMPLE = "example"
READY = tuple(sorted(p.stem for p in FOLDER.glob("*.toml") if p.stem != EXAMPLE))
IDS = ("segment_id", "sensor_id")
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

    column: str | tuple[str, ...] = "timestamp"
    format: str = "iso"
    zone: str | None = None
    stands_for: Literal["start", "end"] = "end"
    day: str | None = None  # of a file whose columns name none
    plus: str | None = None  # the column that is added to the time
    plus_unit_s: float = 1.0


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
        texts = {text_of(one) for one in (*self.any, *getattr(self, name))}
        return frozenset(texts | {float(one) for one in texts if _is_number(one)})


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


def text_of(told: str | float) -> str:
    """A value of the mapping as a cell has it, in any case of letters."""
    return told.casefold() if isinstance(told, str) else f"{told:.15g}"


def named_in(template: str) -> list[str]:
    """The columns of which `{road}-{lane}` is made; `=text` names none."""
    if template.startswith("="):
        return []
    return _NAMED.findall(template) or [template]


def filled(template: str, row: dict[str, str]) -> str:
    """The text that `{road}-{lane}`, a column, or `=text` has in a row."""
    if template.startswith("="):
        return template[1:]
    if "{" not in template:
        return row.get(normal(template), "")
    return _NAMED.sub(lambda found: row.get(normal(found[1]), ""), template)


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
        made = msgspec.toml.decode(path.read_bytes(), type=ColumnMapping)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise UserError(f"{path.name}: {exc} - correct the mapping; {HELP}") from exc
    _check(made, path)
    return made


def _check(mapping: ColumnMapping, path: Path) -> None:
    all_fields = (mapping, *mapping.readings)
    faults = []
    if mapping.needs_interval and not any(
        one.interval is not None for one in all_fields
    ):
        faults.append("interval: veh/h and times of the start need one, in seconds")
    for one in all_fields:
        number = isinstance(one.interval, (int, float))
        if number and not 0 < float(one.interval) <= MAX_INTERVAL_S:  # type: ignore[arg-type]
            faults.append(f"interval: expected over 0 to {MAX_INTERVAL_S} s")
    delimiter = mapping.file.delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        faults.append(f"file.delimiter: expected one character, got {delimiter!r}")
    try:
        codecs.lookup(mapping.file.encoding or "utf-8")
    except (LookupError, ValueError) as exc:
        faults.append(f"file.encoding: {exc}")
    if mapping.sensor_in_header not in (None, *MEASURED):
        faults.append(
            f"sensor_in_header: expected one of {', '.join(MEASURED)}, "
            f"got {mapping.sensor_in_header!r}"
        )
    if faults:
        told = "\n".join(f"{path.name}: {fault}" for fault in faults)
        raise UserError(f"{told} - correct the mapping; {HELP}")


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False
