"""The table `sensor_faults`: what stands in it, and how a sweep writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

from ..aws.dynamodb import MOST_STATEMENTS, called, chunks, pages, refusal_of
from ..errors import Conflict, StoreError
from .fault_items import change, fault_of, insertion, plain, reopening, sent
from .faults import STANDINGS, Fault

PARALLEL_WRITES = 4


class DynamoFaults:
    """The faults in DynamoDB, written by conditional statements, 25 a call."""

    def __init__(self, client: Any, table: str, retention_days: int) -> None:
        self._client = client
        self._table = table
        self._days = retention_days

    def standing(self) -> list[Fault]:
        """Return all that are open, closing or dismissed; raises StoreError."""
        return standing(self._client, self._table, STANDINGS)

    def write(
        self, opened: Sequence[Fault], changed: Sequence[tuple[Fault, Fault]]
    ) -> dict[str, Optional[StoreError]]:
        """Write each unless another was faster (Conflict); returns it by fault_id."""
        table, days = self._table, self._days
        ids = [fault.fault_id for fault in opened]
        statements = [insertion(table, fault, days) for fault in opened]
        ids += [was.fault_id for was, _ in changed]
        statements += [change(table, was, fault, days) for was, fault in changed]
        outcomes = dict(zip(ids, self._execute(statements)))
        return {**outcomes, **self._reopen(opened, outcomes)}

    def _reopen(
        self, opened: Sequence[Fault], outcomes: Mapping[str, Optional[StoreError]]
    ) -> dict[str, Optional[StoreError]]:
        """Try those whose row there is: it may be over, and not another sweep's."""
        again = [f for f in opened if isinstance(outcomes[f.fault_id], Conflict)]
        statements = [reopening(self._table, fault, self._days) for fault in again]
        return dict(zip((f.fault_id for f in again), self._execute(statements)))

    def mark_sent(self, faults: Sequence[Fault]) -> None:
        """Empty their outboxes, unless somebody added to them; raises StoreError."""
        statements = [sent(self._table, fault) for fault in faults]
        for refusal in self._execute(statements):
            if refusal is not None and not isinstance(refusal, Conflict):
                raise refusal

    def _execute(self, statements: Sequence[Any]) -> list[Optional[StoreError]]:
        parts = chunks(statements, MOST_STATEMENTS)
        if not parts:
            return []
        with ThreadPoolExecutor(PARALLEL_WRITES) as pool:
            return [one for met in pool.map(self._execute_some, parts) for one in met]

    def _execute_some(self, statements: Sequence[Any]) -> list[Optional[StoreError]]:
        call = self._client.batch_execute_statement
        try:
            answers = called(call, Statements=list(statements))["Responses"]
        except StoreError as error:
            return [error] * len(statements)
        return [refusal_of(answer.get("Error")) for answer in answers]


def standing(client: Any, table: str, standings: Sequence[str]) -> list[Fault]:
    """Return the faults that stand so, by their index; raises StoreError."""
    return [
        fault_of(plain(item))
        for one in standings
        for item in pages(client.query, _that_stand(table, one))
    ]


def _that_stand(table: str, one: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "IndexName": "open_faults",
        "KeyConditionExpression": "open_flag = :standing",
        "ExpressionAttributeValues": {":standing": {"S": one}},
    }
