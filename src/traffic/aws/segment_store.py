"""Segments in DynamoDB: read in batches, written on condition of the version read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from ..errors import Conflict, StoreError
from ..model import StoredSegment
from ..segment.decide import Decision
from ..segment.ports import Outcomes
from ..segment.rows import (
    MOST_ACTIONS,
    actions_of,
    alert_rows,
    history_row,
    minutes_of,
    minutes_to_read,
)
from ..segment.windows import Window, merge_windows, unpack
from ..timestamps import minute_text
from . import dynamodb as aws_dynamodb
from . import segment_items
from .dynamodb import (
    MOST_KEYS,
    MOST_STATEMENTS,
    Random,
    Sleep,
    Tables,
    call_aws,
    chunks,
    is_throttled,
    refusal_of,
)

RowKey = tuple[str, int]  # a segment and a minute

_WAITS_S = (0.1, 0.2, 0.4, 0.8, 1.0, 1.0)  # for a throttled transaction, at most


class DynamoStore:
    """Stores segments, their history and their alerts in DynamoDB.

    A plain update is a conditional statement, 25 per call. One that closes a minute,
    merges a late one or changes an alert is a transaction over all its items.
    """

    def __init__(
        self,
        client: Any,
        tables: Tables,
        retention_days: int,
        sleep: Sleep,
        random: Random,
    ):
        self._client = client
        self._tables = tables
        self._retention_days = retention_days
        self._sleep = sleep
        self._random = random
        self._pool = ThreadPoolExecutor(max_workers=4)

    def read(self, segment_ids: Sequence[str]) -> dict[str, Any]:
        """Return a StoredSegment or a StoreError for each id."""
        parts = self._pool.map(self._read_some, chunks(segment_ids, MOST_KEYS))
        return {name: stored for part in parts for name, stored in part.items()}

    def _read_some(self, segment_ids: Sequence[str]) -> dict[str, Any]:
        keys = [{"segment_id": {"S": segment_id}} for segment_id in segment_ids]
        try:
            items = self._get(
                self._tables.segments, keys, segment_items.read_attributes()
            )
        except StoreError as error:
            return dict.fromkeys(segment_ids, error)
        by_id = {item["segment_id"]["S"]: item for item in items}
        return {s: segment_items.segment_of(s, by_id.get(s, {})) for s in segment_ids}

    def _stored_rows(self, row_keys: Sequence[RowKey]) -> dict[RowKey, Window]:
        """Return the stored windows of up to a hundred minutes."""
        by_text = {(s, minute_text(minute)): (s, minute) for s, minute in row_keys}
        keys = [{"segment_id": {"S": s}, "minute": {"S": text}} for s, text in by_text]
        items = self._get(self._tables.history, keys, ("sums",))
        return {
            by_text[item["segment_id"]["S"], item["minute"]["S"]]: unpack(
                item["sums"]["B"]
            )
            for item in items
        }

    def _get(
        self, table: str, keys: Sequence[dict[str, Any]], attributes: Sequence[str]
    ) -> list[dict[str, Any]]:
        return aws_dynamodb.batch_get(
            self._client, table, keys, attributes, self._sleep
        )

    def write(self, decisions: Sequence[Decision]) -> Outcomes:
        """Write each atomically; Conflict where another version is stored."""
        plain = [one for one in decisions if not _is_wide(one)]
        wide = [one for one in decisions if _is_wide(one)]
        jobs = [
            *((self._write_plain, part) for part in chunks(plain, MOST_STATEMENTS)),
            *((self._write_wide, part) for part in _grouped(wide)),
        ]
        outcomes: Outcomes = {}
        for part in self._pool.map(lambda job: job[0](job[1]), jobs):
            outcomes.update(part)
        return outcomes

    def _write_plain(self, decisions: Sequence[Decision]) -> Outcomes:
        table = self._tables.segments
        statements = [segment_items.partiql_update(table, one) for one in decisions]
        try:
            answers = self._execute(statements)
        except StoreError as error:
            return dict.fromkeys(map(_id, decisions), error)
        return {
            _id(one): refusal_of(answer.get("Error"))
            for one, answer in zip(decisions, answers)
        }

    def _execute(self, statements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        call = self._client.batch_execute_statement
        return list(call_aws(call, Statements=list(statements))["Responses"])

    def _write_wide(
        self, decisions: Sequence[Decision], waits_s: Sequence[float] = _WAITS_S
    ) -> Outcomes:
        try:
            actions = [action for one in decisions for action in self._actions(one)]
            self._transact(actions, waits_s)
        except StoreError as error:
            if len(decisions) > 1 and _is_cancelled(error) and not is_throttled(error):
                return self._write_apart(decisions)
            return dict.fromkeys(map(_id, decisions), error)
        return dict.fromkeys(map(_id, decisions))

    def _transact(
        self, actions: Sequence[dict[str, Any]], waits_s: Sequence[float]
    ) -> None:
        """Write all *actions*; while they are throttled, wait and repeat them all."""
        for most_s in waits_s:
            try:
                return self._write_all(actions)
            except StoreError as error:
                if not is_throttled(error):
                    raise
            self._sleep(most_s * (1 + self._random()) / 2)
        return self._write_all(actions)

    def _write_all(self, actions: Sequence[dict[str, Any]]) -> None:
        call_aws(self._client.transact_write_items, TransactItems=actions)

    def _write_apart(self, decisions: Sequence[Decision]) -> Outcomes:
        """Write separately: one refused item cancels a whole transaction.

        Without waiting: fifty waits would outlast the invocation.
        """
        outcomes: Outcomes = {}
        for one in decisions:
            outcomes.update(self._write_wide([one], waits_s=()))
        return outcomes

    def _actions(self, decision: Decision) -> Iterable[dict[str, Any]]:
        tables = self._tables
        yield {"Update": segment_items.segment_update(tables.segments, decision)}
        for row in self._history_rows(decision):
            item = aws_dynamodb.attributes(row)
            yield {"Put": {"TableName": tables.history, "Item": item}}
        for key, row in alert_rows(decision, self._retention_days).items():
            yield {"Update": aws_dynamodb.update(tables.alerts, {"alert_id": key}, row)}

    def _history_rows(self, decision: Decision) -> Iterable[Mapping[str, Any]]:
        """Return the rows of the decision's minutes, merged with those stored."""
        stored: dict[RowKey, Window] = {}
        to_read = [(_id(decision), minute) for minute in minutes_to_read(decision)]
        for keys in chunks(to_read, MOST_KEYS):
            stored.update(self._stored_rows(keys))
        for minute, window in minutes_of(decision).items():
            before = stored.get((_id(decision), minute))
            row = window if before is None else merge_windows(before, window)
            yield history_row(decision.segment, minute, row, self._retention_days)

    def mark_sent(self, segments: Sequence[StoredSegment]) -> set[str]:
        """Empty the outboxes of these versions; a newer version keeps its own.

        Returns the segments of which another version is stored.
        """
        table, newer = self._tables.segments, set()
        for part in chunks(segments, MOST_STATEMENTS):
            statements = [segment_items.partiql_sent(table, one) for one in part]
            for one, answer in zip(part, self._execute(statements)):
                refusal = refusal_of(answer.get("Error"))
                if isinstance(refusal, Conflict):
                    newer.add(one.segment_id)
                elif refusal is not None:
                    raise refusal
        return newer


def _id(decision: Decision) -> str:
    return decision.segment.segment_id


def _is_wide(decision: Decision) -> bool:
    """Whether the decision writes more than the segment's own item."""
    is_first = decision.segment.version == 1
    return bool(is_first or decision.closed or decision.late or decision.changes)


def _grouped(decisions: Sequence[Decision]) -> list[list[Decision]]:
    """Group decisions into transactions of as many segments as the limit allows."""
    groups: list[list[Decision]] = []
    size = MOST_ACTIONS
    for one in decisions:
        number = actions_of(one)
        size += number
        if size > MOST_ACTIONS:
            groups.append([])
            size = number
        groups[-1].append(one)
    return groups


def _is_cancelled(error: StoreError) -> bool:
    """Whether DynamoDB cancelled a transaction, rather than never start it."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and "CancellationReasons" in cause.response
