"""Reading the city's tables beside those who live on them: paced, and with patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.errors import THROTTLED, CityError
from trafficctl.patience import pause_s

MOST_TRIES = 30  # in a row without an answer: some five minutes
_UNREAD = "keys left unread"
_BUSY = {*THROTTLED, "InternalServerError", "ServiceUnavailable"}

Item = dict[str, Any]


class Reads:
    """Reads of DynamoDB, *rate* read units a second at most, of all tables together.

    A call is paid for after it, by what DynamoDB says that it took. *clock* and
    *sleep* are in seconds.
    """

    def __init__(
        self,
        dynamodb: Any,
        rate: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._dynamodb, self._rate = dynamodb, rate
        self._clock, self._sleep = clock, sleep
        self._free_at = clock()
        self._refusals = 0

    def by_key(
        self, table: str, keys: Sequence[Item], wanted: Sequence[str]
    ) -> Iterator[Item]:
        """The items that are stored, of at most a hundred keys."""
        names = _named(wanted)
        left = list(keys)
        while left:
            request = {
                "Keys": left,
                "ConsistentRead": True,
                "ProjectionExpression": ", ".join(names),
                "ExpressionAttributeNames": names,
            }
            answer = self._answer(
                table, self._dynamodb.batch_get_item, RequestItems={table: request}
            )
            unread = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            self._pay(answer, len(left) - len(unread))
            yield from answer["Responses"].get(table, [])
            if len(unread) < len(left):
                self._refusals = 0
            if unread:
                self._back_off(table, _UNREAD)
            left = unread

    def between(
        self, table: str, key: Item, span: Item, wanted: Sequence[str]
    ) -> Iterator[Item]:
        """The items of a partition, *key*, with a sort key in a *span*, both ends in.

        Each is one attribute: `{"minute": (first, last)}` in DynamoDB's values.
        """
        ((partition, value),), ((sort, (first, last)),) = key.items(), span.items()
        names = _named(wanted)
        request = {
            "TableName": table,
            "ConsistentRead": True,
            "KeyConditionExpression": "#p = :p AND #s BETWEEN :first AND :last",
            "ExpressionAttributeNames": {**names, "#p": partition, "#s": sort},
            "ExpressionAttributeValues": {":p": value, ":first": first, ":last": last},
            "ProjectionExpression": ", ".join(names),
        }
        begin: Item = {}
        while True:
            answer = self._answer(table, self._dynamodb.query, **request, **begin)
            self._refusals = 0
            self._pay(answer, len(answer["Items"]))
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            begin = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _answer(self, table: str, call: Callable[..., Any], **asked: Any) -> Any:
        while True:
            self._sleep(max(0.0, self._free_at - self._clock()))
            try:
                return call(**asked, ReturnConsumedCapacity="TOTAL")
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code not in _BUSY:
                    raise
            self._back_off(table, code)

    def _pay(self, answer: Any, items: int) -> None:
        """Count what a call took; where it is not told, a unit for each item."""
        said = answer.get("ConsumedCapacity") or []
        told = [said] if isinstance(said, dict) else said
        units = sum(one["CapacityUnits"] for one in told) if told else max(1, items)
        self._free_at = max(self._clock(), self._free_at) + units / self._rate

    def _back_off(self, table: str, code: str) -> None:
        self._refusals += 1
        if self._refusals == MOST_TRIES:
            raise CityError(
                f"{table} refuses to be read all the time ({code}) - wait until it "
                "answers, or use a lower --table-reads, and repeat"
            )
        self._sleep(pause_s(self._refusals))


def _named(wanted: Sequence[str]) -> dict[str, str]:
    return {f"#{n}": name for n, name in enumerate(wanted)}
