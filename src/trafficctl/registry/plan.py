"""What has to be done for each device of a list, decided before anything is.

Pure: from what the list wants, what the registry says and what was done from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from traffic.provisioning.admission import EXPECTED, REGISTERED, REVOKED
from trafficctl.registry.journal import BEGUN, DONE, MADE, Entry
from trafficctl.registry.table import Row, standing


@dataclass(frozen=True)
class Wanted:
    """A device that is to be registered; `where` names its line in messages."""

    device_id: str
    segment_id: str
    note: str | None = None
    where: str = ""


@dataclass(frozen=True)
class Task:
    """A device to work on: its row as seen, and whether its certificate may stay."""

    wanted: Wanted
    seen: Row | None
    keep: bool = False


@dataclass(frozen=True)
class Plan:
    """What to do, how many devices need nothing, and why some cannot be done."""

    tasks: Sequence[Task]
    done: int
    refusals: Sequence[str]

    @property
    def losing(self) -> list[str]:
        """The devices in service whose certificates the plan deletes."""
        return [
            task.wanted.device_id
            for task in self.tasks
            if task.seen is not None
            and task.seen["status"] == REGISTERED
            and not task.keep
        ]


def plan_keys(
    wanted: Sequence[Wanted],
    rows: Mapping[str, Row],
    entries: Mapping[str, Entry],
    here: set[str],
    again: bool,
) -> Plan:
    """How to register `wanted` with keys made here.

    `here` are the devices whose key and certificate lie on this machine. `again` takes
    over what is registered from elsewhere, revoked, lost, or of another segment.
    """
    tasks, refusals, done = list[Task](), list[str](), 0
    for one in wanted:
        row, entry = rows.get(one.device_id), entries.get(one.device_id)
        keep = _may_keep(row, entry, one.device_id in here)
        if _is_done(one, row, entry, keep):
            done += 1
            continue
        reason = None if again else _in_the_way(one, row, entry, keep)
        if reason is None:
            tasks.append(Task(one, row, keep))
        else:
            refusals.append(f"{one.where}{reason}")
    return Plan(tasks, done, refusals)


def plan_claims(wanted: Sequence[Wanted], rows: Mapping[str, Row], again: bool) -> Plan:
    """How to expect `wanted`, which fetch their certificates themselves.

    A device that has come in since needs nothing more; with `again` it, and a revoked
    one, is expected anew.
    """
    tasks, refusals, done = list[Task](), list[str](), 0
    for one in wanted:
        row = rows.get(one.device_id)
        reason = None if again or row is None else _refused_claim(one, row)
        if reason is not None:
            refusals.append(f"{one.where}{reason}")
        elif row is None or _needs_expecting(one, row, again):
            tasks.append(Task(one, row))
        else:
            done += 1
    return Plan(tasks, done, refusals)


def _may_keep(row: Row | None, entry: Entry | None, here: bool) -> bool:
    """Whether the certificate that was made here is the device's own, or to be."""
    if entry is None or entry.step not in (MADE, DONE) or not here:
        return False
    if row is None:
        return True
    if row.get("certificate_id") == entry.certificate_id:
        return bool(row["status"] != REVOKED)
    return entry.step == MADE and entry.over == standing(row)


def _is_done(one: Wanted, row: Row | None, entry: Entry | None, keep: bool) -> bool:
    return bool(
        keep
        and row is not None
        and row["status"] == REGISTERED
        and row["segment_id"] == one.segment_id
        and entry is not None
        and entry.step == DONE
        and row.get("certificate_id") == entry.certificate_id
    )


def _in_the_way(
    one: Wanted, row: Row | None, entry: Entry | None, keep: bool
) -> str | None:
    """Why the device cannot be registered without taking something over."""
    if row is None or keep:
        return None if row is None else _other_segment(one, row)
    if entry is not None and entry.step == BEGUN and entry.over == standing(row):
        return None  # a take-over that was allowed, and killed on its way
    if row["status"] == REVOKED:
        return f"{one.device_id} is revoked - give --again to let it in anew"
    if row["status"] == REGISTERED:
        return (
            f"{one.device_id} is registered, and its key is not here - give --again "
            "to replace its certificate"
        )
    return _other_segment(one, row)


def _other_segment(one: Wanted, row: Row) -> str | None:
    if row["segment_id"] == one.segment_id:
        return None
    return (
        f"{one.device_id} is of segment {row['segment_id']}, not {one.segment_id} - "
        "correct the file, or `trafficctl sensors move` it first"
    )


def _refused_claim(one: Wanted, row: Row) -> str | None:
    if row["status"] == REVOKED:
        return f"{one.device_id} is revoked - give --again to expect it anew"
    return _other_segment(one, row)


def _needs_expecting(one: Wanted, row: Row, again: bool) -> bool:
    if row["status"] == EXPECTED:
        return bool(row["segment_id"] != one.segment_id)
    return again
