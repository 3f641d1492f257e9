"""Reads and writes the device registry.

`traffic.provisioning.admission` defines its rows. The provisioning hook writes to them
too, so every write here is conditional on the row as read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from traffic.aws.dynamodb import attributes
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import plain_item, scan
from trafficctl.errors import CityError

FIELDS = (
    "device_id",
    "segment_id",
    "status",
    "certificate_id",
    "expected_at",
    "registered_at",
    "revoked_at",
    "renew_until",
    "next_certificate_id",
    "next_registered_at",
    "note",
)
OUTPUT = "DeviceRegistryTable"
BATCH = 100  # the maximum of BatchGetItem
PARALLEL_READS = 4

Row = Mapping[str, Any]


def certificates_in(row: Row | None) -> list[str]:
    """The ids of the certificates in a row."""
    values = row or {}
    names = ("certificate_id", "next_certificate_id")
    return [values[name] for name in names if values.get(name)]


class RowChangedError(CityError):
    """The row has changed since it was read."""


def row_state(row: Row | None) -> str:
    """A row's status and certificate as one string, empty without a row.

    A write conditional on this state cannot replace anything unseen.
    """
    if row is None:
        return ""
    return f"{row.get('status', '')}:{row.get('certificate_id', '')}"


def table_of(outputs: Mapping[str, str]) -> str:
    """The registry's table. Raises CityError for a stack too old to have one."""
    if OUTPUT not in outputs:
        raise CityError(
            f"the stack has no output {OUTPUT}: its template is too old - update it "
            "with `trafficctl deploy` (local city: `trafficctl up`)"
        )
    return outputs[OUTPUT]


class DeviceTable:
    """The registry's table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def all(self) -> list[dict[str, Any]]:
        """Every row, by device id."""
        rows = scan(self._client, self._table, FIELDS, consistent=True)
        return sorted(rows, key=lambda row: str(row["device_id"]))

    def read(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The existing rows of these devices."""
        unique = list(dict.fromkeys(names))
        parts = [unique[i : i + BATCH] for i in range(0, len(unique), BATCH)]
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            rows = [row for part in pool.map(self._read_part, parts) for row in part]
        return {row["device_id"]: row for row in rows}

    def _read_part(self, names: Sequence[str]) -> list[dict[str, Any]]:
        return list(self._batches(names))

    def _batches(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        keys = [{"device_id": {"S": name}} for name in names]
        request = {self._table: {"Keys": keys, "ConsistentRead": True}}
        while request:
            answer = self._client.batch_get_item(RequestItems=request)
            yield from map(plain_item, answer["Responses"].get(self._table, []))
            request = answer.get("UnprocessedKeys")

    def write(
        self,
        device_id: str,
        values: Mapping[str, Any],
        expected: Row | None,
        also: Mapping[str, Any] | None = None,
    ) -> None:
        """Set `values` (None removes one) if the row is still as `expected`.

        With `also` the row may also hold those values already: our own write before a
        kill. Raises RowChangedError.
        """
        update = _Update(values)
        update.only_if(expected, also or {})
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"device_id": {"S": device_id}},
                **update.call,
            )
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise RowChangedError(
                f"{device_id}: its row changed meanwhile - repeat the command"
            ) from exc


class _Update:
    """Builds the arguments of one UpdateItem."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        terms = [
            f"{self._name(name)} = {self._value(value)}"
            for name, value in values.items()
            if value is not None
        ]
        removed = [self._name(name) for name, value in values.items() if value is None]
        parts = [("SET", terms), ("REMOVE", removed)]
        self._expression = " ".join(f"{k} {', '.join(v)}" for k, v in parts if v)
        self._condition = ""

    def only_if(self, expected: Row | None, also: Mapping[str, Any]) -> None:
        """Require that the row is as `expected`, or holds `also`."""
        if expected is None:
            before = f"attribute_not_exists({self._name('device_id')})"
        else:
            fields = ("status", "certificate_id", "next_certificate_id", "segment_id")
            before = " AND ".join(self._is(name, expected.get(name)) for name in fields)
        ours = " AND ".join(self._is(name, value) for name, value in also.items())
        self._condition = f"({before}) OR ({ours})" if ours else before

    @property
    def call(self) -> dict[str, Any]:
        """The arguments without table and key."""
        call: dict[str, Any] = {
            "UpdateExpression": self._expression,
            "ConditionExpression": self._condition,
            "ExpressionAttributeNames": self._names,
        }
        if self._values:
            call["ExpressionAttributeValues"] = attributes(self._values)
        return call

    def _is(self, name: str, value: Any) -> str:
        if value is None:
            return f"attribute_not_exists({self._name(name)})"
        return f"{self._name(name)} = {self._value(value)}"

    def _name(self, name: str) -> str:
        self._names[f"#{name}"] = name
        return f"#{name}"

    def _value(self, value: Any) -> str:
        key = f":v{len(self._values)}"
        self._values[key] = value
        return key


def open_table(session: Any, outputs: Mapping[str, str]) -> DeviceTable:
    """The registry of a deployed stack."""
    return DeviceTable(aws.client(session, "dynamodb"), table_of(outputs))
