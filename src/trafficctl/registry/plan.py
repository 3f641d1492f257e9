"""Plans the registration of a list of devices before anything changes.

Pure: from the list, the registry's rows and the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from traffic.provisioning.admission import EXPECTED, REGISTERED, REVOKED
from trafficctl.registry.journal import BEGUN, DONE, MADE, CertificateEntry
from trafficctl.registry.table import Row, row_state


@dataclass(frozen=True)
class DeviceSpec:
    """A device to register; `where` names its line in messages."""

    device_id: str
    segment_id: str
    note: str | None = None
    where: str = ""


@dataclass(frozen=True)
class Task:
    """A device to process: its row, and whether its certificate stays."""

    spec: DeviceSpec
    row: Row | None
    keep: bool = False


@dataclass(frozen=True)
class RegistrationPlan:
    """The tasks, the number of unchanged devices, and the refusals."""

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
    """Plan to register `specs` with keys created here.

    `with_keys` are the devices with key and certificate on this machine. `again`
    replaces devices that are registered elsewhere, revoked, lost or of another segment.
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
    """Plan to expect `specs`, which request their certificates themselves.

    A registered device stays unchanged; with `again` it is expected again, like a
    revoked one.
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
    """Whether the certificate created here is, or will be, the device's."""
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
    """Why the device cannot be registered without `again`."""
    if row is None or keep:
        return None if row is None else _other_segment(spec, row)
    if entry is not None and entry.step == BEGUN and entry.over == row_state(row):
        return None  # an allowed replacement that was interrupted
    if row["status"] == REVOKED:
        return f"{spec.device_id} is revoked - use --again to register it again"
    if row["status"] == REGISTERED:
        return (
            f"{spec.device_id} is registered, but its key is not here - use "
            "--again to replace its certificate"
        )
    return _other_segment(spec, row)


def _other_segment(spec: DeviceSpec, row: Row) -> str | None:
    if row["segment_id"] == spec.segment_id:
        return None
    return (
        f"{spec.device_id} is bound to segment {row['segment_id']}, not "
        f"{spec.segment_id} - correct the file, or use `trafficctl sensors move` first"
    )


def _refused_claim(spec: DeviceSpec, row: Row) -> str | None:
    if row["status"] == REVOKED:
        return f"{spec.device_id} is revoked - use --again to expect it again"
    return _other_segment(spec, row)


def _needs_expecting(spec: DeviceSpec, row: Row, again: bool) -> bool:
    if row["status"] == EXPECTED:
        return bool(row["segment_id"] != spec.segment_id)
    return again
