"""How a running stream gets from its open shards to a parameter's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trafficctl.errors import UserError

COUNT, MODE = "KinesisShardCount", "KinesisStreamMode"


def wished(
    current: Mapping[str, str], sent: Mapping[str, str], reverts: bool
) -> int | None:
    """The shards that an update sets; None if it leaves them alone.

    An update that *reverts* drift also sets a count that stays as it was.
    """
    if {current.get(MODE), sent.get(MODE)} != {"PROVISIONED"}:
        return None
    return int(sent[COUNT]) if reverts or sent[COUNT] != current[COUNT] else None


def steps(shards: int, target: int, offered: Sequence[int]) -> list[int]:
    """The counts to deploy before *target*, none if AWS takes it at once.

    It takes from half to double in one update. *offered* counts are the template's.
    """
    counts: list[int] = []
    while not _takes(shards, target):
        nearer = [
            one
            for one in offered
            if _takes(shards, one) and abs(one - target) < abs(shards - target)
        ]
        if not nearer:
            break  # CloudFormation says why
        shards = min(nearer, key=lambda one: abs(one - target))
        counts.append(shards)
    return counts


def check(shards: int, target: int, offered: Sequence[int]) -> None:
    """UserError that names the counts to deploy before *target*, if there are any.

    On the way up they need the command's KinesisMaxShardCount, on the way down the
    stack's, which is larger.
    """
    first = steps(shards, target, offered)
    if first:
        listed = ", then ".join(f"--parameter {COUNT}={one}" for one in first)
        up = f"repeat this command with {listed}, then without"
        down = f"deploy with {listed}, then repeat this command"
        raise UserError(
            f"{COUNT}={target}: the stream has {shards} open shards, and AWS sets "
            "from half to double of them in one update; nothing was changed - "
            f"{up if target > shards else down}"
        )


def _takes(shards: int, count: int) -> bool:
    return shards <= 2 * count and count <= 2 * shards
