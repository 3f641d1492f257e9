"""What has to be done for each device of a list, decided before anything is.

Pure: from what the list wants, what the registry says and what was done from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from traffic.provisioning.admission import EXPECTED, REGISTERED, REVOKED
from trafficctl.registry.journal import BEGUN, DONE, MADE, CertificateEntry
from trafficctl.registry.table import Row, row_state


@dataclass(frozen=True)
class DeviceSpec:
    """A device that is to be registered; `where` names its line in messages."""

    device_id: str
    segment_id: str
    note: str | None = None
    where: str = ""


@dataclass(frozen=True)
class Task:
    """A device to work on: its row as seen, and whether its certificate may stay."""

    spec: DeviceSpec
    row: Row | None
    keep: bool = False


@dataclass(frozen=True)
class RegistrationPlan:
    """What to do, how many devices need nothing, and why some cannot be done."""

    tasks: Sequence[Task]
    unchanged: int
    refusals: Sequence[str]

    @property
    def replaced(self) -> list[str]:
        """The devices in service whose certificates the plan deletes."""
        return [
            task.spec.device_id
            for task in self.tasks
            if task.row is not None
            and task.row["status"] == REGISTERED
            and not task.keep
        ]


def plan_keys(
    specs: Sequence[DeviceSpec],
    rows: Mapping[str, Row],
    entries: Mapping[str, CertificateEntry],
    with_keys: set[str],
    again: bool,
) -> RegistrationPlan:
    """How to register `wanted` with keys made here.

    `here` are the devices whose key and certificate lie on this machine. `again` takes
    over what is registered from elsewhere, revoked, lost, or of another segment.
    """
    tasks, refusals, unchanged = list[Task](), list[str](), 0
    for spec in specs:
        row, entry = rows.get(spec.device_id), entries.get(spec.device_id)
        keep = _may_keep(row, entry, spec.device_id in with_keys)
        if _is_unchanged(spec, row, entry, keep):
            unchanged += 1
            continue
        reason = None if again else _obstacle(spec, row, entry, keep)
        if reason is None:
            tasks.append(Task(spec, row, keep))
        else:
            refusals.append(f"{spec.where}{reason}")
    return RegistrationPlan(tasks, unchanged, refusals)


def plan_claims(
    specs: Sequence[DeviceSpec], rows: Mapping[str, Row], again: bool
) -> RegistrationPlan:
    """How to expect `wanted`, which fetch their certificates themselves.

    A device that has come in since needs nothing more; with `again` it, and a revoked
    one, is expected anew.
    """
    tasks, refusals, unchanged = list[Task](), list[str](), 0
    for spec in specs:
        row = rows.get(spec.device_id)
        reason = None if again or row is None else _refused_claim(spec, row)
        if reason is not None:
            refusals.append(f"{spec.where}{reason}")
        elif row is None or _needs_expecting(spec, row, again):
            tasks.append(Task(spec, row))
        else:
            unchanged += 1
    return RegistrationPlan(tasks, unchanged, refusals)


def _may_keep(row: Row | None, entry: CertificateEntry | None, has_key: bool) -> bool:
    """Whether the certificate that was made here is the device's own, or to be."""
    if entry is None or entry.step not in (MADE, DONE) or not has_key:
        return False
    if row is None:
        return True
    if row.get("certificate_id") == entry.certificate_id:
        return bool(row["status"] != REVOKED)
    return entry.step == MADE and entry.over == row_state(row)


def _is_unchanged(
    spec: DeviceSpec, row: Row | None, entry: CertificateEntry | None, keep: bool
) -> bool:
    return bool(
        keep
        and row is not None
        and row["status"] == REGISTERED
        and row["segment_id"] == spec.segment_id
        and entry is not None
        and entry.step == DONE
        and row.get("certificate_id") == entry.certificate_id
    )


def _obstacle(
    spec: DeviceSpec, row: Row | None, entry: CertificateEntry | None, keep: bool
) -> str | None:
    """Why the device cannot be registered without taking something over."""
    if row is None or keep:
        return None if row is None else _other_segment(spec, row)
    if entry is not None and entry.step == BEGUN and entry.over == row_state(row):
        return None  # a take-over that was allowed, and killed on its way
    if row["status"] == REVOKED:
        return f"{spec.device_id} is revoked - give --again to let it in anew"
    if row["status"] == REGISTERED:
        return (
            f"{spec.device_id} is registered, and its key is not here - give --again "
            "to replace its certificate"
        )
    return _other_segment(spec, row)


def _other_segment(spec: DeviceSpec, row: Row) -> str | None:
    if row["segment_id"] == spec.segment_id:
        return None
    return (
        f"{spec.device_id} is of segment {row['segment_id']}, not {spec.segment_id} - "
        "correct the file, or `trafficctl sensors move` it first"
    )


def _refused_claim(spec: DeviceSpec, row: Row) -> str | None:
    if row["status"] == REVOKED:
        return f"{spec.device_id} is revoked - give --again to expect it anew"
    return _other_segment(spec, row)


def _needs_expecting(spec: DeviceSpec, row: Row, again: bool) -> bool:
    if row["status"] == EXPECTED:
        return bool(row["segment_id"] != spec.segment_id)
    return again
