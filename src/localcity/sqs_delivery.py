"""Queues that AWS services send to with a role."""

from __future__ import annotations

from ministack.services import sqs

from localcity.iam import roles


def require_queue(actor: roles.Actor, queue_arn: str) -> None:
    """Raise RefusedError unless the role may send to the queue, and use its key."""
    roles.require(actor, "sqs:SendMessage", queue_arn)
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        raise roles.RefusedError(f"queue {queue_arn} does not exist")
    key = queue["attributes"].get("KmsMasterKeyId")
    if key:
        roles.require_key(actor, "kms:GenerateDataKey", key, "sqs")
        roles.require_key(actor, "kms:Decrypt", key, "sqs")
