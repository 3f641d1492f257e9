"""DynamoDB for every function: attributes, pages, and calls whose errors are ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Callable, NamedTuple, Optional

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import Conflict, StoreError

Attributes = dict[str, dict[str, Any]]
Sleep = Callable[[float], None]
MOST_KEYS = 100  # of one BatchGetItem
MOST_STATEMENTS = 25  # of one BatchExecuteStatement
_CONFLICTS = ("ConditionalCheckFailed", "TransactionConflict", "DuplicateItem")


class Tables(NamedTuple):
    """Names of the three tables."""

    segments: str
    history: str
    alerts: str


def chunks(values: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """Return *values* in parts of at most *size*."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def refusal_of(error: Optional[Mapping[str, Any]]) -> Optional[StoreError]:
    """Return what a statement's own error stands for; None is none."""
    if error is None:
        return None
    code = error.get("Code", "")
    kind = Conflict if code.startswith(_CONFLICTS) else StoreError
    return kind(f"{code}: {error.get('Message', '')}")


def called(call: Callable[..., Any], **arguments: Any) -> Any:
    """Call DynamoDB, in the only place where its errors become ours."""
    try:
        return call(**arguments)
    except ClientError as error:
        raise _translated(error) from error
    except BotoCoreError as error:
        raise StoreError(str(error)) from error


def _translated(error: ClientError) -> StoreError:
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") or "None" for reason in reasons]
    met = [code for code in codes if code != "None"]
    if met and all(code.startswith(_CONFLICTS) for code in met):
        return Conflict(str(error))
    return refusal_of(error.response["Error"]) or StoreError(str(error))


def attribute(value: Any) -> dict[str, Any]:
    """Return the attribute of a text, number or bytes."""
    kind = value.__class__
    if kind is str:
        return {"S": value}
    return {"B": value} if kind is bytes else {"N": repr(value)}


def value_of(attribute: Mapping[str, Any]) -> Any:
    """Return the value of a text, number, bytes or set of texts attribute."""
    kind, value = next(iter(attribute.items()))
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    return value


def attributes(values: Mapping[str, Any]) -> Attributes:
    """Return the attributes of a row; a value of None is an attribute absent."""
    return {
        name: attribute(value) for name, value in values.items() if value is not None
    }


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the values that are there, and the names of those that are None."""
    present = {name: value for name, value in values.items() if value is not None}
    return present, [name for name, value in values.items() if value is None]


def update(
    table: str, key: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an UpdateItem that sets *values* and removes those that are None."""
    present, absent = split(values)
    expression, names = _expression(tuple(present), tuple(absent))
    return {
        "TableName": table,
        "Key": attributes(key),
        "UpdateExpression": expression,
        "ExpressionAttributeNames": dict(names),
        "ExpressionAttributeValues": {
            f":{i}": attribute(value) for i, value in enumerate(present.values())
        },
    }


@lru_cache(maxsize=256)
def _expression(
    present: Sequence[str], absent: Sequence[str]
) -> tuple[str, Mapping[str, str]]:
    names = {f"#{i}": name for i, name in enumerate((*present, *absent))}
    sets = ", ".join(f"#{i} = :{i}" for i in range(len(present)))
    removes = ", ".join(f"#{len(present) + i}" for i in range(len(absent)))
    return f"SET {sets}" + (f" REMOVE {removes}" if removes else ""), names


def pages(call: Any, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of every page that *call* answers; raises StoreError."""
    while True:
        answer = called(call, **request)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
