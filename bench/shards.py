"""A stream as AWS limits it, in seconds of a model's time: what scaling is tried on.

It answers the calls of the shard scaler in the place of boto3's clients. Modelled are
ten changes in rolling 24 hours, at most double and at least half, no change during a
change, thirty seconds for each shard that is split or merged one after the other,
and metrics that come one to two minutes late.
"""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

DAY_S = 86_400
SHARD_S = 30  # of one split or merge
RECORD_BYTES = 500


def refusal(operation: str, code: str, message: str) -> ClientError:
    """An error as AWS gives it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass
class Change:
    """A change of the shard count under way."""

    before: int
    target: int
    begun_s: int

    @property
    def ends_s(self) -> int:
        """When the last shard is split or merged."""
        return self.begun_s + SHARD_S * abs(self.target - self.before)

    def count(self, now_s: int) -> int:
        """The shards that are open meanwhile."""
        done = (now_s - self.begun_s) // SHARD_S
        sign = 1 if self.target > self.before else -1
        return self.before + sign * min(done, abs(self.target - self.before))


@dataclass
class Stream:
    """A provisioned stream with its metrics; time moves by `take`.

    *silent* is the seconds whose metrics never come, *busy* those in which
    CloudWatch refuses to answer. The next *answers_lost* changes are made, yet their
    caller hears nothing.
    """

    shards: int
    now_s: int
    quota: int = 10_000
    tags: dict[str, str] = field(default_factory=dict)
    hot_share: float = 0  # of the records, that go to one shard for one key's sake
    age_ms: Callable[[int], float] = lambda _now_s: 300.0
    silent: Callable[[int], bool] = lambda _now_s: False
    busy: Callable[[int], bool] = lambda _now_s: False
    answers_lost: int = 0
    calls_s: list[int] = field(default_factory=list)  # of changes that AWS counts
    counts: list[tuple[int, int]] = field(default_factory=list)  # all it ever had
    _change: Change | None = None
    _sums: dict[int, Counter[str]] = field(default_factory=dict)
    _known_s: list[int] = field(default_factory=list)
    _times: list[datetime] = field(default_factory=list)
    _values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def take(self, demand: float, seconds: int) -> float:
        """Take what fills *demand* shards for so long; the share that was refused."""
        self._settle()
        taken = min(demand, self.open)
        if self.hot_share * demand > 1:
            taken = min(taken, demand * (1 - self.hot_share) + 1)
        minute = self._sums.setdefault(self.now_s - self.now_s % 60, Counter())
        minute["records"] += round(1_000 * taken * seconds)
        minute["throttled"] += round(1_000 * (demand - taken) * seconds)
        self.now_s += seconds
        return (demand - taken) / demand if demand else 0.0

    @property
    def open(self) -> int:
        """Shards that are open now."""
        return self._change.count(self.now_s) if self._change else self.shards

    def _settle(self) -> None:
        if self._change and self.now_s >= self._change.ends_s:
            self.shards, self._change = self._change.target, None
            self.counts.append((self.now_s, self.shards))

    def describe_stream_summary(self, **_asked: Any) -> dict[str, Any]:
        """Status and open shards."""
        self._settle()
        summary = {
            "OpenShardCount": self.open,
            "StreamStatus": "UPDATING" if self._change else "ACTIVE",
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        }
        return {"StreamDescriptionSummary": summary}

    def list_tags_for_stream(self, **_asked: Any) -> dict[str, Any]:
        """The stream's tags."""
        return {"Tags": [{"Key": k, "Value": v} for k, v in self.tags.items()]}

    def add_tags_to_stream(self, Tags: dict[str, str], **_asked: Any) -> None:  # noqa: N803 - boto3's name
        """Write tags."""
        if any(len(value) > 256 for value in Tags.values()):
            raise refusal("AddTagsToStream", "InvalidArgumentException", "too long")
        self.tags.update(Tags)

    def update_shard_count(self, TargetShardCount: int, **_asked: Any) -> None:  # noqa: N803 - boto3's name
        """Begin a change, or refuse it as AWS does."""
        self._settle()
        self._check(TargetShardCount)
        self.calls_s.append(self.now_s)
        self._change = Change(self.shards, TargetShardCount, self.now_s)
        if self.answers_lost:
            self.answers_lost -= 1
            raise ReadTimeoutError(endpoint_url="https://kinesis.example")

    def _check(self, target: int) -> None:
        counted = [at for at in self.calls_s if at > self.now_s - DAY_S]
        if self._change:
            raise refusal("UpdateShardCount", "ResourceInUseException", "UPDATING")
        if not self.shards / 2 <= target <= 2 * self.shards:
            raise refusal(
                "UpdateShardCount", "InvalidArgumentException", f"{target} shards"
            )
        if target > self.quota or len(counted) >= 10:
            raise refusal("UpdateShardCount", "LimitExceededException", "the limit")

    def get_metric_data(
        self,
        MetricDataQueries: list[dict[str, Any]],  # noqa: N803 - boto3's name
        StartTime: datetime,  # noqa: N803 - boto3's name
        EndTime: datetime,  # noqa: N803 - boto3's name
        **_asked: Any,
    ) -> dict[str, Any]:
        """The minutes that have become known by now."""
        if self.busy(self.now_s):
            raise refusal("GetMetricData", "ThrottlingException", "Rate exceeded")
        self._learn()
        first = bisect.bisect_left(self._known_s, int(StartTime.timestamp()))
        last = bisect.bisect_left(self._known_s, int(EndTime.timestamp()))
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Timestamps": self._times[first:last],
                    "Values": self._values[query["Id"]][first:last],
                }
                for query in MetricDataQueries
            ]
        }

    def _learn(self) -> None:
        """Publish the minutes that are due; each is known once and stays as it is."""
        for at_s in sorted(self._sums):
            if self.now_s < at_s + 60 + 60 + at_s // 60 % 7 * 10:
                return
            minute = self._sums.pop(at_s)
            if self.silent(at_s):
                continue
            self._known_s.append(at_s)
            self._times.append(datetime.fromtimestamp(at_s, timezone.utc))
            self._values["records"].append(minute["records"])
            self._values["size"].append(RECORD_BYTES * minute["records"])
            self._values["throttled"].append(minute["throttled"])
            self._values["age_ms"].append(self.age_ms(at_s))
