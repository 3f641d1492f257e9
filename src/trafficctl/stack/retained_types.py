"""The kinds of resources that outlive a stack: found, described and deleted.

Each function takes the account and the resource's physical id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.cli.output import number
from trafficctl.stack import device_cleanup, empty_bucket
from trafficctl.stack.stack import Account

ABSENT = (
    "404",
    "NoSuchBucket",
    "NotFoundException",
    "ResourceNotFoundException",
)
Tick = Callable[[int], None]

# A city's history has hundreds of millions of rows, and an outage fills buckets: beyond
# these nothing is counted one by one, to show it and ask.
FEW_ITEMS, FEW_OBJECTS = 1000, 10_000


@dataclass(frozen=True)
class ResourceKind:
    """How one type of resource is handled.

    `identifier` is its key at import; `size` says what it holds; `protected` whether
    deletion protection is on; `delete` reports how many things it has deleted so far.
    """

    what: str
    identifier: str
    described: Callable[[Account, str], Any]
    size: Callable[[Account, str], str]
    delete: Callable[[Account, str, Tick], None]
    by_hand: str
    protected: Callable[[Any], bool] = lambda _described: False
    unprotect: Callable[[Account, str], None] = lambda _account, _id: None
    done: str = "deleted"

    def found(self, account: Account, physical_id: str) -> Any | None:
        """What describes it, None if it is gone."""
        try:
            return self.described(account, physical_id)
        except ClientError as exc:
            if exc.response["Error"]["Code"] in ABSENT:
                return None
            raise


# -- tables


def _table(account: Account, name: str) -> Any:
    return account.client("dynamodb").describe_table(TableName=name)["Table"]


def _items(account: Account, name: str) -> str:
    """DynamoDB's own number, up to six hours old; what seems small is looked into."""
    about = _table(account, name)["ItemCount"]
    if about >= FEW_ITEMS:
        return f"about {number(about)} items"
    page = account.client("dynamodb").scan(
        TableName=name, Select="COUNT", Limit=FEW_ITEMS
    )
    counted = f"{number(page['Count'])} items"
    return f"at least {counted}" if "LastEvaluatedKey" in page else counted


def _delete_table(account: Account, name: str, _tick: Tick) -> None:
    api = account.client("dynamodb")
    api.delete_table(TableName=name)
    api.get_waiter("table_not_exists").wait(
        TableName=name, WaiterConfig={"Delay": max(1, int(account.poll_s))}
    )


def _unprotect_table(account: Account, name: str) -> None:
    api = account.client("dynamodb")
    api.update_table(TableName=name, DeletionProtectionEnabled=False)
    api.get_waiter("table_exists").wait(  # a table that is being updated stays
        TableName=name, WaiterConfig={"Delay": max(1, int(account.poll_s))}
    )


# -- buckets


def _bucket(account: Account, name: str) -> Any:
    return account.client("s3").head_bucket(
        Bucket=name, ExpectedBucketOwner=account.number
    )


def _objects(account: Account, name: str) -> str:
    objects = empty_bucket.count(account.client("s3"), name, FEW_OBJECTS)
    if objects > FEW_OBJECTS:
        return f"over {number(FEW_OBJECTS)} objects"
    return f"{number(objects)} objects"


def _delete_bucket(account: Account, name: str, tick: Tick) -> None:
    empty_bucket.empty(account.client("s3"), name, "", tick)
    account.client("s3").delete_bucket(Bucket=name)


# -- users


def _pool(account: Account, pool_id: str) -> Any:
    api = account.client("cognito-idp")
    return api.describe_user_pool(UserPoolId=pool_id)["UserPool"]


def _users(account: Account, pool_id: str) -> str:
    pages = account.client("cognito-idp").get_paginator("list_users")
    users = [u for page in pages.paginate(UserPoolId=pool_id) for u in page["Users"]]
    return f"{number(len(users))} users"


def _delete_pool(account: Account, pool_id: str, _tick: Tick) -> None:
    account.client("cognito-idp").delete_user_pool(UserPoolId=pool_id)


def _unprotect_pool(account: Account, pool_id: str) -> None:
    account.client("cognito-idp").update_user_pool(
        UserPoolId=pool_id,
        DeletionProtection="INACTIVE",
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},  # else anyone may
    )


# -- keys


def _key(account: Account, key_id: str) -> Any:
    """Its metadata; a key that waits for its deletion counts as gone."""
    key = account.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    return None if key["KeyState"] == "PendingDeletion" else key


def _delete_key(account: Account, key_id: str, _tick: Tick) -> None:
    account.client("kms").schedule_key_deletion(
        KeyId=key_id, PendingWindowInDays=KEY_WINDOW_DAYS
    )


# -- logs


def _log_group(account: Account, name: str) -> Any:
    pages = account.client("logs").get_paginator("describe_log_groups")
    groups = [
        group
        for page in pages.paginate(logGroupNamePrefix=name)
        for group in page["logGroups"]
    ]
    return next((one for one in groups if one["logGroupName"] == name), None)


def _bytes(account: Account, name: str) -> str:
    group = _log_group(account, name) or {}
    return f"{number(group.get('storedBytes', 0))} bytes"


def _delete_log_group(account: Account, name: str, _tick: Tick) -> None:
    account.client("logs").delete_log_group(logGroupName=name)


KEY_WINDOW_DAYS = 30  # the longest that KMS waits: time to notice a mistake

KINDS: dict[str, ResourceKind] = {
    "AWS::IoT::ThingType": ResourceKind(
        "devices",
        "ThingTypeName",
        device_cleanup.thing_type,
        device_cleanup.registered,
        device_cleanup.delete_all,
        "aws iot delete-thing-type --thing-type-name {id} (things first)",
    ),
    "AWS::IoT::Policy": ResourceKind(
        "device policy",
        "Id",
        device_cleanup.policy,
        device_cleanup.attached,
        device_cleanup.delete_policy,
        "aws iot delete-policy --policy-name {id} (detached first)",
    ),
    "AWS::DynamoDB::Table": ResourceKind(
        "table",
        "TableName",
        _table,
        _items,
        _delete_table,
        "aws dynamodb delete-table --table-name {id}",
        lambda table: bool(table.get("DeletionProtectionEnabled")),
        _unprotect_table,
    ),
    "AWS::S3::Bucket": ResourceKind(
        "bucket",
        "BucketName",
        _bucket,
        _objects,
        _delete_bucket,
        "aws s3 rb --force s3://{id}",
    ),
    "AWS::Cognito::UserPool": ResourceKind(
        "user pool",
        "UserPoolId",
        _pool,
        _users,
        _delete_pool,
        "aws cognito-idp delete-user-pool --user-pool-id {id}",
        lambda pool: pool.get("DeletionProtection") == "ACTIVE",
        _unprotect_pool,
    ),
    "AWS::Logs::LogGroup": ResourceKind(
        "log group",
        "LogGroupName",
        _log_group,
        _bytes,
        _delete_log_group,
        "aws logs delete-log-group --log-group-name {id}",
    ),
    "AWS::KMS::Key": ResourceKind(  # last: what the others hold is sealed with it
        "key",
        "KeyId",
        _key,
        lambda _account, _id: f"deleted after {KEY_WINDOW_DAYS} days",
        _delete_key,
        "aws kms schedule-key-deletion --key-id {id}",
        done=f"will be deleted in {KEY_WINDOW_DAYS} days",
    ),
}
DELETION_ORDER = list(KINDS)
