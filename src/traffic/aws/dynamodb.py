"""DynamoDB for every function: attributes, pages, and calls with translated errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Callable, NamedTuple, Optional

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import Conflict, StoreError

Attributes = dict[str, dict[str, Any]]
Sleep = Callable[[float], None]
MOST_KEYS = 100  # per BatchGetItem
MOST_STATEMENTS = 25  # per BatchExecuteStatement
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
    """Return the StoreError for the error of a statement, None for no error."""
    if error is None:
        return None
    code = error.get("Code", "")
    type_ = Conflict if code.startswith(_CONFLICTS) else StoreError
    return type_(f"{code}: {error.get('Message', '')}")


def call_aws(call: Callable[..., Any], **arguments: Any) -> Any:
    """Call AWS; raises StoreError for its errors, Conflict for lost races."""
    try:
        return call(**arguments)
    except ClientError as error:
        raise _translate(error) from error
    except BotoCoreError as error:
        raise StoreError(str(error)) from error


def _translate(error: ClientError) -> StoreError:
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") or "None" for reason in reasons]
    failed = [code for code in codes if code != "None"]
    if failed and all(code.startswith(_CONFLICTS) for code in failed):
        return Conflict(str(error))
    return refusal_of(error.response["Error"]) or StoreError(str(error))


def attribute(value: Any) -> dict[str, Any]:
    """Return the attribute of a text, number or bytes."""
    type_ = value.__class__
    if type_ is str:
        return {"S": value}
    return {"B": value} if type_ is bytes else {"N": repr(value)}


def value_of(attribute: Mapping[str, Any]) -> Any:
    """Return the value of a text, number, bytes or set of texts attribute."""
    type_, value = next(iter(attribute.items()))
    if type_ == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    return value


def attributes(values: Mapping[str, Any]) -> Attributes:
    """Return the attributes of a row, without those of value None."""
    return {
        name: attribute(value) for name, value in values.items() if value is not None
    }


def values_of(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values of the attributes of a row."""
    return {name: value_of(one) for name, one in attributes.items()}


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the values that are not None, and the names of the others."""
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
    """Yield the items of every page that *call* returns; raises StoreError."""
    while True:
        answer = call_aws(call, **request)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
