"""As much of a DynamoDB client as the store asks for, by the rules it documents.

Limits, conditions and cancellations are DynamoDB's; expressions are understood in the
form the store writes them and refused in any other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from bench.segments import item_bytes

Item = dict[str, Any]
Key = tuple[Any, ...]
KEYS = {
    "segments": ("segment_id",),
    "history": ("segment_id", "minute"),
    "alerts": ("alert_id",),
}

MOST_ITEM_BYTES = 400 * 1024
_STATEMENT = re.compile(
    r'UPDATE "(?P<table>\w+)"(?P<sets>( SET "\w+"=\?)*) ?(?P<removes>( ?REMOVE "\w+")*)'
    r' WHERE "segment_id"=\? AND "version"=\?'
)
_NAME = re.compile(r'"(\w+)"')
_UPDATE = re.compile(r"SET (?P<sets>[^A-Z]+)( REMOVE (?P<removes>[^A-Z]+))?")
_CONDITION = re.compile(
    r"(?P<name>#\w+) = (?P<value>:\w+)|attribute_not_exists\((?P<absent>#\w+)\)"
)


def refused(code: str, operation: str, **more: Any) -> ClientError:
    """The error of a call that DynamoDB refused."""
    error = {"Error": {"Code": code, "Message": f"{code} says the fake"}, **more}
    return ClientError(error, operation)


class FakeDynamoDB:
    """Three tables; *answers_at_most* keys are read in one call."""

    def __init__(self, answers_at_most: int = 100) -> None:
        self.tables: dict[str, dict[Key, Item]] = {name: {} for name in KEYS}
        self.refusals: dict[str, str] = {}  # error code by segment
        self.throttles = 0  # transactions that are cancelled for their rate
        self._answers_at_most = answers_at_most

    def put_item(self, TableName: str, Item: Item) -> None:  # noqa: N803 - boto3's name
        self.tables[TableName][_key(TableName, Item)] = dict(Item)

    def batch_get_item(self, RequestItems: Item) -> Item:  # noqa: N803 - boto3's name
        ((table, request),) = RequestItems.items()
        keys, names = request["Keys"], request["ExpressionAttributeNames"]
        assert 0 < len(keys) <= 100
        assert len({_key(table, key) for key in keys}) == len(keys)
        assert request["ConsistentRead"]
        wanted = [names[one] for one in request["ProjectionExpression"].split(", ")]
        now, later = keys[: self._answers_at_most], keys[self._answers_at_most :]
        items = (self.tables[table].get(_key(table, key)) for key in now)
        found = [{n: i[n] for n in wanted if n in i} for i in items if i is not None]
        left = {table: {**request, "Keys": later}} if later else {}
        return {"Responses": {table: found}, "UnprocessedKeys": left}

    def batch_execute_statement(self, Statements: list[Item]) -> Item:  # noqa: N803
        assert 0 < len(Statements) <= 25
        return {"Responses": [self._execute(**one) for one in Statements]}

    def _execute(self, Statement: str, Parameters: list[Item]) -> Item:  # noqa: N803
        told = _STATEMENT.fullmatch(Statement)
        assert told, Statement
        *values, segment_id, version = Parameters
        sets, removes = _NAME.findall(told["sets"]), _NAME.findall(told["removes"])
        assert len(sets) == len(values)
        assert not set(sets) & set(removes)
        code = self.refusals.get(segment_id["S"])
        stored = self.tables[told["table"]].get((segment_id["S"],), {})
        if code is None and stored.get("version") != version:
            code = "ConditionalCheckFailed"
        changed = _changed(stored, dict(zip(sets, values, strict=True)), removes)
        if code is None and item_bytes(changed) > MOST_ITEM_BYTES:
            code = "ValidationError"
        if code is not None:
            return {"Error": {"Code": code, "Message": "says the fake"}}
        self.tables[told["table"]][segment_id["S"],] = changed
        return {"TableName": told["table"]}

    def transact_write_items(self, TransactItems: list[Item]) -> Item:  # noqa: N803
        assert 0 < len(TransactItems) <= 100
        actions = [action for one in TransactItems for action in one.items()]
        touched = Counter(_touched(kind, one) for kind, one in actions)
        assert max(touched.values()) == 1, touched
        codes = [self._obstacle(kind, one) for kind, one in actions]
        if self.throttles:
            self.throttles -= 1
            codes[-1] = "ThrottlingError"
        if set(codes) != {"None"}:
            reasons = [{"Code": code} for code in codes]
            name, operation = "TransactionCanceledException", "TransactWriteItems"
            raise refused(name, operation, CancellationReasons=reasons)
        for kind, one in actions:
            table, key = _touched(kind, one)
            self.tables[table][key] = self._outcome(kind, one)
        return {}

    def _obstacle(self, kind: str, action: Item) -> str:
        table, key = _touched(kind, action)
        if self.refusals.get(key[0]):
            return self.refusals[key[0]]
        condition = action.get("ConditionExpression")
        stored = self.tables[table].get(key, {})
        if not _holds(condition, action, stored):
            return "ConditionalCheckFailed"
        is_small = item_bytes(self._outcome(kind, action)) <= MOST_ITEM_BYTES
        return "None" if is_small else "ValidationError"

    def _outcome(self, kind: str, action: Item) -> Item:
        """The item as the action leaves it."""
        table, key = _touched(kind, action)
        if kind == "Put":
            return dict(action["Item"])
        told = _UPDATE.fullmatch(action["UpdateExpression"])
        assert told, action["UpdateExpression"]
        names = action["ExpressionAttributeNames"]
        values = action["ExpressionAttributeValues"]
        pairs = dict(one.split(" = ") for one in told["sets"].split(", "))
        sets = {names[name]: values[value] for name, value in pairs.items()}
        removes = [names[n] for n in (told["removes"] or "").split(", ") if n]
        return _changed(self.tables[table].get(key, action["Key"]), sets, removes)

    def rows(self, table: str) -> Iterator[Item]:
        """The items of a table by their keys."""
        for key in sorted(self.tables[table]):
            yield self.tables[table][key]


def _key(table: str, item: Item) -> Key:
    return tuple(item[name]["S"] for name in KEYS[table])


def _touched(kind: str, action: Item) -> tuple[str, Key]:
    table = action["TableName"]
    return table, _key(table, action["Item" if kind == "Put" else "Key"])


def _holds(condition: str | None, action: Item, stored: Item) -> bool:
    if condition is None:
        return True
    told = _CONDITION.fullmatch(condition)
    assert told, condition
    names = action["ExpressionAttributeNames"]
    if told["absent"]:
        return names[told["absent"]] not in stored
    value = action["ExpressionAttributeValues"][told["value"]]
    return bool(stored.get(names[told["name"]]) == value)


def _changed(item: Item, sets: Item, removes: list[str]) -> Item:
    assert all(_is_valid(value) for value in sets.values()), sets
    changed = {**item, **sets}
    return {name: value for name, value in changed.items() if name not in removes}


def _is_valid(attribute: Item) -> bool:
    """Whether a value is one that DynamoDB stores: a number has at most 38 digits."""
    ((kind, value),) = attribute.items()
    if kind == "N":
        float(value)
        return len(value.strip("-").replace(".", "")) <= 38 and "n" not in value
    return isinstance(value, {"S": str, "B": bytes}[kind])
