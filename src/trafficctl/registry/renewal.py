"""A second certificate for a device, beside the one it has."""

from __future__ import annotations

from collections.abc import Sequence

from trafficctl.cli.progress import counting
from trafficctl.registry.certificates import Wish
from trafficctl.registry.context import DEVICES, RENEWALS, Place
from trafficctl.registry.journal import DONE, Journal, read_entries
from trafficctl.registry.registrar import now_ms
from trafficctl.registry.selection import Found
from trafficctl.registry.table import standing
from trafficctl.registry.worker_pool import Done, work_through


class Renewal:
    """Begins renewals, noting them in `journal`; claims are open until `until_ms`."""

    def __init__(self, place: Place, journal: Journal, until_ms: int) -> None:
        self._place, self._until_ms = place, until_ms
        self._workshop = place.workshop(journal, RENEWALS)
        self._made_here = read_entries(place.directory(DEVICES))

    def begin(self, rows: Sequence[Found]) -> tuple[int, int]:
        """Begin for all of `rows`: how many are made here, how many may be fetched."""
        ours = [row for row in rows if self._is_ours(row)]
        theirs = [row for row in rows if not self._is_ours(row)]

        def settle(left: Sequence[Found]) -> None:
            self._workshop.adopt(row["device_id"] for row in left)

        with counting("devices") as bar:
            task = bar.add_task("Renewing", total=len(rows))
            done: Done = lambda n: bar.advance(task, n)  # noqa: E731
            work_through(ours, self._make, done, settle)
            work_through(theirs, self._allow, done)
        return len(ours), len(theirs)

    def _is_ours(self, row: Found) -> bool:
        """Whether the key of its certificate was made here."""
        entry = self._made_here.get(row["device_id"])
        if entry is None or entry.step != DONE:
            return False
        return entry.certificate_id == row.get("certificate_id")

    def _make(self, row: Found) -> None:
        name, place = row["device_id"], self._place
        if "next_certificate_id" in row and not self._is_noted(row):
            return  # renewed from elsewhere, and not finished yet
        place.calls.wait_for_turn()
        wish = Wish(name, row["segment_id"], standing(row))
        entry = self._workshop.certificate(wish, keep=self._is_noted(row))
        if not self._workshop.attach(entry, place.names.policy, name):
            self._workshop.forget(entry)
            self._make(row)
            return
        identity = {"next_certificate_id": entry.certificate_id}
        values = {**identity, "next_registered_at": now_ms()}
        place.rows.write(name, values, seen=row, also=identity)
        self._workshop.activate(entry)
        self._workshop.finish(entry)

    def _is_noted(self, row: Found) -> bool:
        """Whether the row's second certificate is the one made here."""
        entry = self._workshop.known(row["device_id"])
        noted = row.get("next_certificate_id", "")
        return entry is not None and entry.certificate_id == noted

    def _allow(self, row: Found) -> None:
        if "next_certificate_id" in row:
            return
        values = {"renew_until": self._until_ms}
        self._place.rows.write(row["device_id"], values, seen=row)
