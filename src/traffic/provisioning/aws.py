"""The registry of devices in DynamoDB, and the things of IoT Core."""

from __future__ import annotations

from typing import Any, Optional

from botocore.exceptions import ClientError

from ..aws.dynamodb import attributes, call_aws, values_of
from ..errors import StoreError
from .admission import RegistryUpdate


class Registry:
    """The table of devices."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def read(self, device_id: str) -> Optional[dict[str, Any]]:
        """Return the row of a device, None if there is none; raises StoreError."""
        response = call_aws(
            self._client.get_item,
            TableName=self._table,
            Key={"device_id": {"S": device_id}},
            ConsistentRead=True,
        )
        item = response.get("Item")
        return item and values_of(item)

    def write(self, device_id: str, update: RegistryUpdate) -> None:
        """Write *update*; raises Conflict where its condition no longer holds."""
        names = {**update.values, **update.only_if}
        old = {f"old_{name}": value for name, value in update.only_if.items()}
        values = attributes({**update.values, **old})
        call_aws(
            self._client.update_item,
            TableName=self._table,
            Key={"device_id": {"S": device_id}},
            UpdateExpression="SET "
            + ", ".join(f"#{name} = :{name}" for name in update.values),
            ConditionExpression=" AND ".join(map(_condition, update.only_if.items())),
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ExpressionAttributeValues={f":{k}": v for k, v in values.items()},
        )


class ThingTypes:
    """Types of the account's things, including those of other stacks."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def type_of(self, device_id: str) -> Optional[str]:
        """Return the type of a thing, "" if it has none, None if there is no thing."""
        try:
            response = call_aws(self._client.describe_thing, thingName=device_id)
        except StoreError as error:
            if _is_missing(error.__cause__):
                return None
            raise
        return str(response.get("thingTypeName") or "")


def _is_missing(cause: Optional[BaseException]) -> bool:
    """Whether AWS returned that there is no such thing."""
    if not isinstance(cause, ClientError):
        return False
    return bool(cause.response["Error"]["Code"] == "ResourceNotFoundException")


def _condition(term: tuple[str, Optional[str]]) -> str:
    name, value = term
    if value is None:
        return f"attribute_not_exists(#{name})"
    return f"#{name} = :old_{name}"
