"""The audit where nobody here knows what was published: what can be told without.

Devices keep no tally, so that the left side of the identity begins at the processor:

    received = accepted + duplicate + stale + redelivered + rejected + came again

Before it, nothing is lost that IoT Core or Lambda does not tell of; behind it, the
tables must hold at least what the processor counted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from traffic.timestamps import second_text
from trafficctl.audit.identity import (
    DeadLetters,
    Redriven,
    Stored,
    counts_as_json,
    redrive_remarks,
    stale_remarks,
    stale_verdict,
)
from trafficctl.audit.processor_metrics import ProcessorCounts

UNKNOWN = "published: not known here (no tally)"


@dataclass(frozen=True)
class DeviceReport:
    """What was received in the last *days*, and what lies where since the beginning.

    *since_s* is set where the tables are younger than these days: only since then, in
    seconds, was anything added up.
    """

    days: int
    processed: ProcessorCounts
    stored: Stored
    rejected: int
    dead_letters: DeadLetters
    redriven: Redriven = field(default_factory=Redriven)
    since_s: int | None = None

    @property
    def surplus(self) -> int:
        """Readings that the processor says it settled, but never received."""
        return max(0, self.processed.settled - self.processed.received)

    @property
    def missing(self) -> int:
        """Readings that the processor counted, and no table holds any more."""
        counts, stored = self.processed, self.stored
        pairs = (
            (counts.accepted, stored.accepted),
            (counts.duplicate, stored.duplicate),
            (counts.stale, stored.stale),
        )
        return sum(max(0, by_processor - by_table) for by_processor, by_table in pairs)

    @property
    def stale(self) -> int:
        """Stale readings of these days: all of the table's, where that is younger.

        The table is ahead of the figures by a minute or two.
        """
        of_table = 0 if self.since_s is None else self.stored.stale
        return max(self.processed.stale, of_table)

    @property
    def holds(self) -> bool:
        """Whether nothing that can be known here speaks of a loss."""
        new = self.processed
        lost = new.lost_messages or new.lost_batches or self.stale
        return not (lost or self.surplus or self.missing)

    @property
    def waiting(self) -> int:
        """Readings in dead letters: not counted, or perhaps not."""
        return self.dead_letters.undelivered + self.dead_letters.in_doubt

    def as_json(self) -> dict[str, object]:
        """The account as plain values."""
        return {
            "holds": self.holds,
            "published": None,
            "days": self.days,
            "since": None if self.since_s is None else second_text(self.since_s * 1000),
            "processed": {
                **asdict(self.processed),
                "came_again": self.processed.retried,
            },
            **counts_as_json(
                self.stored, self.rejected, self.dead_letters, self.redriven
            ),
            "missing": self.missing,
            "surplus": self.surplus,
        }


def verdict(report: DeviceReport) -> str:
    """One sentence on the account."""
    return _fault(report) or _success(report)


def _success(report: DeviceReport) -> str:
    if report.processed.received == 0:
        return f"nothing was received in {_days(report.days)}; {UNKNOWN}"
    if report.stored.stale:
        return (
            f"every reading received in {_days(report.days)} is accounted for, but "
            f"{report.stored.stale:,} in all are stale: they may be lost; {UNKNOWN}"
        )
    return f"every reading received is accounted for; {UNKNOWN}"


def _fault(report: DeviceReport) -> str | None:
    processed = report.processed
    if processed.lost_messages:
        return (
            f"{processed.lost_messages:,} messages were neither delivered nor kept: "
            "docs/runbooks/iot-dead-letters-lost.md"
        )
    if processed.lost_batches:
        return (
            f"{processed.lost_batches:,} batches were given up and not kept: "
            "docs/runbooks/dead-letters-lost.md"
        )
    if report.missing:
        return (
            f"{report.missing:,} readings that the processor counted are in no table: "
            "were items of road_segments deleted in these days?"
        )
    if report.surplus:
        return f"{report.surplus:,} readings were settled that were never received"
    if report.stale:
        return stale_verdict(report.stale)
    return None


def remarks(report: DeviceReport) -> list[str]:
    """What a reader of the numbers must know beside them."""
    notes = []
    if report.since_s is not None:
        notes.append(
            f"added up since {second_text(report.since_s * 1000)} only: road_segments "
            "is younger than these days, and figures from before are of other tables"
        )
    if report.processed.retried:
        notes.append(
            f"{report.processed.retried:,} readings came again with their batch: "
            "they are counted above as what became of them then, or are dead letters"
        )
    if report.waiting:
        notes.append(
            f"{report.waiting:,} dead-lettered readings wait, some perhaps counted: "
            "`trafficctl redrive` says what would be put back"
        )
    return (
        notes
        + stale_remarks(max(report.stale, report.stored.stale))
        + redrive_remarks(report.redriven)
    )


def _days(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"
