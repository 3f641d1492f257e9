"""Plans and runs the registration of devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trafficctl.cli.progress import counting
from trafficctl.cli.wrong_input import raise_faults
from trafficctl.registry.context import DEVICES, RegistryContext, with_pem
from trafficctl.registry.journal import Journal
from trafficctl.registry.plan import DeviceSpec, RegistrationPlan, plan_keys
from trafficctl.registry.worker_pool import Progress


def keys_plan(
    context: RegistryContext, journal: Journal, specs: Sequence[DeviceSpec], again: bool
) -> RegistrationPlan:
    """The plan for devices with keys created here. Raises UserError."""
    names = [spec.device_id for spec in specs]
    plan = plan_keys(
        specs,
        context.table.read(names),
        journal.entries(),
        with_pem(context.directory(DEVICES), names),
        again,
    )
    raise_faults(list(plan.refusals))
    return plan


def carry_out(plan: RegistrationPlan, work: Any) -> None:
    """Run the tasks of `plan` with a progress display."""
    with counting("devices") as bar:
        total = plan.unchanged + len(plan.tasks)
        task = bar.add_task("Devices", total=total, completed=plan.unchanged)
        progress: Progress = lambda n: bar.advance(task, n)  # noqa: E731
        work(plan.tasks, progress)
