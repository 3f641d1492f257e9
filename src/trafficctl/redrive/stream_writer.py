"""Writes records to the stream at a limited rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trafficctl.errors import CityError
from trafficctl.redrive.dead_letters import StreamRecord

MOST_RECORDS = 500  # of one PutRecords request
MOST_BYTES = 4 * 1024 * 1024  # of at most 5 MB
MOST_TRIES = 8
LONGEST_PAUSE_S = 5.0


class StreamWriter:
    """Writes records to a Kinesis stream, at most *rate* readings a second.

    *clock* and *sleep* are in seconds.
    """

    def __init__(
        self,
        kinesis: Any,
        name: str,
        rate: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._kinesis, self._name, self._rate = kinesis, name, rate
        self._clock, self._sleep = clock, sleep
        self._free_at = clock()

    def put(self, records: Sequence[StreamRecord]) -> None:
        """Put all *records*. Raises CityError if the stream keeps rejecting some."""
        for part in self._parts(records):
            now = self._clock()
            self._sleep(max(0.0, self._free_at - now))
            readings = sum(record.readings for record in part)
            self._free_at = max(now, self._free_at) + readings / self._rate
            self._put_some(part)

    def _parts(self, records: Sequence[StreamRecord]) -> Iterator[list[StreamRecord]]:
        """Parts that fit into a request and into one second of the rate."""
        part: list[StreamRecord] = []
        size = readings = 0
        for record in records:
            room = len(record.data) + len(record.partition_key.encode())
            is_full = len(part) == MOST_RECORDS or size + room > MOST_BYTES
            if part and (is_full or readings + record.readings > self._rate):
                yield part
                part, size, readings = [], 0, 0
            part.append(record)
            size += room
            readings += record.readings
        if part:
            yield part

    def _put_some(self, records: Sequence[StreamRecord]) -> None:
        remaining, codes = records, {""}
        for attempt in range(MOST_TRIES):
            if attempt:
                self._sleep(min(0.2 * 2**attempt, LONGEST_PAUSE_S))
            answers = self._request(remaining)
            codes = {answer.get("ErrorCode", "") for answer in answers}
            pairs = zip(remaining, answers, strict=True)
            remaining = [record for record, answer in pairs if "ErrorCode" in answer]
            if not remaining:
                return
        errors = ", ".join(sorted(codes - {""}))
        raise CityError(
            f"stream {self._name} rejected {len(remaining)} records ({errors}) - wait "
            "for live traffic to drop or use a lower --rate, then repeat the command"
        )

    def _request(self, records: Sequence[StreamRecord]) -> list[dict[str, Any]]:
        entries = [{"Data": r.data, "PartitionKey": r.partition_key} for r in records]
        answer = self._kinesis.put_records(StreamName=self._name, Records=entries)
        return list(answer["Records"])
