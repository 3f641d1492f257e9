"""DynamoDB for every function: attributes, pages, and calls with translated errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Callable, NamedTuple, Optional

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import Conflict, StoreError

Attributes = dict[str, dict[str, Any]]
Sleep = Callable[[float], None]
Random = Callable[[], float]  # from 0 to 1
MOST_KEYS = 100  # per BatchGetItem
MOST_STATEMENTS = 25  # per BatchExecuteStatement
_READ_ROUNDS = 5
_CONFLICTS = ("ConditionalCheckFailed", "TransactionConflict", "DuplicateItem")
_THROTTLES = ("ThrottlingError", "ProvisionedThroughputExceeded")


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


def is_throttled(error: StoreError) -> bool:
    """Whether a transaction was cancelled because of its rate."""
    cause = error.__cause__
    failed = _reasons(cause) if isinstance(cause, ClientError) else []
    return any(code.startswith(_THROTTLES) for code in failed)


def _reasons(error: ClientError) -> list[str]:
    """Return the codes of the actions for which a transaction was cancelled."""
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") or "None" for reason in reasons]
    return [code for code in codes if code != "None"]


def _translate(error: ClientError) -> StoreError:
    failed = _reasons(error)
    if failed and all(code.startswith(_CONFLICTS) for code in failed):
        return Conflict(str(error))
    return refusal_of(error.response["Error"]) or StoreError(str(error))


def attribute(value: Any) -> dict[str, Any]:
    """Return the attribute of a text, number or bytes."""
    type_ = value.__class__
    if type_ is str:
        return {"S": value}
    if type_ is float:
        return {"N": _float_text(value)}
    return {"B": value} if type_ is bytes else {"N": repr(value)}


_float_text = lru_cache(maxsize=4096)(float.__repr__)  # rounded figures repeat


def value_of(attribute: Mapping[str, Any]) -> Any:
    """Return the value of a text, number, bytes or set of texts attribute."""
    type_, value = next(iter(attribute.items()))
    return number_of(value) if type_ == "N" else value


def number_of(text: str) -> float:
    """Return the number of a number attribute."""
    return int(text) if text.lstrip("-").isdigit() else float(text)


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
    return split_update(table, key, *split(values))


def split_update(
    table: str, key: Mapping[str, str], present: Mapping[str, Any], absent: list[str]
) -> dict[str, Any]:
    """Return an UpdateItem that sets *present* and removes *absent*."""
    expression, names, places = _expression(tuple(present), tuple(absent))
    return {
        "TableName": table,
        "Key": attributes(key),
        "UpdateExpression": expression,
        "ExpressionAttributeNames": dict(names),
        "ExpressionAttributeValues": dict(
            zip(places, map(attribute, present.values()))
        ),
    }


@lru_cache(maxsize=256)
def _expression(
    present: Sequence[str], absent: Sequence[str]
) -> tuple[str, Mapping[str, str], Sequence[str]]:
    names = {f"#{i}": name for i, name in enumerate((*present, *absent))}
    sets = ", ".join(f"#{i} = :{i}" for i in range(len(present)))
    removes = ", ".join(f"#{len(present) + i}" for i in range(len(absent)))
    places = [f":{i}" for i in range(len(present))]
    return f"SET {sets}" + (f" REMOVE {removes}" if removes else ""), names, places


def pages(call: Any, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of every page that *call* returns; raises StoreError."""
    while True:
        answer = call_aws(call, **request)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def scan(
    client: Any, table: str, attributes: Sequence[str], part: int = 0, parts: int = 1
) -> Iterator[dict[str, Any]]:
    """Yield *attributes* of the items in one of so many *parts* of a table.

    Raises StoreError.
    """
    names = {f"#{i}": name for i, name in enumerate(attributes)}
    request: dict[str, Any] = {
        "TableName": table,
        "Segment": part,
        "TotalSegments": parts,
        "ProjectionExpression": ", ".join(names),
        "ExpressionAttributeNames": names,
    }
    return pages(client.scan, request)


def execute(client: Any, statements: Sequence[dict[str, Any]]) -> None:
    """Execute PartiQL statements; raises StoreError.

    One whose condition is not met is left out: its item has changed, or is gone.
    """
    for part in chunks(statements, MOST_STATEMENTS):
        answer = call_aws(client.batch_execute_statement, Statements=part)
        for one in answer["Responses"]:
            refusal = refusal_of(one.get("Error"))
            if refusal is not None and not isinstance(refusal, Conflict):
                raise refusal


def batch_get(
    client: Any,
    table: str,
    keys: Sequence[Attributes],
    attributes: Sequence[str],
    sleep: Sleep,
    consistent: bool = True,
) -> list[dict[str, Any]]:
    """Return the items of up to 100 keys, retrying those that were left unprocessed.

    Raises StoreError.
    """
    names = {f"#{i}": name for i, name in enumerate((*attributes, *keys[0]))}
    request: dict[str, Any] = {
        "Keys": list(keys),
        "ConsistentRead": consistent,
        "ProjectionExpression": ", ".join(names),
        "ExpressionAttributeNames": names,
    }
    items: list[dict[str, Any]] = []
    for round_ in range(_READ_ROUNDS):
        answer = call_aws(client.batch_get_item, RequestItems={table: request})
        items += answer["Responses"].get(table, [])
        unprocessed = answer.get("UnprocessedKeys", {}).get(table)
        if not unprocessed:
            return items
        request = unprocessed
        sleep(0.05 * 2**round_)
    raise StoreError(f"{table}: {len(request['Keys'])} keys were left unread")
