"""A reading counts once, in whatever order readings of a sensor are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.model import ReadingCounts
from traffic.policy import FORGET_AFTER_MS, MAX_AGE_MS, MOST_SPANS
from traffic.segment.state_codec import unpack

from .builders import MINUTE, Told, message, reading, record, records, say, tell
from .test_laws import by_law

DAY_S = MAX_AGE_MS // 1000


class Street:
    """A segment of one sensor that reports each minute; what it says may come late."""

    def __init__(self) -> None:
        self.told = Told()
        self._sequence = 0

    def deliver(self, minute: int, received: int | None = None, **more: Any) -> str:
        """Deliver the reading of *minute*; return what became of it."""
        before = self.told.stored.counts
        self._sequence += 1
        seconds = 60 * minute
        data = message(
            reading(seconds=seconds, **more),
            received=seconds if received is None else 60 * received,
        )
        self.told = tell(self.told, [record(self._sequence, data, arrived=60 * 10**5)])
        now = self.told.stored.counts
        return next(
            name
            for name in ("accepted", "duplicate", "stale")
            if getattr(now, name) > getattr(before, name)
        )

    def deliver_all(self, minutes: Sequence[int], **more: Any) -> list[str]:
        return [self.deliver(minute, **more) for minute in minutes]


BUFFER = range(1, 31)
ORDERS = {
    "oldest first": list(BUFFER),
    "newest first": list(reversed(BUFFER)),
    "pairs swapped": [m + (1 if m % 2 else -1) for m in BUFFER],
    "two halves": [*range(16, 31), *range(1, 16)],
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_buffer_that_comes_after_a_live_reading_fills_every_minute(
    order: list[int],
) -> None:
    """Thirty minutes without a connection: the live reading goes out first."""
    street = Street()
    street.deliver_all([0, 31])

    assert street.deliver_all(order, received=31) == ["accepted"] * 30

    assert street.told.stored.counts == ReadingCounts(accepted=32, late=29)
    assert street.deliver_all(order, received=31) == ["duplicate"] * 30


def test_a_buffer_may_come_while_live_readings_go_on() -> None:
    street = Street()
    street.deliver_all([0, 31])
    fates = [
        street.deliver(m, received=62)
        for pair in zip(range(32, 62), BUFFER, strict=True)
        for m in pair
    ]

    assert fates == ["accepted"] * 60


def test_a_message_that_is_sent_again_behind_a_newer_one_counts_once() -> None:
    """QoS 1: the device has no receipt for it, and sends it once more."""
    street = Street()

    fates = street.deliver_all([0, 1, 3, 2, 4, 3, 2, 4])

    assert fates == ["accepted"] * 5 + ["duplicate"] * 3


def test_two_outages_are_filled_in_any_order() -> None:
    street = Street()
    street.deliver_all([0, 10, 11, 40, 41])

    lost = [*range(12, 40), *range(1, 10)]
    assert street.deliver_all(lost[::-1]) == ["accepted"] * len(lost)
    assert street.deliver_all(lost) == ["duplicate"] * len(lost)


def test_of_many_outages_the_shortest_are_forgotten_and_their_readings_are_stale() -> (
    None
):
    """Nobody can tell any more whether they were accepted: that is not hidden."""
    street = Street()
    begins = [0, 2, 10, 30, 60, 100]  # each outage is longer than the one before
    street.deliver_all(begins)

    fates = {m: street.deliver(m, received=101) for m in (1, 5, 20, 45, 80)}

    kept = MOST_SPANS - 1  # one is the time before the first reading
    assert list(fates.values()) == ["stale"] * (4 - kept) + ["accepted"] * (kept + 1)
    assert street.told.stored.counts.stale == 4 - kept


def test_what_a_device_buffered_before_its_first_reading_is_new() -> None:
    street = Street()
    street.deliver(DAY_S // 60)

    assert (
        street.deliver_all(range(0, DAY_S // 60, 60), received=DAY_S // 60)
        == ["accepted"] * 24
    )


def test_a_sensor_of_an_old_segment_may_have_been_forgotten() -> None:
    """What is older than that may have been accepted before."""
    days = FORGET_AFTER_MS // 60_000
    street = Street()
    street.deliver(3 * days)
    street.deliver(2 * days + 61, sensor="b")

    assert street.deliver(2 * days + 60, sensor="b") == "accepted"
    assert street.deliver(days, sensor="b") == "stale"
    assert street.deliver(days, sensor="c") == "stale"


def test_a_bin_that_is_corrected_is_stale_and_no_plain_duplicate() -> None:
    street = Street()
    street.deliver(0, count=3, speed=50)

    assert street.deliver(0, count=3, speed=50) == "duplicate"
    assert street.deliver(0, count=7, speed=42) == "stale"


@pytest.mark.parametrize("value", [62.25, 62.35, 62.45, 87.05, 50.0])
def test_a_resend_is_a_duplicate_whatever_its_digits(value: float) -> None:
    street = Street()
    street.deliver(0, speed=value)

    assert street.deliver(0, speed=value) == "duplicate"


@pytest.mark.parametrize(
    "field", [{"occupancy": 0.3}, {"congestion_score": 40.0}], ids=["cover", "score"]
)
@pytest.mark.parametrize("minutes", [1, 3], ids=["new", "known"])
def test_a_correction_of_cover_or_score_is_stale(
    field: dict[str, float], minutes: int
) -> None:
    street, said = Street(), {"occupancy": 0.1, "congestion_score": 20.0}
    street.deliver_all(range(minutes), **said)

    assert street.deliver(minutes - 1, **said) == "duplicate"
    assert street.deliver(minutes - 1, **{**said, **field}) == "stale"


def test_a_reading_put_back_joins_its_minute_and_the_present_goes_on_without_it() -> (
    None
):
    street = Street()
    street.deliver_all([0, 31], speed=90)
    before = street.told.live

    street.deliver(15, speed=5)

    assert street.told.minutes[MINUTE + 15].late == 1
    assert street.told.live == before
    assert street.told.transitions == []


def test_devices_that_use_the_same_sensor_id_have_a_sensor_each() -> None:
    fast = [
        message(reading("1", s, count=12, speed=90), device_id="rsu-A") for s in (0, 60)
    ]
    slow = [
        message(reading("1", s, count=4, speed=10), device_id="rsu-B") for s in (0, 60)
    ]

    told = say(fast[0], slow[0], fast[1], slow[1])

    assert told.stored.counts == ReadingCounts(accepted=4)
    assert list(unpack(told.stored.packed).sensors) == ["1", "1@rsu-B"]


def test_readings_that_name_no_device_are_of_the_sensor_that_is_known() -> None:
    named = message(reading(seconds=0), device_id="rsu-A")
    nameless = message(reading(seconds=60), device_id=None)

    told = say(named, nameless, named)

    assert told.stored.counts == ReadingCounts(accepted=2, duplicate=1)
    assert told.live["sensors"] == 1


@st.composite
def _deliveries(draw: Any) -> list[int]:
    """Minutes in the order in which their readings come: any, and any of them again."""
    minutes = draw(st.lists(st.integers(0, 25), min_size=1, max_size=40))
    if draw(st.booleans()):
        minutes.sort()
    return minutes


@by_law
@given(_deliveries(), st.integers(0, 3))
def test_no_order_of_delivery_counts_a_reading_twice_or_hides_one(
    minutes: list[int], swaps: int
) -> None:
    """Judged by a set: what is called a duplicate was accepted, and only once."""
    for i in range(0, min(2 * swaps, len(minutes) - 1), 2):
        minutes[i], minutes[i + 1] = minutes[i + 1], minutes[i]
    street, accepted = Street(), set[int]()

    for minute in minutes:
        fate = street.deliver(minute, received=30)
        if fate == "accepted":
            assert minute not in accepted
            accepted.add(minute)
        if fate == "duplicate":
            assert minute in accepted

    assert street.told.stored.counts.accepted == len(accepted)
    still_open = unpack(street.told.stored.packed).windows
    rows = {m - MINUTE for m, w in street.told.minutes.items() if w.readings}
    assert rows | {m - MINUTE for m, w in still_open.items() if w.readings} == accepted
    assert all(w.readings == 1 for w in street.told.minutes.values())


@st.composite
def _journeys(draw: Any) -> list[int]:
    """Sixty minutes with two outages whose buffers come later, in any order."""
    begins = sorted(
        draw(st.lists(st.integers(1, 40), min_size=2, max_size=2, unique=True))
    )
    outages = [
        range(begin, min(begin + draw(st.integers(1, 15)), 45)) for begin in begins
    ]
    lost = [m for outage in outages for m in outage]
    made = [m for m in range(60) if m not in lost]
    for outage in outages:
        buffer = [m for m in outage if m in lost]
        lost = [m for m in lost if m not in buffer]
        if draw(st.booleans()):
            buffer.reverse()
        at = draw(st.integers(made.index(46), len(made)))
        made[at:at] = buffer
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(made) - 1))
        made.insert(draw(st.integers(at + 1, len(made))), made[at])
    return made


@by_law
@given(_journeys())
def test_buffers_and_resends_lose_nothing(minutes: list[int]) -> None:
    street = Street()
    fates = street.deliver_all(minutes, received=60)

    seen = set[int]()
    for minute, fate in zip(minutes, fates, strict=True):
        assert fate == ("duplicate" if minute in seen else "accepted")
        seen.add(minute)
    assert seen == set(range(60))


def test_a_record_that_was_put_back_is_judged_by_its_first_receipt() -> None:
    """Dead letters are kept for a year; their arrival in the stream is of today."""
    first = record(1, message(reading(seconds=0), received=1), arrived=1)
    later = record(2, message(reading(seconds=90 * DAY_S), received=90 * DAY_S))
    again = record(3, message(reading(seconds=60), received=61), arrived=91 * DAY_S)

    told = tell(tell(Told(), [first, later]), [again])

    assert told.stored.counts == ReadingCounts(accepted=3, late=1)


def test_a_batch_with_known_readings_only_is_written_so_that_they_are_counted() -> None:
    told = say(message(reading()))

    told = tell(told, records(message(reading()), first=2))

    assert told.last.has_changes()
    assert told.stored.version == 2
