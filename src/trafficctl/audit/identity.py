"""The audit identity as arithmetic (docs/guides/operate.md).

    published = accepted (of which late) + duplicate + stale + rejected + dead-lettered

A *stale* reading arrived after its place was closed and may not have been counted:
the identity adds up, and the audit still fails.

Four cases turn counts into ranges. A message without an acknowledgement may or may not
have arrived. A message resent after a reconnect may have arrived twice. A dead-lettered
batch is complete, though some of its readings may have been applied before it failed.
And redriven readings may be in the stream more than once: those already applied from
such a batch, and those an interrupted redrive had already sent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Published:
    """What the publishers sent, in readings; *resent* bounds the extra copies.

    An unfinished or killed run counts with an upper bound of its readings.
    """

    readings: int = 0
    acknowledged: int = 0
    resent: int = 0
    unfinished_runs: int = 0


@dataclass(frozen=True)
class Stored:
    """The sum of the counters of all segments, in readings; *late* is in *accepted*."""

    accepted: int = 0
    late: int = 0
    duplicate: int = 0
    stale: int = 0


@dataclass(frozen=True)
class DeadLetters:
    """Readings that reached no segment (*undelivered*) or possibly did (*in_doubt*)."""

    undelivered: int = 0
    in_doubt: int = 0


@dataclass(frozen=True)
class Redriven:
    """What redrive sent to the stream again, in readings.

    *put* are in the counters; *interrupted* are in dead letters that may be in the
    stream already; *copies* bounds those in the stream more than once.
    """

    put: int = 0
    interrupted: int = 0
    copies: int = 0


@dataclass(frozen=True)
class Report:
    """Both sides of the identity, in readings, and their difference."""

    published: Published
    stored: Stored
    rejected: int
    dead_letters: DeadLetters
    redriven: Redriven = Redriven()

    @property
    def least_arrived(self) -> int:
        """Readings that certainly arrived: the acknowledged ones."""
        return self.published.acknowledged

    @property
    def most_arrived(self) -> int:
        """Readings that may have arrived: all, and every copy resent or redriven."""
        copies = self.published.resent + self.redriven.copies
        return self.published.readings + copies

    @property
    def least_found(self) -> int:
        """Readings found if all in doubt were applied before."""
        return (
            self.stored.accepted
            + self.stored.duplicate
            + self.stored.stale
            + self.rejected
            + self.dead_letters.undelivered
        )

    @property
    def most_found(self) -> int:
        """Readings found if none in doubt was applied."""
        doubtful = self.dead_letters.in_doubt + self.redriven.interrupted
        return self.least_found + doubtful

    @property
    def missing(self) -> int:
        """Readings that arrived and are not found."""
        return max(0, self.least_arrived - self.most_found)

    @property
    def surplus(self) -> int:
        """Readings found but not published: counted twice, or not in the tally."""
        return max(0, self.least_found - self.most_arrived)

    @property
    def holds(self) -> bool:
        """Whether every reading is accounted for once and none may be lost."""
        return self.missing == self.surplus == self.stored.stale == 0

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "holds": self.holds,
            "published": asdict(self.published),
            **counts_as_json(
                self.stored, self.rejected, self.dead_letters, self.redriven
            ),
            "found": {"least": self.least_found, "most": self.most_found},
            "missing": self.missing,
            "surplus": self.surplus,
        }


def counts_as_json(
    stored: Stored, rejected: int, letters: DeadLetters, redriven: Redriven
) -> dict[str, object]:
    """The stored side as plain values."""
    return {
        **asdict(stored),
        "rejected": rejected,
        "dead_lettered": asdict(letters),
        "redriven": asdict(redriven),
    }


def reconcile(
    published: Published,
    stored: Stored,
    rejected: int,
    dead_letters: DeadLetters,
    redriven: Redriven = Redriven(),
) -> Report:
    """Compare what was published with what is stored."""
    return Report(published, stored, rejected, dead_letters, redriven)


def verdict(report: Report) -> str:
    """One sentence on the report."""
    if report.missing:
        return f"{report.missing:,} readings arrived but are not stored"
    if report.surplus:
        return (
            f"{report.surplus:,} more readings are stored than were published: counted "
            "twice, or sent by devices without a tally here - use `--no-tally` then"
        )
    if report.stored.stale:
        return stale_verdict(report.stored.stale)
    if report.published.readings == 0:
        return "nothing was published, nothing is stored"
    return "every reading is accounted for"


def stale_verdict(stale: int) -> str:
    """One sentence on stale readings."""
    return f"{stale:,} readings are stale and may be lost"


def stale_remarks(stale: int) -> list[str]:
    """Notes on stale readings, if there are any."""
    if not stale:
        return []
    return [
        f"{stale:,} readings arrived after their place was closed: they are copies or "
        "were not counted - docs/runbooks/stale-readings.md"
    ]


def remarks(report: Report) -> list[str]:
    """Notes on the numbers."""
    notes = []
    if report.published.unfinished_runs:
        notes.append(
            f"{report.published.unfinished_runs:,} publishing runs are unfinished or "
            "were killed: their readings are an upper bound"
        )
    unacknowledged = report.published.readings - report.published.acknowledged
    if unacknowledged:
        notes.append(
            f"{unacknowledged:,} readings were not acknowledged and may not have "
            "arrived"
        )
    if report.published.resent:
        notes.append(
            f"up to {report.published.resent:,} readings were resent after a "
            "reconnect: their copies may be among the duplicates"
        )
    if report.dead_letters.in_doubt:
        notes.append(
            f"{report.dead_letters.in_doubt:,} dead-lettered readings are in doubt: "
            "some may have been applied before their batch failed"
        )
    return notes + stale_remarks(report.stored.stale) + redrive_remarks(report.redriven)


def redrive_remarks(redriven: Redriven) -> list[str]:
    """Notes on redriven readings."""
    notes = []
    if redriven.put:
        notes.append(f"{redriven.put:,} readings were redriven and are included above")
    if redriven.interrupted:
        notes.append(
            f"{redriven.interrupted:,} readings are in dead letters of an interrupted "
            "redrive: some may be in the stream already; redrive again"
        )
    if redriven.copies:
        notes.append(
            f"up to {redriven.copies:,} readings were redriven more than once: "
            "their copies may be among the duplicates"
        )
    return notes
