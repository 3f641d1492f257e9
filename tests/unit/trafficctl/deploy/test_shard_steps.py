"""AWS takes from half to double of a stream's shards in one update."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.template.template import PATH, TEXT
from trafficctl.cost.sized import offered
from trafficctl.deploy import shard_steps
from trafficctl.deploy.deployment import deploy
from trafficctl.deploy.request import DeployRequest, Prompter
from trafficctl.errors import UserError

from ..stack.fakes import BUCKET, FakeSession, refusal

COUNTS = offered(TEXT)
TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("shards", "target", "first"),
    [
        (2, 12, [4, 8]),
        (12, 2, [6, 3]),
        (2, 4, []),
        (4, 2, []),
        (5, 2, [3]),  # half of five is more than two
        (5, 3, []),
        (7, 7, []),
        (3, 40, [6, 12, 24]),
        (11, 128, [20, 40, 80]),  # a count that the template does not offer
        (256, 1, [128, 64, 32, 16, 8, 4, 2]),
        (1_000, 256, []),  # no offered count is within reach
    ],
)
def test_the_steps_to_a_count_are_as_few_and_as_far_as_aws_takes(
    shards: int, target: int, first: list[int]
) -> None:
    assert shard_steps.steps(shards, target, COUNTS) == first


def parameters(count: int, mode: str = "PROVISIONED") -> dict[str, str]:
    return {"KinesisShardCount": str(count), "KinesisStreamMode": mode}


@pytest.mark.parametrize(
    ("kept", "sent", "reverts", "set_to"),
    [
        (parameters(2), parameters(12), False, 12),
        (parameters(2), parameters(2), False, None),  # the scaler's count stays
        (parameters(2), parameters(2), True, 2),
        (parameters(2, "ON_DEMAND"), parameters(12), False, None),
        (parameters(2), parameters(12, "ON_DEMAND"), False, None),
        (parameters(2, "ON_DEMAND"), parameters(12, "ON_DEMAND"), False, None),
        ({}, parameters(12), False, None),  # no stack yet
    ],
)
def test_shards_are_set_by_a_new_count_or_when_drift_is_reverted(
    kept: dict[str, str], sent: dict[str, str], reverts: bool, set_to: int | None
) -> None:
    assert shard_steps.wished(kept, sent, reverts) == set_to


def city(summary: Any) -> FakeSession:
    """A running stack of two shards at least, and what Kinesis says of its stream."""
    stack = {
        "StackStatus": "UPDATE_COMPLETE",
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in parameters(2).items()
        ],
        "Outputs": [{"OutputKey": "ReadingsStream", "OutputValue": "city-readings"}],
    }
    unchanged = {"Status": "FAILED", "StatusReason": "No updates are to be performed."}
    return FakeSession(
        {
            **BUCKET,
            ("sts", "get_caller_identity"): {"Account": "111122223333"},
            ("s3", "put_object"): {},
            ("cloudformation", "describe_stacks"): {"Stacks": [stack]},
            ("cloudformation", "create_change_set"): {"Id": "c", "StackId": "s"},
            ("cloudformation", "describe_change_set"): unchanged,
            ("cloudformation", "delete_change_set"): {},
            ("kinesis", "describe_stream_summary"): summary,
        }
    )


def summary(shards: int, mode: str = "PROVISIONED") -> Any:
    return {
        "StreamDescriptionSummary": {
            "OpenShardCount": shards,
            "StreamModeDetails": {"StreamMode": mode},
        }
    }


def deployed(session: FakeSession, folder: Path, count: int) -> bool:
    """Whether a change set was made for so many shards."""
    code = folder / "traffic.zip"
    code.write_bytes(b"")
    wish = DeployRequest(
        "city", Path(PATH), {"KinesisShardCount": str(count)}, code, today=TODAY
    )
    talk = Prompter(lambda _text: None, lambda _changes: None, lambda _text: True)
    deploy(session, wish, talk)
    return any(name == "create_change_set" for _, name, _ in session.asked)


def test_more_than_double_is_refused_with_the_steps_before_anything_is_made(
    tmp_path: Path,
) -> None:
    session = city(summary(2))

    with pytest.raises(UserError) as refused:
        deployed(session, tmp_path, 12)

    assert "the stream has 2 open shards" in str(refused.value)
    assert (
        "repeat this command with --parameter KinesisShardCount=4, then "
        "--parameter KinesisShardCount=8, then without"
    ) in str(refused.value)
    assert not {name for _, name, _ in session.asked} & {
        "put_object",
        "create_change_set",
    }


@pytest.mark.parametrize(
    "found",
    [
        summary(8),  # the scaler has doubled twice
        summary(2, "ON_DEMAND"),  # by hand
        refusal("ResourceNotFoundException"),
    ],
)
def test_open_shards_decide_and_not_the_former_parameter(
    tmp_path: Path, found: Any
) -> None:
    assert deployed(city(found), tmp_path, 12)


def test_shards_that_the_scaler_has_added_are_not_cut_to_less_than_half(
    tmp_path: Path,
) -> None:
    with pytest.raises(
        UserError, match="deploy with --parameter KinesisShardCount=32, then"
    ):
        deployed(city(summary(64)), tmp_path, 12)


def test_a_local_stream_has_no_limit(tmp_path: Path) -> None:
    session = city(summary(2))
    session.endpoint = "http://127.0.0.1:1"

    assert deployed(session, tmp_path, 12)
