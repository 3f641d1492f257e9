"""Nothing is lost and nothing counted twice, whichever call fails, and however."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.traffic.segment.builders import message, reading, record

from .city import City, Line

HOWS = ["crash before", "crash after", "throttle", "no answer"]


def jam(segment: str, seconds: float, speed: float = 5) -> tuple[str, bytes]:
    return segment, message(reading(seconds=seconds, speed=speed))


def batches() -> list[list[dict[str, Any]]]:
    """Four batches in which everything happens that a segment can live to see."""
    told = [
        [  # first readings; a jam at once; a duplicate; three kinds of rejection
            ("known", message(reading("a"), reading("b", congestion_score=20))),
            jam("jam", 0),
            ("known", message(reading("a"), reading("a", 1), reading("c", count=-1))),
            ("strange", message(reading("x", count=None, speed=None), reading("y"))),
            ("strange", b"no JSON"),
            ("no segment", message(reading())),
        ],
        [  # plain updates; the jam ends: its minute closes, the alert too
            ("known", message(reading("a", 20))),
            jam("jam", 65, 100),
            ("strange", message(reading("y", 30))),
            jam("jam", 125, 100),
            ("known", message(reading("b", 30), reading("bad", -90_000))),
        ],
        [  # minutes close; late readings join a stored minute and one that just closed
            ("known", message(reading("a", 200))),
            ("known", message(reading("late", 5), reading("late", 21), received=201)),
            ("strange", message(reading("z", -600), reading("y", 31), received=200)),
            jam("jam", 190),
            ("jam", message(reading("late", 1), received=195)),
        ],
        [  # put back: into a hole, into it again, at its edge, where nothing is missing
            ("known", message(reading("a", 65), reading("a", 140))),
            ("known", message(reading("a", 70), reading("a", 65))),
            ("known", message(reading("a", 40), reading("a", 25))),
            ("known", message(reading("new", 150))),
            ("jam", message(reading("a", 200))),
        ],
    ]
    sequence = iter(range(1, 100))
    return [[record(next(sequence), data, s) for s, data in batch] for batch in told]


def undisturbed() -> City:
    city = City("known", "jam")
    for batch in batches():
        assert city.process(batch) == {"batchItemFailures": []}
    return city


@functools.cache
def expected() -> dict[str, Any]:
    return undisturbed().picture()


def calls_of_each_batch() -> Iterator[tuple[int, int, str]]:
    """Number of the batch, number of the call and its name, of an undisturbed run."""
    city = City("known", "jam")
    for number, batch in enumerate(batches()):
        line = Line()
        city.process(batch, line)
        for at, name in enumerate(line.calls, 1):
            yield number, at, name


# Without the calls' names: writes go out side by side, in no order of their own.
CALLS = [pytest.param(n, at, id=f"{n}-{at}") for n, at, _ in calls_of_each_batch()]


def run_with(line: Line, number: int, bisect: bool = False) -> City:
    city = City("known", "jam")
    for each, batch in enumerate(batches()):
        city.deliver(batch, line if each == number else Line(), bisect)
    return city


def test_the_undisturbed_run_shows_what_it_should() -> None:
    """Or the tests below would compare nothing with nothing."""
    city = undisturbed()
    segments = {row["segment_id"]: row for row in city.rows("segments")}
    counts = {
        s: (row["accepted"], row["late"], row["duplicate"])
        for s, row in segments.items()
    }

    assert counts == {"known": (11, 3, 5), "jam": (6, 1, 0), "strange": (4, 1, 0)}
    assert [event["transition"] for event in city.bus.events] == [
        "opened",
        "cleared",
        "opened",
    ]
    assert [row["alert_status"] for row in city.rows("alerts")] == ["cleared", "open"]
    reasons = sorted(line["reason"] for line in city.quarantined().values())
    assert reasons == [
        "bad_segment_id",
        "missing_field",
        "not_json",
        "out_of_range",
        "too_old",
    ]
    assert all("outbox" not in row for row in segments.values())
    assert segments["known"]["line"] == "a line"
    names = {name for _, _, name in calls_of_each_batch()}
    assert names == {
        "batch_get_item",
        "batch_execute_statement",
        "transact_write_items",
        "put_events",
        "put_object",
    }


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("number", "at"), CALLS)
def test_whichever_call_fails_the_outcome_is_the_same(
    number: int, at: int, how: str
) -> None:
    city = run_with(Line(fail_at=at, how=how), number)

    assert city.picture() == expected()


@pytest.mark.parametrize("how", ["crash before", "crash after"])
@pytest.mark.parametrize(("number", "at"), CALLS)
def test_a_batch_that_comes_again_in_halves_makes_no_difference(
    number: int, at: int, how: str
) -> None:
    city = run_with(Line(fail_at=at, how=how), number, bisect=True)

    assert city.picture() == expected()


@pytest.mark.parametrize(("number", "at"), CALLS)
def test_another_function_in_the_same_batch_makes_no_difference(
    number: int, at: int
) -> None:
    """One that timed out for Lambda may go on, between any two calls of its heir."""
    city = City("known", "jam")
    for each, batch in enumerate(batches()):
        again = functools.partial(city.process, batch)
        line = Line(at if each == number else 0, "meanwhile", again)
        city.deliver(batch, line)

    assert city.picture() == expected()


@pytest.mark.parametrize("again", [0, 1, 2])
def test_batches_that_come_again_later_make_no_difference(again: int) -> None:
    city = undisturbed()

    for batch in batches()[again:]:
        city.process(batch)

    assert city.picture() == expected()


def test_every_published_reading_is_accepted_a_duplicate_or_set_aside() -> None:
    city = run_with(Line(fail_at=2, how="crash after"), 1)
    stored = city.rows("segments")
    accepted = sum(row["accepted"] + row["duplicate"] for row in stored)
    rejected = sum(line["readings"] for line in city.quarantined().values())

    assert accepted + rejected == 10 + 6 + 7 + 8
