"""One size of a message and one count of shards, for every page and command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.pages import states
from tests.template.template import PARAMETERS
from traffic.shard_scaler.decide import (
    NEWEST_MINUTES,
    Bounds,
    Minute,
    Scale,
    StreamState,
    decide,
)
from traffic.shard_scaler.history import ShardCount
from traffic.timestamps import MINUTE_S
from trafficctl.cost import sizing
from trafficctl.cost.city_load import city

DOCS = Path(__file__).parents[4] / "docs"
SHARDS = sizing.shards(2_000, 25)
SENT, STORED = sizing.message_bytes(25), sizing.record_bytes(25)
NOW_S = 1_800_000_000
LOADS = [  # messages a second, readings in each
    (2_000, 25),
    (7_000, 1),  # exactly 70 % of ten shards
    (50_000, 1),
    (5_000, 30),
    (1_401, 1),
]


def sent(readings: int) -> dict[str, object]:
    one = sizing.READING
    return one if readings == 1 else {"readings": [one] * readings}


@pytest.mark.parametrize("readings", [1, 2, 25])
def test_sizes_are_those_of_the_json(readings: int) -> None:
    in_the_stream = len(json.dumps({**sent(readings), **sizing.ENVELOPE}))

    assert sizing.message_bytes(readings) == len(json.dumps(sent(readings)))
    assert sizing.record_bytes(readings) == in_the_stream + len(sizing.SEGMENT)


def test_sensors_in_step_need_shards_for_the_second_in_which_all_send() -> None:
    spread, in_step = city(), replace(city(), in_step=True)

    assert (spread.peak_messages_s, spread.shards) == (2_000, 12)
    assert (in_step.peak_messages_s, in_step.shards) == (5_000, 30)


@pytest.mark.parametrize(("messages_s", "readings"), LOADS)
def test_the_scaler_leaves_the_shards_and_would_double_one_fewer(
    messages_s: int, readings: int
) -> None:
    shards = sizing.shards(messages_s, readings)

    assert goes_up(shards, messages_s, readings) is False
    assert goes_up(shards - 1, messages_s, readings) is True


def goes_up(shards: int, messages_s: int, readings: int) -> bool:
    """Whether the scaler adds shards to a stream of this steady load."""
    records = messages_s * MINUTE_S
    size = records * sizing.record_bytes(readings)
    newest = [
        Minute(NOW_S - MINUTE_S * ago, records, size)
        for ago in range(NEWEST_MINUTES, 0, -1)
    ]
    history = (ShardCount(NOW_S - 60, shards),)
    decision = decide(StreamState(shards, newest), history, NOW_S, Bounds(1, 1_000))
    return isinstance(decision, Scale) and decision.target > shards


def test_the_template_offers_a_first_count_for_every_load() -> None:
    offered = PARAMETERS["KinesisShardCount"]["AllowedValues"]

    assert sizing.shards(2_000, 25) in offered
    assert PARAMETERS["KinesisShardCount"]["Default"] == sizing.FEWEST_SHARDS


@pytest.mark.parametrize(
    ("page", "facts"),
    [
        ("guides/deploy.md", [f'"KinesisShardCount": {SHARDS}']),
        ("guides/capacity.md", [SHARDS, "50,000 readings", 25]),
        ("explanation/cost.md", [f"{SENT:,} bytes", "25 readings", f"{STORED:,}"]),
    ],
)
def test_the_pages_state_the_same_size(page: str, facts: list[object]) -> None:
    assert states((DOCS / page).read_text(), *facts)
