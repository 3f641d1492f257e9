"""Which letters are meant, how work is cut, and what the journal makes of it."""

from __future__ import annotations

import pytest

from tests.template.template import properties
from tests.unit.traffic.segment.builders import ms
from traffic.policy import LONGEST_DELAY_MS
from trafficctl.redrive.dead_letters import BATCH, MESSAGE
from trafficctl.redrive.journal import History, JournalEntry, LetterLine, read
from trafficctl.redrive.selection import MOST_LETTERS, Selection, chunks

from .world import BATCH_KEY, World, hole, stored


@pytest.mark.parametrize(
    ("key", "day"),
    [
        (BATCH_KEY, "2026-11-22"),
        (f"iot/seg/{ms(0)}-uuid.json", "2027-01-15"),
        ("quarantine/2026-11-20/shardId-0/1.jsonl", "2026-11-20"),
        ("elsewhere/1", "2027-01-17"),
    ],
)
def test_a_letter_is_of_the_day_that_its_key_tells(key: str, day: str) -> None:
    found = stored(key, day=2)

    assert found.day == day
    assert Selection(day=day).admits(found)
    assert not Selection(day="2026-11-19").admits(found)


def test_a_segment_is_found_in_letters_of_many() -> None:
    world = World()
    hole(world)

    work = world.redrive(Selection(segment="b"))
    world.drain()

    assert [len(world.letters()), work.totals.letters] == [2, 2]
    assert world.history("b") == {"08:00": 1, "08:01": 1, "08:02": 1, "08:03": 1}
    assert world.history("a")["08:01"] == 3  # it was in the same batch
    assert world.audit().holds


@pytest.mark.parametrize(("prefix", "left"), [("iot/a/", 3), ("aws/", 2), ("x", 4)])
def test_a_prefix_takes_only_what_begins_so(prefix: str, left: int) -> None:
    world = World()
    hole(world)

    world.redrive(Selection(prefix=prefix))

    assert len(world.letters()) == left
    assert len(world.s3.keys("refused")) == 1


def test_refused_readings_go_back_alone_by_their_prefix() -> None:
    world = World()
    hole(world)

    world.redrive(Selection(prefix="quarantine/"), quarantine=True)

    assert len(world.letters()) == 4
    (moved,) = world.s3.keys("refused")
    assert moved.startswith("redriven/quarantine/")


def test_what_was_moved_away_is_never_meant() -> None:
    assert not Selection().admits(stored("redriven/iot/a/1"))
    assert not Selection(prefix="journal/").admits(stored("journal/open/1.json"))


def test_work_is_cut_by_number_and_by_size() -> None:
    small = [stored(str(n), 10) for n in range(MOST_LETTERS + 1)]
    assert [len(part) for part in chunks(small)] == [MOST_LETTERS, 1]

    large = [stored(str(n), 4 * 1024 * 1024) for n in range(3)]
    assert [len(part) for part in chunks(large)] == [1, 1, 1]


# The journal


def page(name: str, *keys: str, kind: str = MESSAGE, put: bool = False) -> JournalEntry:
    return JournalEntry(
        name, tuple(LetterLine("b", key, kind, 10) for key in keys), put
    )


@pytest.mark.parametrize(
    ("kind", "pages", "copies"),
    [
        (MESSAGE, [page("1", "k", put=True)], 0),
        (MESSAGE, [page("1", "k"), page("2", "k", put=True)], 10),
        (MESSAGE, [page("1", "k"), page("1", "k", put=True)], 0),  # it is being closed
        (MESSAGE, [page("1", "k", put=True), page("1", "k")], 0),
        (BATCH, [page("1", "k", kind=BATCH, put=True)], 10),
        (BATCH, [page("1", "k", kind=BATCH), page("2", "k", kind=BATCH)], 20),
    ],
)
def test_the_journal_bounds_how_often_a_letter_was_put(
    kind: str, pages: list[JournalEntry], copies: int
) -> None:
    history = History(pages)

    assert history.copies == copies
    assert history.is_redriven(("b", "k")) == any(one.put for one in pages)
    assert history.is_redriven(("b", "k")) != history.is_interrupted(("b", "k"))
    assert kind == pages[0].letters[0].kind


def test_a_page_can_be_read_back() -> None:
    written = page("1", "k", "l\n", put=True)

    assert read(written.as_bytes()) == written


def test_receipts_are_believed_as_long_as_the_bucket_keeps_letters() -> None:
    (rule,) = properties("DeadLetterBucket")["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] * 86_400_000 <= LONGEST_DELAY_MS
