"""The peer's calls of DynamoDB, as few as its documentation allows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

TABLE = "road_segments"
MOST_KEYS, MOST_STATEMENTS, MOST_ACTIONS = 100, 25, 100

Item = dict[str, Any]


class CannedTable:
    """A DynamoDB client that answers at once: these items, and yes to every write."""

    def __init__(self, stored: dict[str, Item]) -> None:
        self._stored = stored

    def batch_get_item(self, RequestItems: Item) -> Item:  # noqa: N803 - boto3's name
        """The stored segments."""
        ids = [key["segment_id"]["S"] for key in RequestItems[TABLE]["Keys"]]
        return {"Responses": {TABLE: [self._stored[each] for each in ids]}}

    def batch_execute_statement(self, Statements: list[Item]) -> Item:  # noqa: N803
        """Every statement succeeds."""
        return {"Responses": [{}] * len(Statements)}

    def transact_write_items(self, TransactItems: list[Item]) -> Item:  # noqa: N803
        """Every transaction succeeds."""
        return {} if TransactItems else {"Error": "empty"}


def read(segment_ids: Sequence[str], client: Any) -> dict[str, Item]:
    """Return the state of each segment that is stored."""
    states = {}
    for start in range(0, len(segment_ids), MOST_KEYS):
        ids = segment_ids[start : start + MOST_KEYS]
        request: Item = {TABLE: {"Keys": [{"segment_id": {"S": one}} for one in ids]}}
        while request:
            answer = client.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(TABLE, ()):
                states[item["segment_id"]["S"]] = json.loads(item["state"]["S"])
            request = answer.get("UnprocessedKeys", {})
    return states


def statement(segment_id: str, values: Item) -> Item:
    """Return what updates a segment alone, if nobody else did."""
    sets = " ".join(f'SET "{name}"=?' for name in values)
    where = 'WHERE "segment_id"=? AND "version"=?'
    return {
        "Statement": f'UPDATE "{TABLE}" {sets} {where}',
        "Parameters": [attribute(v) for v in (*values.values(), segment_id, 1)],
    }


def update(segment_id: str, values: Item) -> Item:
    """Return what updates a segment together with rows of its history."""
    names = {f"#{i}": name for i, name in enumerate(values)}
    attributes = {f":{i}": attribute(v) for i, v in enumerate(values.values())}
    sets = ", ".join(f"#{i} = :{i}" for i in range(len(values)))
    return {
        "Update": {
            "TableName": TABLE,
            "Key": {"segment_id": {"S": segment_id}},
            "UpdateExpression": f"SET {sets}",
            "ConditionExpression": "#version = :before",
            "ExpressionAttributeNames": {**names, "#version": "version"},
            "ExpressionAttributeValues": {**attributes, ":before": {"N": "1"}},
        }
    }


def write(statements: list[Item], actions: Sequence[list[Item]], client: Any) -> None:
    """Write in the batches that DynamoDB takes; the actions of a segment together."""
    for start in range(0, len(statements), MOST_STATEMENTS):
        part = statements[start : start + MOST_STATEMENTS]
        client.batch_execute_statement(Statements=part)
    together: list[Item] = []
    for some in actions:
        if len(together) + len(some) > MOST_ACTIONS:
            client.transact_write_items(TransactItems=together)
            together = []
        together += some
    if together:
        client.transact_write_items(TransactItems=together)


def attribute(value: Any) -> Item:
    """Return the attribute of a text or number."""
    return {"S": value} if isinstance(value, str) else {"N": str(value)}
