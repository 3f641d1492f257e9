"""Finishes a renewal: deletes the old certificate, keeps the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trafficctl.cli.progress import counting
from trafficctl.registry.certificates import pem_path
from trafficctl.registry.context import DEVICES, RENEWALS, RegistryContext
from trafficctl.registry.journal import DONE, GONE, Journal, write_private
from trafficctl.registry.selection import Found
from trafficctl.registry.table import certificates_in
from trafficctl.registry.worker_pool import process_all


def finish(context: RegistryContext, rows: Sequence[Found]) -> tuple[int, int]:
    """Finish the renewals of `rows`; returns the counts finished and still without one.

    The old certificate is deleted first, then the row and the files here change: after
    a kill, repeating the command does the rest.
    """
    with (
        context.journal(DEVICES) as devices,
        context.journal(RENEWALS) as renewals,
        counting("devices") as bar,
    ):
        task = bar.add_task("Finishing", total=len(rows))

        def work(row: Found) -> None:
            new = row.get("next_certificate_id")
            if new:
                _finish_one(context, row)
            current = new or row.get("certificate_id", "")
            _move_key(context, devices, renewals, row["device_id"], current)

        process_all(rows, work, lambda n: bar.advance(task, n))
    finished = sum("next_certificate_id" in row for row in rows)
    return finished, len(rows) - finished


def _finish_one(context: RegistryContext, row: Found) -> None:
    context.calls.wait_for_turn()
    new = row["next_certificate_id"]
    for arn in context.remover.certificates_of(row["device_id"], certificates_in(row)):
        if not arn.endswith(f"/{new}"):
            context.remover.delete(arn)
    values = {
        "certificate_id": new,
        "registered_at": row.get("next_registered_at"),
        "next_certificate_id": None,
        "next_registered_at": None,
        "renew_until": None,
    }
    identity = {"certificate_id": new, "next_certificate_id": None}
    context.table.write(row["device_id"], values, expected=row, also=identity)


def _move_key(
    context: RegistryContext,
    devices: Journal,
    renewals: Journal,
    name: str,
    current: str,
) -> None:
    """Move the key of the current certificate to the other devices' keys."""
    entry = renewals.get(name)
    if entry is None or entry.step != DONE or entry.certificate_id != current:
        return
    renewed = pem_path(context.directory(RENEWALS), name)
    if renewed.exists():
        home = pem_path(context.directory(DEVICES), name)
        write_private(home, renewed.read_text())
        devices.note(entry)
    renewals.note(replace(entry, step=GONE))
    renewed.unlink(missing_ok=True)
