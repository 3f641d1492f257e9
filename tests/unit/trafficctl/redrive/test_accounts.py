"""The audit's identity, with what redrive put back."""

from __future__ import annotations

import io

import pytest

from trafficctl.audit.command import report_view
from trafficctl.audit.identity import (
    DeadLetters,
    Published,
    Redriven,
    Report,
    Stored,
    reconcile,
    remarks,
)
from trafficctl.cli.output import show

from .world import LETTERS, World, lane, lost

NONE = DeadLetters()
SENT = Published(100, 100)


@pytest.mark.parametrize(
    ("stored", "letters", "redriven", "missing", "surplus"),
    [
        # undelivered, put once: exactly once
        (Stored(100), NONE, Redriven(put=25), 0, 0),
        (Stored(101), NONE, Redriven(put=25), 0, 1),
        (Stored(99), NONE, Redriven(put=25), 1, 0),
        # in doubt, put once: none, or all, had been applied before
        (Stored(100), NONE, Redriven(put=25, copies=25), 0, 0),
        (Stored(100, duplicate=25), NONE, Redriven(put=25, copies=25), 0, 0),
        (Stored(100, duplicate=26), NONE, Redriven(put=25, copies=25), 0, 1),
        (Stored(99), NONE, Redriven(put=25, copies=25), 1, 0),
        # interrupted: perhaps put, perhaps not
        (Stored(75), NONE, Redriven(interrupted=25), 0, 0),
        (Stored(100), NONE, Redriven(interrupted=25), 0, 0),
        (Stored(74), NONE, Redriven(interrupted=25), 1, 0),
        (Stored(101), NONE, Redriven(interrupted=25), 0, 1),
        # what failed again is in doubt again
        (Stored(75), DeadLetters(in_doubt=25), Redriven(put=25), 0, 0),
    ],
)
def test_what_was_put_back_is_found_and_only_copies_widen_the_range(
    stored: Stored,
    letters: DeadLetters,
    redriven: Redriven,
    missing: int,
    surplus: int,
) -> None:
    report = reconcile(SENT, stored, 0, letters, redriven)

    assert (report.missing, report.surplus) == (missing, surplus)


def rendered(report: Report) -> list[str]:
    out = io.StringIO()
    show(report_view(report), out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_a_redrive_is_told_of_in_remarks_and_in_the_table() -> None:
    redriven = Redriven(put=40, interrupted=25, copies=50)
    report = reconcile(SENT, Stored(75), 0, NONE, redriven)

    assert [line.split(" readings")[0] for line in remarks(report)] == [
        "40",
        "25",
        "up to 50",
    ]
    assert "+ redrive interrupted 0 to 25" in rendered(report)
    assert "found 75 to 100" in rendered(report)
    told = report.as_json()["redriven"]
    assert told == {"put": 40, "interrupted": 25, "copies": 50}


def test_letters_of_the_rule_count_for_certain_and_batches_as_a_doubt() -> None:
    world = World()
    world.fail_to_put("a", *lane("x", 0, 60))
    world.give_up(world.say("a", *lane("x", 120)))

    assert world.audit().dead_letters == DeadLetters(undelivered=2, in_doubt=1)
    world.redrive()
    assert world.audit().missing == 3  # on their way in the stream
    world.drain()
    assert world.audit().holds


def test_a_record_of_a_batch_that_was_put_back_may_still_be_counted_twice() -> None:
    """Then the audit must see it: one reading more than there were copies of."""
    world = lost()
    world.redrive()
    world.drain()
    report = world.audit()

    spare = report.most_arrived - report.least_found
    assert spare == report.redriven.copies - report.stored.duplicate == 4
    world.published -= spare + 1
    assert world.audit().surplus == 1


def test_what_a_device_buffered_for_half_an_hour_counts_as_accepted() -> None:
    world = World()
    world.apply(world.say("a", *lane("x", 0)))
    world.apply(world.say("a", *lane("x", 1860)))  # live again, then the buffer
    world.apply(world.say("a", *lane("x", *range(60, 1860, 60))))

    report = world.audit()
    assert (report.holds, report.stored) == (True, Stored(accepted=32, late=29))


def test_a_reading_whose_place_is_closed_may_be_lost_and_the_audit_says_so() -> None:
    world = World()
    world.apply(world.say("a", *lane("x", *range(0, 1500, 300))))  # four spans, then
    world.apply(world.say("a", *lane("x", *range(1500, 3000, 300))))  # others
    world.apply(world.say("a", *lane("x", 60)))

    report = world.audit()
    assert report.stored == Stored(accepted=10, stale=1)
    assert (report.missing, report.surplus, report.holds) == (0, 0, False)


def test_the_journal_and_what_was_moved_are_no_letters() -> None:
    world = lost()
    world.redrive()
    world.drain()

    assert world.s3.keys(LETTERS, "journal/closed/") != []
    assert world.s3.keys(LETTERS, "redriven/") != []
    assert world.audit().dead_letters == NONE
