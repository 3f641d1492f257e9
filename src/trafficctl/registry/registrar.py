"""Registers devices: Thing, certificate and row, each once, whatever interrupts it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traffic.provisioning.admission import EXPECTED, REGISTERED
from trafficctl.registry.certificate_removal import Retiring
from trafficctl.registry.certificates import Wish, Workshop
from trafficctl.registry.iot_calls import Calls
from trafficctl.registry.journal import Entry, Journal
from trafficctl.registry.plan import Task
from trafficctl.registry.table import Rows, certificates_in, standing
from trafficctl.registry.things import Things
from trafficctl.registry.worker_pool import Done, work_through


def now_ms() -> int:
    """The time by this machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Names:
    """What the stack calls its thing type and the policy of its devices."""

    thing_type: str
    policy: str

    @classmethod
    def of(cls, outputs: Mapping[str, str]) -> Names:
        """Those of a deployed stack."""
        return cls(outputs["DeviceThingType"], outputs["DevicePolicy"])


class Registrar:
    """Carries out the tasks of a plan, many at a time and as fast as it may."""

    def __init__(
        self,
        iot: Any,
        rows: Rows,
        journal: Journal,
        directory: Path,
        names: Names,
        calls: Calls,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._rows, self._names = rows, names
        self._calls, self._now_ms = calls, clock_ms
        self._workshop = Workshop(iot, journal, directory, calls, clock_ms)
        self._things = Things(iot, calls, names.thing_type)
        self._retiring = Retiring(iot, calls, names.policy)

    def register(self, tasks: Sequence[Task], done: Done) -> None:
        """Register all of `tasks` with keys made here, telling `done` after each.

        Raises CityError when some stay in doubt, and whatever else stops it.
        """

        def settle(left: Sequence[Task]) -> None:
            self._workshop.adopt(task.wanted.device_id for task in left)

        work_through(tasks, self._register, done, settle)

    def expect(self, tasks: Sequence[Task], done: Done) -> None:
        """Expect all of `tasks`: each fetches a certificate by its claim."""
        work_through(tasks, self._expect, done)

    def _register(self, task: Task) -> None:
        self._calls.wait_for_turn()
        self._things.bind(task.wanted.device_id, task.wanted.segment_id)
        self._certify(task, task.keep)

    def _certify(self, task: Task, keep: bool) -> None:
        wanted = task.wanted
        wish = Wish(wanted.device_id, wanted.segment_id, standing(task.seen))
        entry = self._workshop.certificate(wish, keep)
        if not self._workshop.attach(entry, self._names.policy, wanted.device_id):
            self._workshop.forget(entry)  # this city does not know it: it is a new one
            self._certify(task, keep=False)
            return
        self._write(task, entry)
        self._workshop.activate(entry)
        for arn in self._others(task, entry):
            self._retiring.delete(arn)
        self._workshop.finish(entry)

    def _write(self, task: Task, entry: Entry) -> None:
        identity = {
            "status": REGISTERED,
            "segment_id": task.wanted.segment_id,
            "certificate_id": entry.certificate_id,
        }
        values = {**identity, **_fresh(task), "registered_at": self._now_ms()}
        self._rows.write(task.wanted.device_id, values, task.seen, also=identity)

    def _others(self, task: Task, entry: Entry) -> Iterable[str]:
        """The certificates that this one replaces: a device has one."""
        if task.seen is None and not entry.over:
            return []
        noted = [*certificates_in(task.seen), entry.over.partition(":")[2]]
        arns = self._retiring.certificates_of(
            task.wanted.device_id, filter(None, noted)
        )
        return [arn for arn in arns if arn != entry.certificate_arn]

    def _expect(self, task: Task) -> None:
        self._calls.wait_for_turn()
        identity = {
            "status": EXPECTED,
            "segment_id": task.wanted.segment_id,
            "certificate_id": None,
        }
        values = {**identity, **_fresh(task), "expected_at": self._now_ms()}
        if task.seen is not None:  # before the row, which would say that all is done
            noted = certificates_in(task.seen)
            for arn in self._retiring.certificates_of(task.wanted.device_id, noted):
                self._retiring.delete(arn)
        self._rows.write(task.wanted.device_id, values, task.seen, also=identity)


def _fresh(task: Task) -> dict[str, Any]:
    """What a row says beside who it is: the note, and nothing of what was before."""
    noted = {} if task.wanted.note is None else {"note": task.wanted.note}
    ended = ("renew_until", "next_certificate_id", "next_registered_at", "revoked_at")
    return {**dict.fromkeys(ended), **noted}
