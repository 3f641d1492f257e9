"""As much of DynamoDB as loading roads asks for: one table of segments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
TABLE = "segments"
_UPDATE = re.compile(r"SET (?P<sets>[^A-Z]+?)( REMOVE (?P<removes>[^A-Z]+))?")
_ABSENT = re.compile(r"attribute_not_exists\((#\w+)\)")


class FakeTable:
    """Items by their segment_id; expressions as the tool writes them."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def put_item(self, TableName: str, Item: Item) -> None:  # noqa: N803 - boto3's name
        assert TableName == TABLE
        self.items[Item["segment_id"]["S"]] = dict(Item)

    def update_item(self, **update: Any) -> None:
        told = _UPDATE.fullmatch(update["UpdateExpression"])
        assert told, update
        names = update["ExpressionAttributeNames"]
        values = update["ExpressionAttributeValues"]
        item = self.items.setdefault(update["Key"]["segment_id"]["S"], update["Key"])
        for one in told["sets"].split(", "):
            name, value = one.split(" = ")
            item[names[name]] = values[value]
        for name in filter(None, (told["removes"] or "").split(", ")):
            item.pop(names[name], None)

    def delete_item(self, **delete: Any) -> None:
        parts = delete["ConditionExpression"].split(" AND ")
        absent = [_ABSENT.fullmatch(part) for part in parts]
        name = delete["Key"]["segment_id"]["S"]
        names = [delete["ExpressionAttributeNames"][one[1]] for one in absent if one]
        assert len(names) == len(parts), parts
        if set(names) & set(self.items.get(name, {})):
            error = {"Code": "ConditionalCheckFailedException", "Message": "the fake"}
            raise ClientError({"Error": error}, "DeleteItem")
        self.items.pop(name, None)

    def get_paginator(self, operation: str) -> FakeTable:
        assert operation == "scan"
        return self

    def paginate(self, Segment: int, TotalSegments: int, **scan: Any) -> Iterator[Item]:  # noqa: N803
        """The items of one part, a page for each."""
        names = scan["ExpressionAttributeNames"]
        wanted = {names[one] for one in scan["ProjectionExpression"].split(", ")}
        for item in list(self.items.values())[Segment::TotalSegments]:
            yield {"Items": [{k: v for k, v in item.items() if k in wanted}]}
