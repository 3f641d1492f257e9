"""The registration of devices, planned and carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trafficctl.cli.progress import counting
from trafficctl.cli.wrong_input import raise_faults
from trafficctl.registry.context import DEVICES, Place, pems
from trafficctl.registry.journal import Journal
from trafficctl.registry.plan import Plan, Wanted, plan_keys
from trafficctl.registry.worker_pool import Done


def keys_plan(
    place: Place, journal: Journal, wanted: Sequence[Wanted], again: bool
) -> Plan:
    """The plan for devices whose keys are made here. Raises UserError."""
    names = [one.device_id for one in wanted]
    plan = plan_keys(
        wanted,
        place.rows.read(names),
        journal.entries(),
        pems(place.directory(DEVICES), names),
        again,
    )
    raise_faults(list(plan.refusals))
    return plan


def carry_out(plan: Plan, work: Any) -> None:
    """Do the tasks of `plan` with a progress display."""
    with counting("devices") as bar:
        total = plan.done + len(plan.tasks)
        task = bar.add_task("Devices", total=total, completed=plan.done)
        done: Done = lambda n: bar.advance(task, n)  # noqa: E731 - as short as it gets
        work(plan.tasks, done)
