"""The registry of devices in DynamoDB, and IoT Core's things."""

from __future__ import annotations

from typing import Any, Optional

from botocore.exceptions import ClientError

from ..aws.dynamodb import attributes, called, value_of
from ..errors import StoreError
from .admission import Mark


class Registry:
    """The table of devices."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def read(self, device_id: str) -> Optional[dict[str, Any]]:
        """Return the row of a device, None if there is none; raises StoreError."""
        found = called(
            self._client.get_item,
            TableName=self._table,
            Key={"device_id": {"S": device_id}},
            ConsistentRead=True,
        )
        item = found.get("Item")
        return item and {name: value_of(value) for name, value in item.items()}

    def write(self, device_id: str, mark: Mark) -> None:
        """Write *mark*; raises Conflict where its condition no longer holds."""
        named = {**mark.values, **mark.only_if}
        old = {f"old_{name}": value for name, value in mark.only_if.items()}
        values = attributes({**mark.values, **old})
        called(
            self._client.update_item,
            TableName=self._table,
            Key={"device_id": {"S": device_id}},
            UpdateExpression="SET "
            + ", ".join(f"#{name} = :{name}" for name in mark.values),
            ConditionExpression=" AND ".join(map(_condition, mark.only_if.items())),
            ExpressionAttributeNames={f"#{name}": name for name in named},
            ExpressionAttributeValues={f":{k}": v for k, v in values.items()},
        )


class Things:
    """The account's things, those of other stacks among them."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def type_of(self, device_id: str) -> Optional[str]:
        """Return the type of a thing, "" if it has none; None if there is no thing."""
        try:
            found = called(self._client.describe_thing, thingName=device_id)
        except StoreError as error:
            if _is_missing(error.__cause__):
                return None
            raise
        return str(found.get("thingTypeName") or "")


def _is_missing(cause: Optional[BaseException]) -> bool:
    """Return whether AWS said that there is no such thing."""
    if not isinstance(cause, ClientError):
        return False
    return bool(cause.response["Error"]["Code"] == "ResourceNotFoundException")


def _condition(term: tuple[str, Optional[str]]) -> str:
    name, value = term
    if value is None:
        return f"attribute_not_exists(#{name})"
    return f"#{name} = :old_{name}"
