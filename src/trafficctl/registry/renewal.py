"""Issues a second certificate for a device that has one."""

from __future__ import annotations

from collections.abc import Sequence

from trafficctl.cli.progress import counting
from trafficctl.registry.certificates import NewCertificate
from trafficctl.registry.context import DEVICES, RENEWALS, RegistryContext
from trafficctl.registry.journal import DONE, Journal, read_entries
from trafficctl.registry.registrar import now_ms
from trafficctl.registry.selection import Found
from trafficctl.registry.table import row_state
from trafficctl.registry.worker_pool import Progress, process_all


class Renewal:
    """Starts renewals, recorded in `journal`; claims are open until `until_ms`."""

    def __init__(
        self, context: RegistryContext, journal: Journal, until_ms: int
    ) -> None:
        self._context, self._until_ms = context, until_ms
        self._issuer = context.issuer(journal, RENEWALS)
        self._device_entries = read_entries(context.directory(DEVICES))

    def begin(self, rows: Sequence[Found]) -> tuple[int, int]:
        """Start for `rows`; returns the numbers issued here and left to claims."""
        ours = [row for row in rows if self._is_ours(row)]
        theirs = [row for row in rows if not self._is_ours(row)]

        def settle(remaining: Sequence[Found]) -> None:
            self._issuer.recover(row["device_id"] for row in remaining)

        with counting("devices") as bar:
            task = bar.add_task("Renewing", total=len(rows))
            progress: Progress = lambda n: bar.advance(task, n)  # noqa: E731
            process_all(ours, self._make, progress, settle)
            process_all(theirs, self._allow, progress)
        return len(ours), len(theirs)

    def _is_ours(self, row: Found) -> bool:
        """Whether the key of its certificate was created here."""
        entry = self._device_entries.get(row["device_id"])
        if entry is None or entry.step != DONE:
            return False
        return entry.certificate_id == row.get("certificate_id")

    def _make(self, row: Found) -> None:
        name, context = row["device_id"], self._context
        if "next_certificate_id" in row and not self._is_own_renewal(row):
            return  # being renewed from another machine
        context.calls.wait_for_turn()
        request = NewCertificate(name, row["segment_id"], row_state(row))
        entry = self._issuer.certificate(request, keep=self._is_own_renewal(row))
        if not self._issuer.attach(entry, context.names.policy, name):
            self._issuer.forget(entry)
            self._make(row)
            return
        identity = {"next_certificate_id": entry.certificate_id}
        values = {**identity, "next_registered_at": now_ms()}
        context.table.write(name, values, expected=row, also=identity)
        self._issuer.activate(entry)
        self._issuer.finish(entry)

    def _is_own_renewal(self, row: Found) -> bool:
        """Whether the row's second certificate was issued here."""
        entry = self._issuer.entry_of(row["device_id"])
        current_id = row.get("next_certificate_id", "")
        return entry is not None and entry.certificate_id == current_id

    def _allow(self, row: Found) -> None:
        if "next_certificate_id" in row:
            return
        values = {"renew_until": self._until_ms}
        self._context.table.write(row["device_id"], values, expected=row)
