"""Event source mappings in the emulator: what the model says is what happens."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..pipe import READ_ACTIONS, WRITE_ACTIONS, Pipe


def numbered(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [{"n": n, **more} for n in numbers]


def test_records_come_in_order_and_in_batches(pipe: Pipe, eventually: Any) -> None:
    pipe.put(*numbered(*range(25)))
    pipe.map(BatchSize=10, MaximumBatchingWindowInSeconds=1)

    assert eventually(lambda: len(pipe.numbers()) == 25)
    assert [len(b) for b in pipe.batches()] == [10, 10, 5]
    assert pipe.numbers() == list(range(25))


def test_a_mapping_from_latest_leaves_out_what_was_there(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put(*numbered(1))
    pipe.map(StartingPosition="LATEST")
    pipe.put(*numbered(2))

    assert eventually(pipe.batches) == [[2]]


def test_a_mapping_at_an_instant_begins_with_what_came_then(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put(*numbered(1, 2))
    time.sleep(0.1)
    since = time.time()
    time.sleep(0.1)
    pipe.put(*numbered(3, 4))

    pipe.map(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=since)
    pipe.put(*numbered(5))

    assert eventually(lambda: pipe.numbers()[-1:] == [5])
    assert pipe.numbers() == [3, 4, 5]


def test_a_mapping_at_an_instant_needs_one(pipe: Pipe) -> None:
    with pytest.raises(ClientError, match="StartingPositionTimestamp is required"):
        pipe.map(StartingPosition="AT_TIMESTAMP")


def test_a_function_has_one_mapping_of_a_stream_and_each_alias_another(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put(*numbered(1))
    pipe.map()
    first = pipe.mapping
    assert eventually(pipe.numbers) == [1]
    with pytest.raises(ClientError, match="mapping already exists"):
        pipe.map()
    pipe.city.client("lambda").create_alias(
        FunctionName=pipe.name, Name="replay", FunctionVersion="$LATEST"
    )

    pipe.map(FunctionName=f"{pipe.name}:replay")

    assert eventually(lambda: pipe.numbers() == [1, 1])
    pipe.city.client("lambda").delete_event_source_mapping(UUID=first)


def test_only_what_follows_the_failed_record_comes_again(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put({"n": 0}, {"n": 1, "fail": True}, {"n": 2})
    pipe.map(MaximumRetryAttempts=1, MaximumBatchingWindowInSeconds=1)

    assert eventually(pipe.failures)
    assert pipe.batches() == [[0, 1, 2], [1, 2]]


def test_a_poison_record_is_isolated_and_set_aside_alone(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.put(*numbered(0, 1, 2), {"n": 3, "raise": True}, *numbered(4, 5))
    pipe.map(
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        MaximumBatchingWindowInSeconds=1,
    )

    ((key, body),) = eventually(pipe.failures).items()

    assert key.startswith(f"aws/lambda/{pipe.mapping}/shardId-000000000000/")
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert body["responseContext"]["functionError"] == "Unhandled"
    assert body["KinesisBatchInfo"]["batchSize"] == 1
    (record,) = body["payload"]["Records"]
    assert json.loads(base64.b64decode(record["kinesis"]["data"]))["n"] == 3
    assert eventually(lambda: {0, 1, 2, 4, 5} <= set(pipe.numbers()))


@pytest.mark.parametrize("action", READ_ACTIONS)
def test_a_role_that_may_not_read_stops_the_mapping(
    pipe: Pipe, without_action: Any, eventually: Any, action: str
) -> None:
    with without_action(pipe.role_arn, action):
        pipe.put(*numbered(1))
        pipe.map()
        assert eventually(lambda: "PROBLEM" in pipe.result())
        assert action.replace("Summary", "") in pipe.result()
        assert pipe.batches() == []
    assert eventually(pipe.batches) == [[1]]


@pytest.mark.parametrize("action", WRITE_ACTIONS)
def test_a_role_that_may_not_write_loses_what_failed(
    pipe: Pipe, without_action: Any, eventually: Any, action: str
) -> None:
    """As on AWS: DestinationDeliveryFailures counts it, and the stream goes on."""
    with without_action(pipe.role_arn, action):
        pipe.put({"n": 1, "raise": True})
        pipe.map(MaximumRetryAttempts=0)
        assert eventually(lambda: "discarded" in pipe.result())
        pipe.put(*numbered(2))
        assert eventually(lambda: 2 in pipe.numbers())
        assert pipe.failures() == {}


@pytest.mark.parametrize("count", [4, 3, 1])
def test_a_new_shard_count_loses_nothing_and_keeps_the_order(
    pipe: Pipe, eventually: Any, count: int
) -> None:
    kinesis = pipe.city.client("kinesis")
    kinesis.update_shard_count(
        StreamName=pipe.name, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
    )
    for n in range(5):
        pipe.put({"n": n}, key="a")
    kinesis.update_shard_count(
        StreamName=pipe.name, TargetShardCount=count, ScalingType="UNIFORM_SCALING"
    )
    for n in range(5, 10):
        pipe.put({"n": n}, key="a")
    pipe.map(BatchSize=3)

    assert eventually(lambda: len(pipe.numbers()) == 10)
    assert pipe.numbers() == list(range(10))


def test_a_shard_that_splits_under_the_mapping_is_read_to_its_end(
    pipe: Pipe, eventually: Any
) -> None:
    pipe.map(BatchSize=2, ParallelizationFactor=3)
    pipe.put(*numbered(*range(7)), key="a")
    kinesis = pipe.city.client("kinesis")
    shard = kinesis.list_shards(StreamName=pipe.name)["Shards"][0]
    kinesis.split_shard(
        StreamName=pipe.name,
        ShardToSplit=shard["ShardId"],
        NewStartingHashKey=str(2**127),
    )
    pipe.put(*numbered(*range(7, 14)), key="a")

    assert eventually(lambda: len(pipe.numbers()) == 14)
    assert pipe.numbers() == list(range(14))


def test_a_disabled_mapping_goes_on_where_it_was(pipe: Pipe, eventually: Any) -> None:
    aws = pipe.city.client("lambda")
    pipe.map()
    pipe.put(*numbered(1))
    assert eventually(pipe.batches) == [[1]]
    aws.update_event_source_mapping(UUID=pipe.mapping, Enabled=False)
    time.sleep(0.6)  # the mappings are looked after four times a second

    pipe.put(*numbered(2))
    time.sleep(0.3)
    assert pipe.numbers() == [1]
    aws.update_event_source_mapping(
        UUID=pipe.mapping, Enabled=True, ParallelizationFactor=2
    )

    assert eventually(lambda: pipe.numbers() == [1, 2])
