"""One look of the function: what it asks, what it prints, and which errors it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bench.shards import Stream, refusal
from traffic.errors import SettingsError
from traffic.settings import required
from traffic.shard_scaler.aws import METRICS, TAG, Clients
from traffic.shard_scaler.function import run_once
from traffic.shard_scaler.history import ShardCount, text
from traffic.shard_scaler.settings import ShardScalerSettings, read

from .builders import NOW_S

CHOSEN = ShardScalerSettings(
    stream="readings",
    processor="processor",
    stack="city",
    min_shards=2,
    max_shards=8,
)
ENVIRONMENT = {
    "STREAM_NAME": "readings",
    "PROCESSOR_NAME": "processor",
    "STACK_NAME": "city",
    "MIN_SHARDS": "2",
    "MAX_SHARDS": "8",
}


class Spy:
    """A client that notes what it is asked, and refuses what it is told to."""

    def __init__(self, client: Any, **refused: ClientError) -> None:
        self._client, self._refused = client, refused
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**asked: Any) -> Any:
            self.asked.append((name, asked))
            if name in self._refused:
                raise self._refused[name]
            return getattr(self._client, name)(**asked)

        return call


def busy(shards: int = 2) -> Stream:
    """A full stream with an hour of metrics."""
    stream = Stream(shards, NOW_S - 4_000)
    while stream.now_s < NOW_S:
        stream.take(shards, 10)
    stream.tags[TAG] = text((ShardCount(NOW_S - 200_000, shards),))
    return stream


def looked(
    stream: Stream, capsys: pytest.CaptureFixture[str], **refused: ClientError
) -> tuple[Spy, dict[str, Any]]:
    spy = Spy(stream, **refused)
    run_once(Clients(spy, spy), CHOSEN, stream.now_s * 1_000)
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return spy, printed


def test_it_asks_for_an_hour_of_all_metrics_in_one_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    spy, _ = looked(busy(), capsys)

    ((_, asked),) = [call for call in spy.asked if call[0] == "get_metric_data"]
    assert asked["EndTime"].timestamp() == NOW_S
    assert asked["StartTime"].timestamp() == NOW_S - 3_600
    assert {
        query["Id"]: (
            query["MetricStat"]["Metric"]["Namespace"],
            query["MetricStat"]["Metric"]["MetricName"],
            query["MetricStat"]["Stat"],
        )
        for query in asked["MetricDataQueries"]
    } == METRICS
    assert [
        query["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
        for query in asked["MetricDataQueries"]
    ] == ["readings", "readings", "readings", "processor"]


def test_its_figures_are_one_line_with_the_reason_beside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, printed = looked(busy(), capsys)

    (directive,) = printed.pop("_aws")["CloudWatchMetrics"]
    assert printed == {
        "Stack": "city",
        "Shards": 2,
        "ShardChanges": 1,
        "ScalerHeldBack": 0,
        "HotShard": 0,
        "ShardUtilizationPercent": 100.0,
        "Decision": "2 to 4: 100% in use",
    }
    assert {one["Name"]: one["Unit"] for one in directive["Metrics"]} == {
        "Shards": "Count",
        "ShardChanges": "Count",
        "ScalerHeldBack": "Count",
        "HotShard": "Count",
        "ShardUtilizationPercent": "Percent",
    }


def test_a_utilization_that_is_not_known_is_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, printed = looked(Stream(2, NOW_S), capsys)

    assert "ShardUtilizationPercent" not in printed
    assert printed["ShardChanges"] == 0


@pytest.mark.parametrize("code", ["LimitExceededException", "ResourceInUseException"])
def test_what_aws_does_not_allow_now_is_held_back(
    capsys: pytest.CaptureFixture[str], code: str
) -> None:
    refused = refusal("UpdateShardCount", code, "not now")

    _, printed = looked(busy(), capsys, update_shard_count=refused)

    assert (printed["ShardChanges"], printed["ScalerHeldBack"]) == (0, 1)
    assert printed["Decision"] == "100% in use, AWS: not now"


@pytest.mark.parametrize(
    "call",
    [
        "describe_stream_summary",
        "get_metric_data",
        "list_tags_for_stream",
        "add_tags_to_stream",
        "update_shard_count",
    ],
)
def test_any_other_refusal_fails_the_look(
    capsys: pytest.CaptureFixture[str], call: str
) -> None:
    denied = refusal(call, "AccessDeniedException", "no")
    stream = busy()
    stream.tags.clear()  # so that there is something to note

    with pytest.raises(ClientError, match="AccessDenied"):
        looked(stream, capsys, **{call: denied})


def test_a_memory_that_cannot_be_written_now_does_not_stop_the_way_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = busy()
    stream.tags.clear()
    refused = refusal("AddTagsToStream", "LimitExceededException", "five a second")

    _, printed = looked(stream, capsys, add_tags_to_stream=refused)

    assert printed["ShardChanges"] == 1


def test_only_news_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    stream = busy()

    spy, _ = looked(stream, capsys)
    assert "add_tags_to_stream" not in [name for name, _ in spy.asked]


def test_the_count_of_a_stream_that_changes_is_not_noted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = busy(4)
    looked(stream, capsys)
    known = dict(stream.tags)
    stream.take(1, 60)  # two of the four shards are split

    _, printed = looked(stream, capsys)

    assert (printed["Shards"], stream.tags) == (6, known)
    assert printed["Decision"] == "the stream is UPDATING"


def test_the_settings_are_the_environment_that_the_template_sets() -> None:
    assert read(ENVIRONMENT) == CHOSEN
    assert set(ENVIRONMENT) == set(required(ShardScalerSettings))


@pytest.mark.parametrize("name", required(ShardScalerSettings))
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    less = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(SettingsError, match=name):
        read(less)
