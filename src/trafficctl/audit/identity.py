"""The audit identity as arithmetic (docs/guides/operate.md).

    published = accepted (of which late) + duplicate + stale + rejected + dead-lettered

A *stale* reading arrived when its place was closed: it may never have been counted, so
the identity adds up over it and the audit still fails.

Four things make it a statement about ranges. A message that was never acknowledged
may or may not have arrived. A message that was sent again after a reconnect may have
arrived twice. A batch that Lambda gave up on lies whole in the dead letters, though
some of its readings may have been applied before it failed. And what redrive put back
may be in the stream more than once: of such a batch what had been applied, and of a
redrive that was interrupted what it put before.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Published:
    """What the publishers know, in readings; *resent* bounds the extra copies.

    A run that goes on, or was killed, counts with an upper bound of its readings.
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
    """Readings that reached no segment (*undelivered*), or perhaps did (*in_doubt*)."""

    undelivered: int = 0
    in_doubt: int = 0


@dataclass(frozen=True)
class Redriven:
    """What redrive put into the stream again, in readings.

    *put* is in the counters now; *interrupted* are in letters of which nobody knows
    whether they are in the stream; *copies* bounds what came into it more than once.
    """

    put: int = 0
    interrupted: int = 0
    copies: int = 0


@dataclass(frozen=True)
class Report:
    """Both sides of the identity, in readings, with what breaks it."""

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
        """Readings that may have arrived: all, and every copy sent or put again."""
        copies = self.published.resent + self.redriven.copies
        return self.published.readings + copies

    @property
    def least_found(self) -> int:
        """Readings found, if those in doubt were all applied before."""
        return (
            self.stored.accepted
            + self.stored.duplicate
            + self.stored.stale
            + self.rejected
            + self.dead_letters.undelivered
        )

    @property
    def most_found(self) -> int:
        """Readings found, if none of those in doubt was applied."""
        doubtful = self.dead_letters.in_doubt + self.redriven.interrupted
        return self.least_found + doubtful

    @property
    def missing(self) -> int:
        """Readings that arrived and are nowhere."""
        return max(0, self.least_arrived - self.most_found)

    @property
    def surplus(self) -> int:
        """Readings found that nobody published: counted twice, or not in the tally."""
        return max(0, self.least_found - self.most_arrived)

    @property
    def holds(self) -> bool:
        """Whether every reading is accounted for, once, and none may be lost."""
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
    """What lies where, as plain values."""
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
    """Hold what was published against where it went."""
    return Report(published, stored, rejected, dead_letters, redriven)


def verdict(report: Report) -> str:
    """One sentence on the report."""
    if report.missing:
        return f"{report.missing:,} readings that arrived are nowhere to be found"
    if report.surplus:
        return (
            f"{report.surplus:,} readings more than were published: counted twice, "
            "or published by something that keeps no tally here, as devices do: "
            "`--no-tally` says what can be told without"
        )
    if report.stored.stale:
        return stale_verdict(report.stored.stale)
    if report.published.readings == 0:
        return "nothing was published, and nothing was found"
    return "every reading is accounted for"


def stale_verdict(stale: int) -> str:
    """One sentence on readings that arrived too late to be counted for sure."""
    return f"{stale:,} readings are stale: they may be lost"


def stale_remarks(stale: int) -> list[str]:
    """What a reader must know of stale readings, if there are any."""
    if not stale:
        return []
    return [
        f"{stale:,} readings arrived when their place was closed: some may be copies, "
        "others may never have been counted - docs/runbooks/stale-readings.md"
    ]


def remarks(report: Report) -> list[str]:
    """What a reader of the numbers must know beside them."""
    notes = []
    if report.published.unfinished_runs:
        notes.append(
            f"{report.published.unfinished_runs:,} publishing runs go on or were "
            "killed: what they published is an upper bound"
        )
    unacknowledged = report.published.readings - report.published.acknowledged
    if unacknowledged:
        notes.append(
            f"{unacknowledged:,} readings were not acknowledged and may not have "
            "arrived"
        )
    if report.published.resent:
        notes.append(
            f"up to {report.published.resent:,} readings were sent again after a "
            "reconnect: their copies may count above, as duplicates"
        )
    if report.dead_letters.in_doubt:
        notes.append(
            f"{report.dead_letters.in_doubt:,} dead-lettered readings are in doubt: "
            "some may have been applied before their batch failed"
        )
    return notes + stale_remarks(report.stored.stale) + redrive_remarks(report.redriven)


def redrive_remarks(redriven: Redriven) -> list[str]:
    """What a reader must know of what redrive did."""
    notes = []
    if redriven.put:
        notes.append(
            f"{redriven.put:,} readings were put back by redrive: they count above as "
            "what became of them"
        )
    if redriven.interrupted:
        notes.append(
            f"{redriven.interrupted:,} readings are in letters of a redrive that was "
            "interrupted: some may be in the stream already; redrive again"
        )
    if redriven.copies:
        notes.append(
            f"up to {redriven.copies:,} readings came into the stream more than once "
            "by redrive: their copies may count above, as duplicates"
        )
    return notes
