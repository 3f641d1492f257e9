"""AWS's own metrics of an event source mapping, by the function and by its id."""

from __future__ import annotations

from localcity.cloudwatch.counters import count, last
from localcity.kinesis.event_source import Source
from localcity.kinesis.event_source_model import Record


class MappingCounts:
    """Counts for one mapping; those by its id only if its MetricsConfig asks."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def polled(self, records: int, age_s: float) -> None:
        """A read of the stream; the age is of the last record, 0 without any."""
        self._events("PolledEventCount", records)
        last(
            self._place(),
            "Kinesis",
            "GetRecords.IteratorAgeMilliseconds",
            age_s * 1000,
            StreamName=self._source.stream_arn.rpartition("/")[2],
        )

    def invoked(self, records: tuple[Record, ...], now: float) -> None:
        """A batch was given to the function."""
        self._events("InvokedEventCount", len(records))
        age_ms = max(now - records[-1].arrived_at, 0.0) * 1000
        name = self._source.esm["FunctionName"]
        last(self._place(), "Lambda", "IteratorAge", age_ms, FunctionName=name)

    def failed(self, records: int) -> None:
        """So many records of a batch come again, or leave."""
        self._events("FailedInvokeEventCount", records)

    def delivered(self, records: int) -> None:
        """A batch went to the failure destination."""
        self._events("OnFailureDestinationDeliveredEventCount", records)

    def dropped(self, records: int, *, refused: bool) -> None:
        """A batch is lost: there is no destination, or it `refused`."""
        self._events("DroppedEventCount", records)
        if refused:
            name = self._source.esm["FunctionName"]
            failure = "DestinationDeliveryFailures"
            count(self._place(), "Lambda", failure, FunctionName=name)

    def _events(self, name: str, number: int) -> None:
        wanted = (self._source.esm.get("MetricsConfig") or {}).get("Metrics") or ()
        if "EventCount" in wanted:
            mapping = self._source.mapping_id
            of = {"EventSourceMappingUUID": mapping}
            count(self._place(), "Lambda", name, number, **of)

    def _place(self) -> tuple[str, str]:
        return self._source.account, self._source.region
