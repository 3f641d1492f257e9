"""A reading counts once, however often it is published or delivered."""

from __future__ import annotations

from msgspec.structs import replace

from traffic.policy import FORGET_AFTER_MS, MAX_AGE_MS
from traffic.processor.records import decode_batch
from traffic.segment.fold import fold
from traffic.segment.state_codec import unpack

from .builders import (
    POLICY,
    ROAD,
    START,
    Told,
    message,
    reading,
    record,
    records,
    say,
    tell,
    tell_all,
    tell_parcels,
)

DAY_S = MAX_AGE_MS / 1000


def test_a_reading_published_twice_is_a_duplicate() -> None:
    told = say(message(reading()), message(reading()))

    assert (told.stored.counts.accepted, told.stored.counts.duplicate) == (1, 1)
    assert told.redelivered == 0


def test_a_reading_repeated_in_its_message_is_a_duplicate() -> None:
    told = say(message(reading(), reading()))

    assert (told.stored.counts.accepted, told.stored.counts.duplicate) == (1, 1)


def test_a_reading_that_its_successor_overtook_is_counted_once() -> None:
    late = message(reading(seconds=20))
    told = say(message(reading(seconds=30)), late, late)

    assert (told.stored.counts.accepted, told.stored.counts.duplicate) == (2, 1)


def test_another_sensor_may_be_behind() -> None:
    told = say(message(reading("a", 30)), message(reading("b", 20)))

    assert (told.stored.counts.accepted, told.stored.counts.duplicate) == (2, 0)


def test_a_batch_that_comes_again_changes_nothing() -> None:
    batch = records(message(reading("a"), reading("a")), message(reading("b", 20)))

    once = tell(Told(), batch)
    twice = tell(once, batch)

    assert twice.stored == once.stored
    assert twice.redelivered == 3
    assert not twice.last.has_changes()


def test_a_duplicate_is_counted_once_though_it_comes_again() -> None:
    first, again = records(message(reading()), message(reading()))

    told = tell_all([[first], [again], [again], [first, again]])

    assert (told.stored.counts.accepted, told.stored.counts.duplicate) == (1, 1)
    assert told.redelivered == 3


def test_what_a_half_taken_message_left_over_is_still_counted() -> None:
    """A message that fits in no transaction is taken in parts, and may come again."""
    batch = [record(1, message(reading("a"), reading("b"), reading("b"), reading("a")))]
    whole = tell(Told(), batch)
    (decoded,) = decode_batch(batch, START)["s"].messages
    part = replace(decoded, readings=decoded.readings[:2], positions=range(2))

    halfway = tell_parcels(Told(), [part])
    told = tell(halfway, batch)

    assert told.stored.counts == whole.stored.counts
    assert told.stored.packed == whole.stored.packed
    assert told.redelivered == 2


def test_a_sensor_silent_for_a_day_is_still_known() -> None:
    """Its last reading may come again while the stream retries, and counts once."""
    old = record(1, message(reading("old", -DAY_S), received=0))
    new = record(2, message(reading("new", 60)))

    once = tell_all([[old], [new]])
    told = tell(once, [old, new])

    assert told.stored == once.stored
    assert told.redelivered == 2
    assert once.live["sensors"] == 2


def test_no_message_changes_nothing() -> None:
    state = unpack(say(message(reading())).stored.packed)

    fold(state, [], ROAD, POLICY)

    assert state == unpack(say(message(reading())).stored.packed)


def test_a_sensor_silent_for_days_is_forgotten() -> None:
    later = FORGET_AFTER_MS / 1000 + 60
    told = say(
        message(reading("gone")), message(reading("here", later), received=later)
    )

    assert told.live["sensors"] == 1


def test_a_sensor_that_comes_back_after_days_is_remembered_from_then_on() -> None:
    later = FORGET_AFTER_MS / 1000 + 60
    back = records(message(reading(seconds=later), received=later), first=2)
    once = tell_all([records(message(reading())), back])

    told = tell(once, back)

    assert once.stored.counts.accepted == 2
    assert told.stored == once.stored
    assert told.redelivered == 1
