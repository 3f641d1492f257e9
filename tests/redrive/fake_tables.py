"""Tables to be read by key and by span, with the capacity they were given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.shell.fake_dynamodb import FakeDynamoDB, refused

from .fakes import Clock

Item = dict[str, Any]
FULL = "ProvisionedThroughputExceededException"


@dataclass
class FakeTables:
    """DynamoDB that counts what is read; *faults* are the errors of the next calls.

    With a *capacity*, of each table only so many units a second are to be had, and
    unused ones of so many seconds as *saved*. An item of less than 4 KB takes one
    read by key; a span of 8 of them takes one.
    """

    stored: FakeDynamoDB = field(default_factory=FakeDynamoDB)
    clock: Clock = field(default_factory=Clock)
    capacity: float = 1e9
    saved: float = 300.0
    faults: list[str] = field(default_factory=list)
    taken: list[tuple[str, str, float]] = field(default_factory=list)
    throttled: int = 0
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def batch_get_item(
        self,
        RequestItems: Item,  # noqa: N803 - boto3's name
        ReturnConsumedCapacity: str,  # noqa: N803
    ) -> Item:
        assert ReturnConsumedCapacity == "TOTAL"
        self._fail("BatchGetItem")
        ((table, request),) = RequestItems.items()
        keys = request["Keys"]
        can = int(min(len(keys), self._had(table)))
        if not can:
            self.throttled += 1
            raise refused(FULL, "BatchGetItem")
        self._take("by key", table, can)
        now = {table: {**request, "Keys": keys[:can]}}
        answer = self.stored.batch_get_item(RequestItems=now)
        if keys[can:]:
            answer["UnprocessedKeys"] = {table: {**request, "Keys": keys[can:]}}
        units = {"TableName": table, "CapacityUnits": float(can)}
        return {**answer, "ConsumedCapacity": [units]}

    def query(self, ReturnConsumedCapacity: str, **asked: Any) -> Item:  # noqa: N803
        assert ReturnConsumedCapacity == "TOTAL"
        assert asked["ConsistentRead"]
        assert asked["KeyConditionExpression"] == (
            "#p = :p AND #s BETWEEN :first AND :last"
        )
        self._fail("Query")
        table, names = asked["TableName"], asked["ExpressionAttributeNames"]
        values = asked["ExpressionAttributeValues"]
        partition, sort = names["#p"], names["#s"]
        first, last = values[":first"]["S"], values[":last"]["S"]
        rows = [
            item
            for item in self.stored.rows(table)
            if item[partition] == values[":p"] and first <= item[sort]["S"] <= last
        ]
        units = max(1.0, -(-len(rows) // 8))
        if self._had(table) < units:
            self.throttled += 1
            raise refused(FULL, "Query")
        self._take("between", table, units)
        wanted = [names[one] for one in asked["ProjectionExpression"].split(", ")]
        found = [{n: row[n] for n in wanted if n in row} for row in rows]
        return {"Items": found, "ConsumedCapacity": {"CapacityUnits": units}}

    def units(self, table: str) -> float:
        """What was taken of a table."""
        return sum(units for _, of, units in self.taken if of == table)

    def _fail(self, operation: str) -> None:
        if self.faults:
            raise refused(self.faults.pop(0), operation)

    def _had(self, table: str) -> float:
        most = self.capacity * self.saved
        left, at = self._left.get(table, (most, 0.0))
        left = min(most, left + (self.clock.now - at) * self.capacity)
        self._left[table] = left, self.clock.now
        return left

    def _take(self, how: str, table: str, units: float) -> None:
        left, at = self._left[table]
        self._left[table] = left - units, at
        self.taken.append((how, table, units))
