"""However many alerts a message opens, its segment's item has room for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from traffic.model import StoredSegment
from traffic.processor.batch import BatchProcessor
from traffic.segment.outbox import MOST_BYTES, MOST_EVENTS, is_full, text_of

from ..aws.fake_dynamodb import FakeDynamoDB
from ..segment.builders import message, reading, record
from .city import City

READINGS = 1_000


def restless(seconds: float = 0) -> bytes:
    """A message in which every reading raises the alert or lowers it."""
    scores = (60, 100)
    return message(
        *(
            reading(seconds=seconds + 2 * i, interval=1, congestion_score=scores[i % 2])
            for i in range(READINGS)
        )
    )


class Street(City):
    """A city whose alerts follow the traffic at once."""

    def work(self, *batch: Any) -> BatchProcessor:
        """One batch."""
        shell = self.ports()
        policy = replace(shell.policy, hold_s=0, clear_hold_s=0)
        found = BatchProcessor(replace(shell, policy=policy), batch)
        found.run("shard")
        return found

    def outbox(self) -> str:
        """What is unsent of segment `s`."""
        (row,) = self.rows("segments")
        return str(row.get("outbox", ""))


def test_a_message_of_a_thousand_changes_of_an_alert_passes() -> None:
    city = Street("s")

    work = city.work(record(1, restless()))

    assert (work.failed, work.figures.counts["Accepted"]) == ([], READINGS)
    told = Counter(event["event_id"] for event in city.bus.events)
    assert (len(told), set(told.values())) == (READINGS, {1})
    assert city.outbox() == ""


def test_the_message_waits_for_a_bus_that_refuses_and_is_counted_once() -> None:
    city = Street("s")
    city.bus.refuses = 1_000_000

    refused = city.work(record(1, restless()))
    waiting = len(city.outbox())
    city.bus.refuses = 0
    again = city.work(record(1, restless()))

    assert refused.failed == ["1"]
    assert MOST_BYTES / 2 < waiting <= 2 * MOST_BYTES
    assert again.failed == []
    assert (city.rows("segments")[0]["accepted"], city.outbox()) == (READINGS, "")
    assert len({event["event_id"] for event in city.bus.events}) == READINGS


def test_neighbours_go_on_while_a_full_outbox_waits() -> None:
    city = Street("s", "t")
    city.bus.refuses = 1_000_000

    neighbour = record(2, message(reading()), segment="t")
    work = city.work(record(1, restless()), neighbour)

    assert work.failed == ["1"]
    assert {r["segment_id"]: r["accepted"] for r in city.rows("segments")}["t"] == 1


@pytest.mark.parametrize(
    ("events", "is_too_many"),
    [
        ([], False),
        ([{"name": "x" * 2 * MOST_BYTES}], False),  # one has to fit, or nothing goes on
        ([{"name": "x" * MOST_BYTES}] * 2, True),
        ([{}] * MOST_EVENTS, False),
        ([{}] * (MOST_EVENTS + 1), True),
    ],
)
def test_an_outbox_is_full_by_number_or_by_size(
    events: list[dict[str, str]], is_too_many: bool
) -> None:
    assert is_full(events) is is_too_many


def test_the_alerts_of_a_road_with_an_endless_name_fit_into_its_item() -> None:
    city = Street("s")
    city.bus.refuses = 1_000_000
    (row,) = city.dynamodb.rows("segments")
    row["name"] = row["district"] = {
        "S": "\N{LATIN SMALL LETTER E WITH ACUTE}" * 50_000
    }

    work = city.work(record(1, restless()))

    assert work.failed == ["1"]
    assert MOST_BYTES / 2 < len(city.outbox()) <= 2 * MOST_BYTES


def test_the_fake_refuses_an_item_that_dynamodb_refuses() -> None:
    fake = FakeDynamoDB()
    one = StoredSegment("s", outbox=({"name": "x" * 500_000},))
    item = {"segment_id": {"S": "s"}, "outbox": {"S": text_of(one.outbox)}}
    put = {"TableName": "segments", "Item": item}

    with pytest.raises(Exception, match="TransactionCanceledException"):
        fake.transact_write_items([{"Put": put}])

    assert list(fake.rows("segments")) == []
