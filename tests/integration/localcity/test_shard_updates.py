"""A stack update changes a stream's shards if it changes their number."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest


class StreamStack:
    """A stack of one stream."""

    def __init__(self, city: Any) -> None:
        self.name = f"shards-{uuid.uuid4().hex[:8]}"
        self._stacks = city.client("cloudformation")
        self.kinesis = city.client("kinesis")
        self._stacks.create_stack(StackName=self.name, TemplateBody=self._body(1, 24))
        self._stacks.get_waiter("stack_create_complete").wait(StackName=self.name)

    def _body(self, shards: int, hours: int) -> str:
        given = {"Name": self.name, "ShardCount": shards, "RetentionPeriodHours": hours}
        stream = {"Type": "AWS::Kinesis::Stream", "Properties": given}
        return json.dumps({"Resources": {"Stream": stream}})

    def update(self, shards: int, hours: int) -> None:
        body = self._body(shards, hours)
        self._stacks.update_stack(StackName=self.name, TemplateBody=body)
        self._stacks.get_waiter("stack_update_complete").wait(StackName=self.name)

    def delete(self) -> None:
        self._stacks.delete_stack(StackName=self.name)

    def shards(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.kinesis.list_shards(StreamName=self.name)[
            "Shards"
        ]
        return found

    def open_shards(self) -> int:
        summary = self.kinesis.describe_stream_summary(StreamName=self.name)
        return int(summary["StreamDescriptionSummary"]["OpenShardCount"])


@pytest.fixture
def stack(local_city: Any) -> Iterator[StreamStack]:
    made = StreamStack(local_city)
    yield made
    made.delete()


def test_a_stack_update_that_changes_the_shard_count_reshards(
    stack: StreamStack,
) -> None:
    assert stack.open_shards() == 1
    (first,) = stack.shards()

    stack.update(3, 24)

    assert stack.open_shards() == 3
    assert first["ShardId"] not in {one["ShardId"] for one in stack.shards()[-3:]}


def test_an_update_that_leaves_the_shard_count_leaves_what_a_scaler_set(
    stack: StreamStack,
) -> None:
    stack.kinesis.update_shard_count(
        StreamName=stack.name, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
    )
    before = stack.shards()

    stack.update(1, 48)

    assert stack.open_shards() == 2
    assert stack.shards() == before
