"""Small replay files and mappings for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trafficctl.replay.csv_file import ReplayFile
from trafficctl.replay.instants import zone_of
from trafficctl.replay.mapping import MEASURED, ColumnMapping, load
from trafficctl.replay.rows import BadRow, ReplayRow
from trafficctl.replay.source import ReplaySource

Told = tuple[Any, ...]


def mapped(tmp_path: Path, text: str) -> ColumnMapping:
    """The mapping that a TOML text makes."""
    path = tmp_path / "map.toml"
    path.write_text(text)
    return load(str(path))


def opened(
    tmp_path: Path, content: str, mapping: ColumnMapping, zone: str | None = None
) -> ReplaySource:
    """A replay file with this content, read by a mapping."""
    path = tmp_path / "replay.csv"
    path.write_text(content)
    file = ReplayFile(path, mapping, zone_of(zone))
    return ReplaySource(path, skip_bad=False, file=file)


def told(row: ReplayRow | BadRow) -> Told:
    """Time, ids and measures of a row."""
    assert isinstance(row, ReplayRow)
    values = [getattr(row.reading, name) for name in MEASURED]
    return row.event_ms, row.segment_id, row.reading.sensor_id, *values
