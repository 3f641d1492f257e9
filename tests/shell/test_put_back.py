"""Records put back: their minutes are read first, and they spoil no figure."""

from __future__ import annotations

from typing import Any

from tests.core.builders import MINUTE, message, reading, record, records
from traffic.errors import StoreError
from traffic.restore import unpack

from .city import City, Line
from .test_batch import World


def back(*readings: Any) -> bytes:
    return message(*readings, redriven=True)


def test_only_segments_to_which_something_was_put_back_have_minutes_read() -> None:
    city, line = City(), Line()
    batch = records(message(reading("a", 0)), message(reading("a", 60)))
    city.process(batch)

    city.process([record(9, message(reading("a", 70)))], line)
    assert line.calls == ["batch_get_item", "batch_execute_statement"]

    line = Line()
    city.process([record(10, back(reading("a", -300)))], line)
    assert line.calls == [*["batch_get_item"] * 3, "transact_write_items"]


def test_minutes_of_many_segments_are_read_a_hundred_at_a_time() -> None:
    city, line = City(), Line()
    names = [f"s{n}" for n in range(60)]
    said = [back(reading("a", s)) for s in (0, 60)]
    batch = [record(n, said[n % 2], names[n // 2]) for n in range(120)]

    city.process(batch, line)

    assert line.calls.count("batch_get_item") - 60 == 1 + 2  # segments, their minutes
    assert len(city.rows("history")) == 120


def test_a_call_for_minutes_that_fails_fails_the_segments_it_asked_for() -> None:
    city = City()
    batch = [record(n, back(reading("a", 0)), f"s{n}") for n in range(150)]

    answer = city.process(batch, Line(fail_at=3, how="throttle"))

    failed = len(batch) - len(city.rows("segments"))
    assert failed in {50, 100}
    assert answer["batchItemFailures"]
    assert city.process(batch) == {"batchItemFailures": []}
    assert [row["readings"] for row in city.rows("history")] == [1] * 150


def test_a_row_tells_which_of_its_readings_were_put_back() -> None:
    city = City()
    city.process(records(message(reading("a", 0)), message(reading("a", 300))))

    city.process([record(9, back(reading("a", 65), reading("a", 60.5)))])

    (row, *_) = [row for row in city.rows("history") if "redriven" in row]
    assert (row["minute"], row["readings"], row["late"]) == ("2027-01-15T08:01Z", 2, 2)
    assert unpack(row["redriven"]) == {"a": {500, 5_000}}


def test_a_late_reading_keeps_what_the_row_remembers() -> None:
    city = City()
    city.process(records(message(reading("a", 0)), message(reading("a", 300))))
    city.process([record(9, back(reading("a", 65)))])

    city.process([record(10, message(reading("b", 70), received=301))])
    city.process([record(11, back(reading("a", 65), reading("a", 66)))])

    (row,) = [row for row in city.rows("history") if "redriven" in row]
    assert row["readings"] == 2
    assert unpack(row["redriven"]) == {"a": {5_000}}


def test_a_segment_whose_minutes_can_not_be_read_fails_alone() -> None:
    world = World()
    world.store.rowless["a"] = StoreError("throttled")
    batch = [record(1, back(reading()), "a"), record(2, back(reading()), "b")]

    assert world.run(*batch).failed == ["1"]
    assert set(world.store.segments) == {"b"}

    world.store.rowless.clear()
    assert world.run(*batch).failed == []
    assert world.store.segments["a"].tallies.accepted == 1


def test_what_was_put_back_says_nothing_of_freshness() -> None:
    world = World()

    work = world.run(
        record(1, back(reading(seconds=-9_000)), "a", arrived=0),
        record(2, message(reading()), "b"),
    )

    assert work.figures.freshness_ms == [5_000]
    assert work.figures.counts["Late"] == 1


def test_a_day_put_back_is_written_in_several_transactions() -> None:
    world = World()
    world.run(record(1, message(reading("a", 90_000))))
    hole = [reading("a", 60 * n) for n in range(900)]
    batch = [record(n, back(*hole[n : n + 25])) for n in range(0, 900, 25)]
    for n, one in enumerate(batch, 10):
        one["kinesis"]["sequenceNumber"] = str(n)

    assert world.run(*batch).failed == []

    rows = world.store.written["s"]
    assert {m - MINUTE: row.window.readings for m, row in rows.items()} == (
        dict.fromkeys(range(900), 1)
    )
    assert len(world.store.decisions) >= 10
