"""The processor's figures, as CloudWatch tells them: all of them, or none."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.template.alarms import given
from tests.template.template import of_type, properties
from traffic.aws.emf import NAMESPACE
from traffic.processor.figures import BatchFigures, lines
from trafficctl.audit import processor_metrics
from trafficctl.audit.processor_metrics import (
    HOUR_S,
    MOST_DAYS,
    PIECES_KEPT_S,
    ProcessorCounts,
    audit_start,
    metrics,
    read_counts,
)
from trafficctl.errors import CityError

TEN_S = 1_774_000_800  # 2026-03-20 10:00 UTC
OUTPUTS = {"IngestRule": "rule", "ProcessorFunction": "function"}
Told = dict[str, list[float]]


class CloudWatch:
    """Tells the same *pages* for each question; remembers what it was asked.

    Each page holds figures by Id; what it does not name has none. *status* is how
    whole the answer of an Id is in the end, in its last page.
    """

    def __init__(self, *pages: Told, **status: str) -> None:
        self._pages, self._status = pages, status
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, name: str) -> CloudWatch:
        assert name == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> Any:
        self.asked.append(asked)
        names = [query["Id"] for query in asked["MetricDataQueries"]]
        for number, page in enumerate(self._pages, 1):
            whole = "Complete" if number == len(self._pages) else "PartialData"
            yield {
                "MetricDataResults": [
                    {
                        "Id": name,
                        "Values": page.get(name, []),
                        "StatusCode": self._status.get(name, whole),
                    }
                    for name in names
                    if self._status.get(name) != "absent"
                ]
            }

    def spans(self) -> list[tuple[datetime, datetime, int]]:
        """From when to when it was asked, and for figures of how many seconds."""
        return [
            (asked["StartTime"], asked["EndTime"], query["MetricStat"]["Period"])
            for asked in self.asked
            for query in asked["MetricDataQueries"][:1]
        ]


def at(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=timezone.utc)


def test_the_figures_are_summed_over_all_hours_and_pages() -> None:
    cloudwatch = CloudWatch(
        {"received": [600.0, 300.0], "accepted": [900.0]}, {"received": [100.0]}
    )
    begin = audit_start(2, 0, TEN_S + 1800)

    found = read_counts(cloudwatch, "city", OUTPUTS, begin.at_s, TEN_S + 1800)

    assert found == ProcessorCounts(received=1000, accepted=900)
    assert cloudwatch.spans() == [(at(11, day=18), at(11), 3600)]
    (asked,) = cloudwatch.asked
    assert {q["MetricStat"]["Stat"] for q in asked["MetricDataQueries"]} == {"Sum"}


@pytest.mark.parametrize(
    "said", ["InternalError", "PartialData", "Forbidden", "absent"]
)
@pytest.mark.parametrize("field", ["received", "lost_batches"])
def test_what_cloudwatch_does_not_tell_is_no_zero(field: str, said: str) -> None:
    cloudwatch = CloudWatch({"received": [1.0]}, **{field: said})

    with pytest.raises(CityError, match=f"is {said}, not Complete.*and repeat") as why:
        read_counts(cloudwatch, "city", OUTPUTS, TEN_S, TEN_S)
    assert metrics("city", OUTPUTS)[field].metric[1] in str(why.value)


def test_what_an_earlier_stack_of_this_name_counted_is_left_out() -> None:
    made = at(8, 21).timestamp() + 59
    begin = audit_start(7, made, TEN_S + 1800)
    cloudwatch = CloudWatch({"received": [10.0]})

    found = read_counts(cloudwatch, "city", OUTPUTS, begin.at_s, TEN_S + 1800)

    assert begin == (at(8, 21).timestamp(), True)
    assert cloudwatch.spans() == [(at(8, 21), at(9), 60), (at(9), at(11), 3600)]
    assert found.received == 20  # those of both


@pytest.mark.parametrize(
    ("made", "spans"),
    [
        (at(8), [(at(8), at(11), 3600)]),
        (at(10, 10), [(at(10, 10), at(11), 60)]),
        (at(10, 59), [(at(10, 59), at(11), 60)]),
        (at(11), []),
    ],
    ids=["on the hour", "within the hour", "just now", "by a clock that is ahead"],
)
def test_a_stack_that_is_young_is_asked_for_no_empty_span(
    made: datetime, spans: list[tuple[datetime, datetime, int]]
) -> None:
    begin = audit_start(7, made.timestamp(), TEN_S + 1800)
    cloudwatch = CloudWatch({})

    assert (
        read_counts(cloudwatch, "city", OUTPUTS, begin.at_s, TEN_S) == ProcessorCounts()
    )
    assert cloudwatch.spans() == spans


def test_where_the_minutes_are_gone_it_begins_with_a_full_hour() -> None:
    kept_s = PIECES_KEPT_S - HOUR_S
    spans = []
    for age_s in (kept_s - 1, kept_s):
        now_s = at(8, 21).timestamp() + age_s
        cloudwatch = CloudWatch({})
        begin = audit_start(30, at(8, 21).timestamp(), now_s)
        read_counts(cloudwatch, "city", OUTPUTS, begin.at_s, now_s)
        spans.append([(begin, period) for begin, _, period in cloudwatch.spans()])

    assert PIECES_KEPT_S == 15 * 86_400
    assert spans == [[(at(8, 21), 60), (at(9), 3600)], [(at(9), 3600)]]


def test_a_table_that_is_older_than_the_days_cuts_nothing() -> None:
    assert audit_start(1, at(10, day=18).timestamp(), TEN_S) == (
        at(11, day=19).timestamp(),
        False,
    )


def test_every_figure_that_is_asked_for_is_one_the_processor_prints() -> None:
    (line,) = lines(BatchFigures(), "city", 0)
    asked = metrics("city", OUTPUTS)

    fields = {field.name for field in dataclasses.fields(ProcessorCounts)}
    assert {one.field for one in asked.values()} == fields
    own = {one.metric[1] for one in asked.values() if one.metric[0] == NAMESPACE}
    assert [name for name in own if f'"{name}":0' not in line] == []
    assert asked["received"].dimensions == {"Stack": "city"}


def test_a_lost_batch_is_asked_of_the_metric_that_rings_an_alarm() -> None:
    asked = metrics("city", OUTPUTS)["lost_batches"]
    watched = [properties(name) for name in of_type("AWS::CloudWatch::Alarm")]
    namespace, name, _ = asked.metric
    (alarm,) = [a for a in watched if a.get("MetricName") == name]

    assert alarm["Namespace"] == namespace
    assert {one["Name"] for one in alarm["Dimensions"]} == set(asked.dimensions)


def test_a_lost_message_counts_under_whatever_name_aws_gives_the_action() -> None:
    cloudwatch = CloudWatch({"lost_messages_SQS": [2.0], "lost_messages_S3": [1.0]})

    found = read_counts(cloudwatch, "city", OUTPUTS, TEN_S, TEN_S + 1800)

    assert found.lost_messages == 3
    alarm = given("IotDeadLettersLostAlarm")["Metrics"][0]["Expression"]
    assert "ErrorActionFailure" in alarm
    assert "ActionType =" not in alarm


def test_no_more_days_are_added_up_than_are_kept() -> None:
    assert (
        MOST_DAYS * 24 * 3600 // processor_metrics.HOUR_S < 100_800 / 8
    )  # values of a call
