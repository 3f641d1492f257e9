"""What the template tells the shard scaler, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..settings import number, require
from .decide import Bounds

REQUIRED = ("STREAM_NAME", "PROCESSOR_NAME", "STACK_NAME", "MIN_SHARDS", "MAX_SHARDS")


@dataclass(frozen=True)
class ShardScalerSettings:
    """The names of the stack's parts, and the bounds that its parameters choose."""

    stream: str
    processor: str
    stack: str
    bounds: Bounds


def read(environment: Mapping[str, str]) -> ShardScalerSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    require(environment, REQUIRED)
    return ShardScalerSettings(
        stream=environment["STREAM_NAME"],
        processor=environment["PROCESSOR_NAME"],
        stack=environment["STACK_NAME"],
        bounds=Bounds(
            least=int(number(environment, "MIN_SHARDS")),
            most=int(number(environment, "MAX_SHARDS")),
        ),
    )
