"""The deployed shard scaler changes a stream, and needs each of its permissions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from traffic.shard_scaler.aws import TAG
from traffic.shard_scaler.decide import SHARD_RECORDS_S

from ..conftest import LocalCity, beside
from .swept import swept

SHARDS = 2
BUSY = 0.75


@dataclass
class Scaled:
    """A stack whose scaler looks only when it is told to."""

    at: LocalCity
    told: set[datetime] = field(default_factory=set)  # minutes that have their metrics

    @property
    def stream(self) -> str:
        return self.at.outputs["ReadingsStream"]

    def shards(self) -> int:
        told = self.at.client("kinesis").describe_stream_summary(StreamName=self.stream)
        return int(told["StreamDescriptionSummary"]["OpenShardCount"])

    def remembered(self) -> list[int]:
        told = self.at.client("kinesis").list_tags_for_stream(StreamName=self.stream)
        tags = {one["Key"]: one["Value"] for one in told["Tags"]}
        return [int(one.split(":")[1]) for one in tags.get(TAG, "").split()]

    def role(self) -> str:
        name = self.at.outputs["ShardScalerFunction"]
        told = self.at.client("lambda").get_function_configuration(FunctionName=name)
        return str(told["Role"])

    def seen(self) -> int:
        """Looks that its log has."""
        group = f"/aws/lambda/{self.at.outputs['ShardScalerFunction']}"
        pages = self.at.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, filterPattern='"ShardChanges"')
        return sum(len(page["events"]) for page in found)

    def forget(self) -> None:
        """As it was deployed, whatever was done to it."""
        kinesis = self.at.client("kinesis")
        kinesis.update_shard_count(
            StreamName=self.stream,
            TargetShardCount=SHARDS,
            ScalingType="UNIFORM_SCALING",
        )
        kinesis.remove_tags_from_stream(StreamName=self.stream, TagKeys=[TAG])

    def be_busy(self) -> None:
        """The last minutes filled three quarters of the deployed shards."""
        this_minute = datetime.now(timezone.utc).replace(second=0, microsecond=0)
        minutes = {this_minute - timedelta(minutes=ago) for ago in (1, 2, 3)}
        for minute in sorted(minutes - self.told):
            self.at.client("cloudwatch").put_metric_data(
                Namespace="AWS/Kinesis", MetricData=[self._full(minute)]
            )
        self.told |= minutes

    def _full(self, minute: datetime) -> dict[str, Any]:
        return {
            "MetricName": "IncomingRecords",
            "Dimensions": [{"Name": "StreamName", "Value": self.stream}],
            "Timestamp": minute,
            "Value": BUSY * SHARDS * SHARD_RECORDS_S * 60,
        }

    def look(self) -> tuple[str, dict[str, Any]]:
        """Have it look once; its error, and the line of metrics that it printed."""
        return swept(self.at, self.at.outputs["ShardScalerFunction"])[:2]


@pytest.fixture(scope="module")
def deployed(local_city: LocalCity) -> Scaled:
    own = beside(local_city, "scaling")
    own.client("events").disable_rule(Name="scaling-shard-scaler")
    return Scaled(own)


@pytest.fixture
def scaled(deployed: Scaled) -> Iterator[Scaled]:
    yield deployed
    deployed.forget()


def test_it_remembers_what_it_sees_and_doubles_a_busy_stream(scaled: Scaled) -> None:
    error, printed = scaled.look()
    assert (error, scaled.shards(), scaled.remembered()) == ("", SHARDS, [SHARDS])
    assert printed["Decision"] == "no metrics of the last 5 minutes"

    scaled.be_busy()
    error, printed = scaled.look()
    assert (error, scaled.shards()) == ("", 2 * SHARDS)
    assert (printed["Shards"], printed["ShardChanges"]) == (SHARDS, 1)

    error, printed = scaled.look()
    assert (error, scaled.shards()) == ("", 2 * SHARDS)
    assert printed["ShardUtilizationPercent"] == 100 * BUSY / 2
    assert scaled.remembered() == [SHARDS, 2 * SHARDS]


LOOK = [
    "kinesis:DescribeStreamSummary",
    "kinesis:ListTagsForStream",
    "kinesis:AddTagsToStream",
    "kinesis:UpdateShardCount",
    "cloudwatch:GetMetricData",
]
LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]


@pytest.mark.parametrize("action", LOOK)
def test_without_it_the_look_fails_and_changes_nothing(
    scaled: Scaled, without_action: Any, action: str
) -> None:
    scaled.be_busy()

    with without_action(scaled.role(), action):
        error, _ = scaled.look()
        assert action in error
        assert scaled.shards() == SHARDS
    error, _ = scaled.look()

    assert (error, scaled.shards()) == ("", 2 * SHARDS)


@pytest.mark.parametrize("action", LOG)
def test_without_it_the_scaler_works_unseen(
    scaled: Scaled, without_action: Any, eventually: Any, action: str
) -> None:
    def is_seen() -> bool:
        before = scaled.seen()
        error, _ = scaled.look()
        return (error, scaled.seen() > before) == ("", True)

    scaled.be_busy()
    with without_action(scaled.role(), action):
        assert eventually(lambda: not is_seen())
        assert scaled.shards() == 2 * SHARDS
    assert eventually(is_seen)


def test_a_stream_on_demand_has_no_scaler(local_city: LocalCity) -> None:
    on_demand = beside(local_city, "ondemand", KinesisStreamMode="ON_DEMAND")

    assert "ShardScalerFunction" not in on_demand.outputs
    told = local_city.client("cloudformation").describe_stack_resources(
        StackName="ondemand"
    )["StackResources"]
    names = [one["LogicalResourceId"] for one in told]
    assert "ReadingsStream" in names
    assert [name for name in names if name.startswith("ShardScaler")] == []
