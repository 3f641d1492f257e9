"""A list of devices as CSV: `device_id,segment_id` and optionally `note`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from traffic.policy import MAX_ID_LENGTH, is_id
from trafficctl.cli.text_files import decoded
from trafficctl.cli.wrong_input import ID_FORM, raise_faults
from trafficctl.errors import UserError
from trafficctl.registry.plan import DeviceSpec

NEEDED, OPTIONAL = ("device_id", "segment_id"), ("note",)
MAX_NOTE = 200
CLAIM_PREFIX = "claim-"  # client ids of devices that have no certificate yet

# A Thing's name; ids of sensors and segments may also contain a dot.
DEVICE_ID = re.compile(rf"[A-Za-z0-9:_-]{{1,{MAX_ID_LENGTH}}}")


def read_devices(path: Path) -> list[DeviceSpec]:
    """The devices of a CSV file. Raises UserError naming every wrong line."""
    text = decoded(path.read_bytes(), str(path))
    return parse(io.StringIO(text, newline=""), str(path))


def parse(lines: Iterable[str], source: str) -> list[DeviceSpec]:
    """The devices of a list; `source` names it in errors."""
    reader = csv.reader(lines)
    header = [name.strip() for name in next(reader, [])]
    _check_header(header, source)
    devices: dict[str, DeviceSpec] = {}
    faults: list[str] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{source} line {reader.line_num}: "
        device_faults, device = _device(header, cells, where)
        if device.device_id in devices and not device_faults:
            first = devices[device.device_id].where.removeprefix(f"{source} ")
            device_faults = [
                f"{where}device_id: {device.device_id!r} is already in "
                f"{first.rstrip(': ')} - give each device one line"
            ]
        faults += device_faults
        devices.setdefault(device.device_id, device)
    raise_faults(faults)
    if not devices:
        raise UserError(f"{source}: no devices - give one line for each")
    return list(devices.values())


def _check_header(header: list[str], source: str) -> None:
    expected = f"{','.join(NEEDED)}[,{','.join(OPTIONAL)}]"
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in (*NEEDED, *OPTIONAL)]
    if missing or unknown or len(set(header)) < len(header):
        raise UserError(
            f"{source} line 1: expected the columns {expected}, "
            f"got {','.join(header) or 'nothing'}"
        )


def _device(
    header: list[str], cells: list[str], where: str
) -> tuple[list[str], DeviceSpec]:
    if len(cells) != len(header):
        fault = f"{where}expected {len(header)} columns, got {len(cells)}"
        return [fault], DeviceSpec("", "", where=where)
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    device = DeviceSpec(
        values["device_id"], values["segment_id"], values.get("note") or None, where
    )
    faults = [
        f"{where}{column}: expected {expected}, got {values[column]!r}"
        for column, expected in _faults(device)
    ]
    return faults, device


def _faults(device: DeviceSpec) -> Iterable[tuple[str, str]]:
    if not DEVICE_ID.fullmatch(device.device_id):
        yield "device_id", f"1-{MAX_ID_LENGTH} of letters, digits, _ : -"
    elif device.device_id.startswith(CLAIM_PREFIX):
        yield (
            "device_id",
            f"an id that does not start with {CLAIM_PREFIX}, which is reserved",
        )
    if not is_id(device.segment_id):
        yield "segment_id", ID_FORM
    if device.note is not None and len(device.note) > MAX_NOTE:
        yield "note", f"at most {MAX_NOTE} characters"
