"""The stream of a stack as Kinesis has it now."""

from __future__ import annotations

from botocore.exceptions import ClientError

from trafficctl.stack.stack import Account

STREAM_OUTPUT = "ReadingsStream"


def open_shards(account: Account, stream: str) -> int | None:
    """The open shards of a provisioned stream; None if AWS manages them.

    None too if someone deleted the stream: `deploy --revert-drift` makes it again.
    """
    try:
        answer = account.client("kinesis").describe_stream_summary(StreamName=stream)
    except ClientError as exc:
        if exc.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    summary = answer["StreamDescriptionSummary"]
    on_demand = summary.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND"
    return None if on_demand else int(summary["OpenShardCount"])
