"""The audit without a publisher tally.

Devices keep no record of what they sent, so the audit starts at the processor:

    received = accepted + duplicate + stale + redelivered + rejected + retried

IoT Core and Lambda report losses before the processor as metrics; after it, the tables
must hold at least what the processor counted.
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

UNKNOWN = "published: not known (no tally)"


@dataclass(frozen=True)
class DeviceReport:
    """What was received in the last *days*, and all that is stored.

    *since_s* (seconds since the epoch) is set if the table is younger than *days*: the
    sums then start there.
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
        """Readings that the processor settled but did not receive."""
        return max(0, self.processed.settled - self.processed.received)

    @property
    def missing(self) -> int:
        """Readings that the processor counted and no table holds."""
        counts, stored = self.processed, self.stored
        pairs = (
            (counts.accepted, stored.accepted),
            (counts.duplicate, stored.duplicate),
            (counts.stale, stored.stale),
        )
        return sum(max(0, by_processor - by_table) for by_processor, by_table in pairs)

    @property
    def stale(self) -> int:
        """Stale readings of these days; all in the table if it is younger.

        The table is a minute or two ahead of the metrics.
        """
        of_table = 0 if self.since_s is None else self.stored.stale
        return max(self.processed.stale, of_table)

    @property
    def holds(self) -> bool:
        """Whether nothing indicates a loss."""
        new = self.processed
        lost = new.lost_messages or new.lost_batches or self.stale
        return not (lost or self.surplus or self.missing)

    @property
    def waiting(self) -> int:
        """Readings in dead letters: not counted, or possibly not."""
        return self.dead_letters.undelivered + self.dead_letters.in_doubt

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
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
    """One sentence on the report."""
    return _fault(report) or _success(report)


def _success(report: DeviceReport) -> str:
    if report.processed.received == 0:
        return f"no readings received in {_days(report.days)}; {UNKNOWN}"
    if report.stored.stale:
        return (
            f"every reading received in {_days(report.days)} is accounted for, but "
            f"{report.stored.stale:,} in total are stale and may be lost; {UNKNOWN}"
        )
    return f"every reading received is accounted for; {UNKNOWN}"


def _fault(report: DeviceReport) -> str | None:
    processed = report.processed
    if processed.lost_messages:
        return (
            f"{processed.lost_messages:,} messages were lost before the stream: "
            "docs/runbooks/iot-dead-letters-lost.md"
        )
    if processed.lost_batches:
        return (
            f"{processed.lost_batches:,} batches were lost after their last retry: "
            "docs/runbooks/dead-letters-lost.md"
        )
    if report.missing:
        return (
            f"{report.missing:,} readings that the processor counted are in no table: "
            "were items deleted from road_segments in these days?"
        )
    if report.surplus:
        return f"{report.surplus:,} readings were settled but not received"
    if report.stale:
        return stale_verdict(report.stale)
    return None


def remarks(report: DeviceReport) -> list[str]:
    """Notes on the numbers."""
    notes = []
    if report.since_s is not None:
        notes.append(
            f"counted since {second_text(report.since_s * 1000)}, when road_segments "
            "was created: earlier metrics belong to an earlier table"
        )
    if report.processed.retried:
        notes.append(
            f"{report.processed.retried:,} readings were retried with their batch: "
            "the retry is counted above, or they are dead letters"
        )
    if report.waiting:
        notes.append(
            f"{report.waiting:,} dead-lettered readings are waiting, some possibly "
            "counted: `trafficctl redrive` lists them"
        )
    return (
        notes
        + stale_remarks(max(report.stale, report.stored.stale))
        + redrive_remarks(report.redriven)
    )


def _days(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"
