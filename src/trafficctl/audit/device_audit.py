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
    found_as_json,
    of_redrive,
    of_stale,
    stale_verdict,
)
from trafficctl.audit.processor_metrics import Processed

UNKNOWN = "published: not known here (no tally)"


@dataclass(frozen=True)
class Account:
    """What was received in the last *days*, and what lies where since the beginning.

    *since_s* is set where the tables are younger than these days: only since then, in
    seconds, was anything added up.
    """

    days: int
    processed: Processed
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
        counted, stored = self.processed, self.stored
        pairs = (
            (counted.accepted, stored.accepted),
            (counted.duplicate, stored.duplicate),
            (counted.stale, stored.stale),
        )
        return sum(max(0, told - held) for told, held in pairs)

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
                "came_again": self.processed.came_again,
            },
            **found_as_json(
                self.stored, self.rejected, self.dead_letters, self.redriven
            ),
            "missing": self.missing,
            "surplus": self.surplus,
        }


def verdict(account: Account) -> str:
    """One sentence on the account."""
    return _fault(account) or _all_well(account)


def _all_well(account: Account) -> str:
    if account.processed.received == 0:
        return f"nothing was received in {_days(account.days)}; {UNKNOWN}"
    if account.stored.stale:
        return (
            f"every reading received in {_days(account.days)} is accounted for, but "
            f"{account.stored.stale:,} in all are stale: they may be lost; {UNKNOWN}"
        )
    return f"every reading received is accounted for; {UNKNOWN}"


def _fault(account: Account) -> str | None:
    processed = account.processed
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
    if account.missing:
        return (
            f"{account.missing:,} readings that the processor counted are in no table: "
            "were items of road_segments deleted in these days?"
        )
    if account.surplus:
        return f"{account.surplus:,} readings were settled that were never received"
    if account.stale:
        return stale_verdict(account.stale)
    return None


def remarks(account: Account) -> list[str]:
    """What a reader of the numbers must know beside them."""
    said = []
    if account.since_s is not None:
        said.append(
            f"added up since {second_text(account.since_s * 1000)} only: road_segments "
            "is younger than these days, and figures from before are of other tables"
        )
    if account.processed.came_again:
        said.append(
            f"{account.processed.came_again:,} readings came again with their batch: "
            "they are counted above as what became of them then, or are dead letters"
        )
    if account.waiting:
        said.append(
            f"{account.waiting:,} dead-lettered readings wait, some perhaps counted: "
            "`trafficctl redrive` says what would be put back"
        )
    return (
        said
        + of_stale(max(account.stale, account.stored.stale))
        + of_redrive(account.redriven)
    )


def _days(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"
