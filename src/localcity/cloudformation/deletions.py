"""Deletions that AWS refuses: of what is protected, and of buckets that hold objects.

MiniStack's services refuse them and its CloudFormation does not, so that no rollback
and no deletion of a stack would ever fail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import cognito, dynamodb, s3
from ministack.services.cloudformation import provisioners, stacks

from localcity.cloudformation.properties import NEEDED
from localcity.patching import Patch

PROTECTED_TABLE = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)
PROTECTED_POOL = (
    "The user pool cannot be deleted because deletion protection is activated. "
    "Deletion protection must be inactivated first."
)
NOT_EMPTY = "The bucket you tried to delete is not empty"


def _table(name: str) -> str | None:
    table = dynamodb._tables.get(name) or {}
    return PROTECTED_TABLE if table.get("DeletionProtectionEnabled") else None


def _pool(pool_id: str) -> str | None:
    pool = cognito._user_pools.get(pool_id) or {}
    return PROTECTED_POOL if pool.get("DeletionProtection") == "ACTIVE" else None


def _bucket(name: str) -> str | None:
    bucket = s3._buckets.get(name) or {}
    held = bucket.get("objects") or s3._bucket_has_versions(name)
    return NOT_EMPTY if held else None


REFUSALS: dict[str, Callable[[str], str | None]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::Cognito::UserPool": _pool,
    "AWS::S3::Bucket": _bucket,
}


def _apply() -> None:
    for resource_type, refusal in REFUSALS.items():
        handlers = provisioners._RESOURCE_HANDLERS[resource_type]
        handlers["delete"] = unless_refused(handlers["delete"], refusal)


def unless_refused(
    delete: Callable[..., Any], refusal: Callable[[str], str | None]
) -> Callable[..., Any]:
    """`delete`, which fails with the reason that `refusal` gives for the resource."""

    def deleted(physical_id: str, props: dict[str, Any]) -> Any:
        reason = refusal(physical_id)
        if reason is not None:
            raise ValueError(reason)
        return delete(physical_id, props)

    return deleted


def _apply_rollback() -> None:
    stacks._roll_back_operation = keeping_what_failed(stacks._roll_back_operation)


def keeping_what_failed(
    roll_back: Callable[..., Awaitable[None]],
) -> Callable[..., Awaitable[None]]:
    """`roll_back`, after which the stack holds what it made and could not delete."""

    async def rolled_back(name: str, stack_id: str, stack: Any, *rest: Any) -> None:
        await roll_back(name, stack_id, stack, *rest)
        if stack["StackStatus"] == "ROLLBACK_FAILED":
            for logical_id, resource in stack["_rollback_failed"].items():
                stack["_resources"][logical_id] = {
                    **resource,
                    "LogicalResourceId": logical_id,
                    "ResourceStatus": "DELETE_FAILED",
                    "Timestamp": now_iso(),
                }

    return rolled_back


PATCHES = (
    Patch(
        "refused deletions",
        "CloudFormation deletes protected tables and pools, and buckets with objects",
        [
            (dynamodb, "_tables"),
            (cognito, "_user_pools"),
            (s3, "_buckets"),
            (s3, "_bucket_has_versions"),
            NEEDED,
        ],
        [
            (provisioners, "_ddb_delete", "33ee7316b2ca"),
            (provisioners, "_s3_delete", "52bcaf59bd5b"),
            (provisioners, "_cognito_user_pool_delete", "78aeda55a683"),
        ],
        _apply,
    ),
    Patch(
        "failed rollbacks",
        "a stack whose rollback failed holds nothing, and is deleted around the rest",
        [],
        [(stacks, "_roll_back_operation", "3464033d8f28")],
        _apply_rollback,
    ),
)
