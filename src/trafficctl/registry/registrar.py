"""Registers devices: Thing, certificate and row, each exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traffic.provisioning.admission import EXPECTED, REGISTERED
from trafficctl.registry.certificate_removal import CertificateRemover
from trafficctl.registry.certificates import CertificateIssuer, NewCertificate
from trafficctl.registry.iot_calls import IotCalls
from trafficctl.registry.journal import CertificateEntry, Journal
from trafficctl.registry.plan import Task
from trafficctl.registry.table import DeviceTable, certificates_in, row_state
from trafficctl.registry.things import ThingRegistry
from trafficctl.registry.worker_pool import Progress, process_all


def now_ms() -> int:
    """This machine's time, ms since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class StackNames:
    """The stack's names for its thing type and its device policy."""

    thing_type: str
    policy: str

    @classmethod
    def of(cls, outputs: Mapping[str, str]) -> StackNames:
        """The names of a deployed stack."""
        return cls(outputs["DeviceThingType"], outputs["DevicePolicy"])


class Registrar:
    """Runs the tasks of a plan in parallel, within the rate limit."""

    def __init__(
        self,
        iot: Any,
        table: DeviceTable,
        journal: Journal,
        directory: Path,
        names: StackNames,
        calls: IotCalls,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._table, self._names = table, names
        self._calls, self._now_ms = calls, clock_ms
        self._issuer = CertificateIssuer(iot, journal, directory, calls, clock_ms)
        self._things = ThingRegistry(iot, calls, names.thing_type)
        self._remover = CertificateRemover(iot, calls, names.policy)

    def register(self, tasks: Sequence[Task], progress: Progress) -> None:
        """Register `tasks` with keys created here, reporting `progress` after each.

        Raises CityError if some remain in doubt, and any other error.
        """

        def settle(remaining: Sequence[Task]) -> None:
            self._issuer.recover(task.spec.device_id for task in remaining)

        process_all(tasks, self._register, progress, settle)

    def expect(self, tasks: Sequence[Task], progress: Progress) -> None:
        """Expect `tasks`: each device requests its certificate with a claim."""
        process_all(tasks, self._expect, progress)

    def _register(self, task: Task) -> None:
        self._calls.wait_for_turn()
        self._things.bind(task.spec.device_id, task.spec.segment_id)
        self._certify(task, task.keep)

    def _certify(self, task: Task, keep: bool) -> None:
        spec = task.spec
        request = NewCertificate(spec.device_id, spec.segment_id, row_state(task.row))
        entry = self._issuer.certificate(request, keep)
        if not self._issuer.attach(entry, self._names.policy, spec.device_id):
            self._issuer.forget(entry)  # it is of an earlier city
            self._certify(task, keep=False)
            return
        self._write(task, entry)
        self._issuer.activate(entry)
        for arn in self._others(task, entry):
            self._remover.delete(arn)
        self._issuer.finish(entry)

    def _write(self, task: Task, entry: CertificateEntry) -> None:
        identity = {
            "status": REGISTERED,
            "segment_id": task.spec.segment_id,
            "certificate_id": entry.certificate_id,
        }
        values = {**identity, **_fresh(task), "registered_at": self._now_ms()}
        self._table.write(task.spec.device_id, values, task.row, also=identity)

    def _others(self, task: Task, entry: CertificateEntry) -> Iterable[str]:
        """The certificates that this one replaces."""
        if task.row is None and not entry.over:
            return []
        known_ids = [*certificates_in(task.row), entry.over.partition(":")[2]]
        arns = self._remover.certificates_of(
            task.spec.device_id, filter(None, known_ids)
        )
        return [arn for arn in arns if arn != entry.certificate_arn]

    def _expect(self, task: Task) -> None:
        self._calls.wait_for_turn()
        identity = {
            "status": EXPECTED,
            "segment_id": task.spec.segment_id,
            "certificate_id": None,
        }
        values = {**identity, **_fresh(task), "expected_at": self._now_ms()}
        if task.row is not None:  # before the row, which marks the task as complete
            known_ids = certificates_in(task.row)
            for arn in self._remover.certificates_of(task.spec.device_id, known_ids):
                self._remover.delete(arn)
        self._table.write(task.spec.device_id, values, task.row, also=identity)


def _fresh(task: Task) -> dict[str, Any]:
    """The other fields of a row: the note, and None for earlier values."""
    note = {} if task.spec.note is None else {"note": task.spec.note}
    cleared = ("renew_until", "next_certificate_id", "next_registered_at", "revoked_at")
    return {**dict.fromkeys(cleared), **note}
