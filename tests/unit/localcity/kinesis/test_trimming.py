"""A stream's records go by age and by weight, and no reader loses its place."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ministack.services import kinesis

from localcity.kinesis import streams, trimming
from localcity.kinesis.event_source_model import MappingConfig, Record
from localcity.kinesis.lane import Worker
from localcity.kinesis.lanes import Reader


def shard_of(*arrived: float) -> dict[str, Any]:
    return {
        "records": [
            {
                "SequenceNumber": str(n),
                "PartitionKey": "k",
                "Data": "eA==",
                "ApproximateArrivalTimestamp": at,
            }
            for n, at in enumerate(arrived)
        ],
        "starting_hash_key": "0",
        "ending_hash_key": "9",
    }


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard may hold ten records of this test, and keeps eight when it is trimmed."""
    monkeypatch.setattr(trimming, "MOST_BYTES", 10 * (trimming.RECORD_BYTES + 4))
    monkeypatch.setattr(trimming, "LEFT_BYTES", 8 * (trimming.RECORD_BYTES + 4))
    monkeypatch.setattr(trimming, "_needs", [])


def kept(content: dict[str, Any]) -> list[str]:
    return [record["SequenceNumber"] for record in content["records"]]


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(
    ("records", "settled", "first_kept"),
    [
        (10, 10, 0),  # no more than it may hold
        (11, 11, 3),
        (11, 1, 1),  # of what a reader needs nothing goes
        (11, 0, 0),
    ],
)
def test_a_shard_that_weighs_too_much_drops_what_is_settled(
    records: int, settled: int, first_kept: int
) -> None:
    content = shard_of(*[time.time()] * records)
    stream = {"RetentionPeriodHours": 24, "shards": {"s": content}}
    trimming.on_trim(lambda _stream, _shard_id: settled)
    trimming.on_trim(lambda _stream, _shard_id: 99)  # another reader, further on

    streams.expire(stream)

    assert kept(content) == [str(n) for n in range(first_kept, records)]


@pytest.mark.usefixtures("light")
def test_a_shard_that_nobody_reads_keeps_all() -> None:
    content = shard_of(*[time.time()] * 30)

    streams.expire({"RetentionPeriodHours": 24, "shards": {"s": content}})

    assert len(content["records"]) == 30


@pytest.mark.usefixtures("light")
def test_a_long_run_takes_no_more_memory() -> None:
    content = shard_of()
    stream = {"RetentionPeriodHours": 24, "shards": {"s": content}}
    shard = streams.Shard("s", content, closed=False, generation=0)
    trimming.on_trim(lambda _stream, _shard_id: streams.end(shard) - 2)
    (record,) = shard_of(time.time())["records"]

    sizes = set()
    for _ in range(1_000):
        streams.expire(stream)
        content["records"].append(dict(record))
        sizes.add(len(content["records"]))

    assert max(sizes) == 11
    assert streams.end(shard) == 1_000
    assert [r.offset for r in streams.read(shard, 0, 2)] == [
        1_000 - len(content["records"]),
        1_001 - len(content["records"]),
    ]


class Idle:
    """A mapping of batches of two, as its lanes see it."""

    account, region, mapping_id = "000000000000", "us-east-1", "idle"
    stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s"

    def __init__(self) -> None:
        self.esm: dict[str, Any] = {"FunctionName": "idle"}

    def config(self) -> MappingConfig:
        return MappingConfig(2, 0, 1, False, 0, 60, True)

    def function(self) -> dict[str, Any]:
        return {"config": {}}

    def stream(self) -> dict[str, Any]:
        return {}


def test_a_batch_in_hand_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that is stopped reads it again from the stream."""
    shard = streams.Shard("s", shard_of(*[time.time()] * 5), False, 0)
    source: Any = Idle()
    lane, needed = Worker(source, shard, 0, 0), []
    reader = Reader(source)
    reader.workers["s"] = [lane]

    def execute(*_args: object) -> dict[str, Any]:
        needed.append(reader.needed("s"))
        return {"body": {"batchItemFailures": []}}

    monkeypatch.setattr(lane, "_execute", execute)
    monkeypatch.setattr(lane, "_may_read", lambda *_args: True)
    for _turn in range(3):
        lane._turn()

    assert needed == [0, 2, 4]


def test_what_no_lane_has_begun_is_needed_and_what_is_finished_is_not() -> None:
    source: Any = Idle()
    reader = Reader(source)
    reader.settled["paused"] = 7
    reader.finished.add("closed")

    assert [reader.needed(each) for each in ("new", "paused")] == [0, 7]
    assert reader.needed("closed") > 1_000_000_000


@pytest.mark.usefixtures("light")
def test_a_reader_by_the_api_keeps_its_place_too() -> None:
    content = shard_of(*[time.time()] * 11)
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
    stream = {"RetentionPeriodHours": 24, "shards": {"s": content}, "StreamARN": arn}
    places = {
        name: {"stream_arn": arn, "shard_id": "s", "position": at}
        for name, at in (("behind", 1), ("ahead", 5))
    }
    trimming.on_trim(lambda _stream, _shard_id: 99)
    for name, place in places.items():
        kinesis._shard_iterators.set_scoped("000000000000", "us-east-1", name, place)

    try:
        streams.expire(stream)
    finally:
        for name in places:
            kinesis._shard_iterators.pop_scoped("000000000000", "us-east-1", name)

    assert kept(content)[0] == "3"
    assert [place["position"] for place in places.values()] == [0, 2]


def test_readers_keep_their_place_when_the_retention_takes_records() -> None:
    now = time.time()
    content = shard_of(now - 90_000, now - 90_000, now)
    stream = {"RetentionPeriodHours": 24, "shards": {"s": content}}
    shard = streams.Shard("s", content, closed=False, generation=0)

    streams.expire(stream)

    assert [r.offset for r in streams.read(shard, 0, 10)] == [2]
    assert streams.read(shard, 2, 10) == [Record("2", "k", "eA==", now, 2)]
    assert streams.end(shard) == 3
