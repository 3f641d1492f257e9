"""A stack update that changes a stream's ShardCount changes its shards."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ministack.services import kinesis
from ministack.services.cloudformation import provisioners

from localcity.patching import Patch

Properties = dict[str, Any]


def _resharding(update: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the update of a stream; an unchanged count leaves what a scaler set."""

    @functools.wraps(update)  # MiniStack looks at the signature
    def wrapped(name: str, before: Properties, after: Properties, *more: Any) -> Any:
        pair = update(name, before, after, *more)
        wanted = after.get("ShardCount")
        if pair[0] == name and wanted and str(wanted) != str(before.get("ShardCount")):
            kinesis._update_shard_count(
                {"StreamName": name, "TargetShardCount": int(wanted)}
            )
        return pair

    return wrapped


def _apply() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Kinesis::Stream"]
    handlers["update"] = _resharding(handlers["update"])


PATCHES = (
    Patch(
        "shards of a stack update",
        "a stack update that changes ShardCount keeps the shards",
        [(provisioners, "_RESOURCE_HANDLERS"), (kinesis, "_update_shard_count")],
        [(provisioners, "_kinesis_stream_update", "5e7231c25426")],
        _apply,
    ),
)
