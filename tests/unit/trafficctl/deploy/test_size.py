"""What `deploy --size` sets, and what it leaves to the operator."""

from __future__ import annotations

import pytest

from tests.template.template import TEXT
from trafficctl.__main__ import build_parser
from trafficctl.cost.city_load import city
from trafficctl.cost.sized import offered, sized
from trafficctl.deploy.command import chosen
from trafficctl.errors import UserError
from trafficctl.stack import parameter_limits
from trafficctl.stack import template as texts

COUNTS, DEFAULTS = offered(TEXT), texts.parameters(TEXT)


def asked(*words: str) -> dict[str, str]:
    return chosen(build_parser().parse_args(["deploy", *words]))


def test_a_size_sets_the_bounds_of_the_stream_and_shows_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = asked("--size", "50000")

    assert found == {"KinesisShardCount": "12", "KinesisMaxShardCount": "64"}
    assert "50,000 sensors: KinesisShardCount=12" in capsys.readouterr().err


def test_a_parameter_that_is_given_wins_over_the_size() -> None:
    found = asked("--size", "50000", "--parameter", "KinesisShardCount=24")

    assert found == {"KinesisShardCount": "24", "KinesisMaxShardCount": "64"}


def test_without_a_size_nothing_is_set() -> None:
    assert asked("--parameter", "AlertHoldSeconds=30") == {"AlertHoldSeconds": "30"}


@pytest.mark.parametrize("sensors", [1, 1_000, 50_000, 200_000, 1_000_000])
def test_what_a_size_sets_is_what_the_template_takes(sensors: int) -> None:
    found = sized(city(sensors), COUNTS, DEFAULTS)

    assert parameter_limits.faults(TEXT, found, {}) == []
    assert int(found["KinesisMaxShardCount"]) >= int(found["KinesisShardCount"])


def test_tables_may_grow_to_what_a_large_city_writes() -> None:
    found = sized(city(200_000), COUNTS, DEFAULTS)

    assert int(found["DynamoDBMaxWriteCapacity"]) > 8_000 / 0.7
    assert int(found["DynamoDBMaxReadCapacity"]) == 11_429  # 8,000 / 0.7


def test_a_city_for_which_no_stream_is_large_enough_is_told_to_divide_itself() -> None:
    with pytest.raises(UserError, match="divide the city between several stacks"):
        sized(city(10_000_000), COUNTS, DEFAULTS)
