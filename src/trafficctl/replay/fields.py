"""Which columns the readings of a row come from, by the mapping and the header."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trafficctl.replay.mapping import (
    IDS,
    KEYS,
    MEASURED,
    ColumnMapping,
    Fields,
    Interval,
    named_in,
    normal,
)


def resolved(mapping: ColumnMapping, header: Sequence[str]) -> list[Fields]:
    """The readings of each row, with all columns named that the file has."""
    readings = []
    own = {normal(name): name for name in header}
    names = (*KEYS, *MEASURED, "interval")
    for fields in mapping.readings or (mapping,):
        columns = {n: getattr(fields, n) for n in names}
        columns = {
            n: getattr(mapping, n) if v is None else v for n, v in columns.items()
        }
        for n, value in columns.items():
            may_be_there = mapping.long is not None and n in MEASURED
            if value is None and (may_be_there or normal(n) in own):
                columns[n] = n
        for n, other in (IDS, IDS[::-1]):  # one id is enough
            columns[n] = columns[n] or columns[other] or n
        readings.append(Fields(**columns))
    if mapping.sensor_in_header is None:
        return readings
    return _one_for_each_column(mapping, readings[0], header)


def _one_for_each_column(
    mapping: ColumnMapping, fields: Fields, header: Sequence[str]
) -> list[Fields]:
    used = {normal(name) for name in columns_of(mapping, [])}
    measure = str(mapping.sensor_in_header)
    given = msgspec.structs.asdict(fields)
    return [
        Fields(
            **{
                **given,
                "segment_id": mapping.segment_id or f"={name.strip()}",
                "sensor_id": f"={name.strip()}",
                measure: name,
            }
        )
        for name in header
        if name.strip() and normal(name) not in used
    ]


def columns_of(mapping: ColumnMapping, readings: Sequence[Fields]) -> list[str]:
    """The columns that a mapping and its resolved readings are made of."""
    time = mapping.time
    columns = [*time.columns]
    columns += [] if time.plus is None else [time.plus]
    columns += [*mapping.skip]
    columns += [] if mapping.long is None else [mapping.long.name, mapping.long.value]
    for one in readings:
        columns += [*named_in(one.segment_id or ""), *named_in(one.sensor_id or "")]
        columns += interval_columns(one.interval)
        if mapping.long is None:
            columns += [name for n in MEASURED if (name := getattr(one, n))]
    return list(dict.fromkeys(columns))


def interval_columns(interval: Interval | None) -> list[str]:
    """The columns that an interval is read from: none, one, or its begin and end."""
    if isinstance(interval, str):
        return [interval]
    return [*interval] if isinstance(interval, tuple) else []
