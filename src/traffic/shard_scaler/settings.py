"""Settings of the shard scaler, read from the environment that the template sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, field

from ..settings import load
from .decide import Bounds

Shards = Annotated[int, Meta(ge=1)]


class ShardScalerSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The names of the stack's parts, and the bounds that its parameters choose."""

    min_shards: Shards
    max_shards: Shards
    stream: str = field(name="STREAM_NAME")
    processor: str = field(name="PROCESSOR_NAME")
    stack: str = field(name="STACK_NAME")

    @property
    def bounds(self) -> Bounds:
        """The fewest and the most shards."""
        return Bounds(least=self.min_shards, most=self.max_shards)


def read(environment: Mapping[str, str]) -> ShardScalerSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    return load(ShardScalerSettings, environment)
