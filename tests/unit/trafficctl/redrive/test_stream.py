"""No faster than asked for, and what the stream leaves out comes again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from trafficctl.errors import CityError
from trafficctl.redrive.dead_letters import StreamRecord
from trafficctl.redrive.stream_writer import MOST_BYTES, StreamWriter

from .fakes import Clock, FakeKinesis


def some(count: int, readings: int = 25, size: int = 100) -> list[StreamRecord]:
    return [StreamRecord(f"s{n}", bytes(size), readings, 0) for n in range(count)]


def stream_of(rate: float) -> tuple[StreamWriter, FakeKinesis, Clock]:
    kinesis, clock = FakeKinesis(), Clock()
    return StreamWriter(kinesis, "stream", rate, clock, clock.sleep), kinesis, clock


def test_the_rate_is_kept_over_the_whole_and_in_every_second() -> None:
    stream, kinesis, clock = stream_of(1_000)
    sent = []
    for part in range(4):
        stream.put(some(100))
        sent.append((clock.now, sum(kinesis.requests)))
        assert len(kinesis.records) == 100 * (part + 1)

    assert clock.now == pytest.approx(9.5)  # when the last of 10,000 readings went
    assert max(kinesis.requests) * 25 <= 1_000
    assert all((b - a) * 25 <= 1_000 * (t - s + 1) for (s, a), (t, b) in pairwise(sent))


def test_time_that_other_work_took_is_not_made_up_for_in_a_burst() -> None:
    stream, kinesis, clock = stream_of(100)
    stream.put(some(4))
    clock.sleep(3_600)
    stream.put(some(8))

    assert clock.now == pytest.approx(3_601)
    assert kinesis.requests == [4, 4, 4]


def test_a_request_holds_no_more_than_kinesis_takes() -> None:
    stream, kinesis, _ = stream_of(1e9)

    stream.put(some(1_200))
    assert kinesis.requests == [500, 500, 200]
    stream.put(some(9, size=MOST_BYTES // 4))
    assert max(kinesis.requests[3:]) <= 4


def test_one_message_above_the_rate_still_goes() -> None:
    stream, kinesis, clock = stream_of(10)

    stream.put(some(2))

    assert (kinesis.requests, clock.now) == ([1, 1], 2.5)


def test_what_the_stream_leaves_out_comes_again_alone() -> None:
    stream, kinesis, _ = stream_of(1e9)
    kinesis.refuses = [3, 2, 0]

    stream.put(some(5))

    assert kinesis.requests == [5, 3, 2]
    assert sorted(r["PartitionKey"] for r in kinesis.records) == [
        f"s{n}" for n in range(5)
    ]


def test_a_stream_that_keeps_refusing_is_an_error_with_advice() -> None:
    stream, kinesis, clock = stream_of(1e9)
    kinesis.refuses = [5] * 100

    with pytest.raises(CityError, match=r"ProvisionedThroughputExceeded.*--rate"):
        stream.put(some(5))
    assert clock.now > 5
