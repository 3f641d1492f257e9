"""What an engineer reads first: what rings, since when, and which page fixes it."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from trafficctl.cli.output import show
from trafficctl.watch.alarms import counts, read, view

NOW = datetime(2026, 11, 22, 18, 32, tzinfo=timezone.utc)
TEXT = (
    "The map is more than 10 s behind the street. First read the log.\n"
    "Runbook: docs/runbooks/processor-behind.md"
)


def alarm(name: str, state: str, minutes: float, text: str = TEXT) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "StateValue": state,
        "StateReason": "2 of 3",
        "StateTransitionedTimestamp": NOW - timedelta(minutes=minutes),
        "AlarmDescription": text,
    }


class Pages:
    """Answers as a paginator does, one item a page."""

    def __init__(self, key: str, items: list[dict[str, Any]]) -> None:
        self._key, self._items = key, items

    def get_paginator(self, _operation: str) -> Pages:
        return self

    def paginate(self, AlarmNamePrefix: str = "", **_asked: str) -> Any:  # noqa: N803
        for item in self._items:
            if item.get("AlarmName", "").startswith(AlarmNamePrefix):
                yield {self._key: [item]}


def aws(*alarms: dict[str, Any], owned: tuple[str, ...] | None = None) -> Any:
    names = owned if owned is not None else [a["AlarmName"] for a in alarms]
    kind = "AWS::CloudWatch::Alarm"
    resources = [{"ResourceType": kind, "PhysicalResourceId": n} for n in names]
    resources.append({"ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "q"})
    clients = {
        "cloudwatch": Pages("MetricAlarms", list(alarms)),
        "cloudformation": Pages("StackResourceSummaries", resources),
    }
    return clients.__getitem__


THREE = (
    alarm("city-calm", "OK", 90),
    alarm("city-unknown", "INSUFFICIENT_DATA", 5),
    alarm("city-young", "ALARM", 2),
    alarm("city-old", "ALARM", 75),
)


def text_of(found: Any, everything: bool = False) -> list[str]:
    out = io.StringIO()
    show(view(found, NOW.timestamp(), everything), out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_what_rings_comes_first_and_the_longest_of_it() -> None:
    found = read(aws(*THREE), "city")

    assert [a.name for a in found] == ["old", "young", "unknown", "calm"]


def test_an_alarm_tells_its_meaning_first_step_and_runbook() -> None:
    (found,) = read(aws(alarm("city-x", "ALARM", 1)), "city")

    assert found.meaning == "The map is more than 10 s behind the street."
    assert found.advice == "First read the log."
    assert found.runbook == "docs/runbooks/processor-behind.md"


@pytest.mark.parametrize("text", ["", "no sentence", "Runbook: docs/x.md"])
def test_a_description_without_parts_is_shown_as_it_is(text: str) -> None:
    (found,) = read(aws(alarm("city-x", "OK", 1, text)), "city")

    assert (found.meaning or "Runbook: docs/x.md") == (text or "Runbook: docs/x.md")
    assert found.runbook == ("docs/x.md" if "docs" in text else None)


def test_the_alarms_of_another_stack_whose_name_begins_alike_are_left_out() -> None:
    both = aws(*THREE, alarm("city-dev-old", "ALARM", 1), owned=("city-old",))

    assert [a.name for a in read(both, "city")] == ["old"]


def test_the_table_shows_what_is_not_well_and_counts_the_rest() -> None:
    lines = text_of(read(aws(*THREE), "city"))

    rows = [line for line in lines if "processor-behind.md" in line]
    assert [row.split(" The map")[0] for row in rows] == [
        "ALARM 1 h 15 min old",
        "ALARM 2 min 00 s young",
        "no data 5 min 00 s unknown",
    ]
    assert lines[-1] == "4 alarms: 2 ALARM, 1 no data, 1 ok"


def test_the_whole_table_shows_what_is_well_too() -> None:
    lines = text_of(read(aws(*THREE), "city"), everything=True)

    assert any(line.startswith("ok 1 h 30 min calm") for line in lines)


def test_a_calm_city_is_one_line() -> None:
    calm = read(aws(THREE[0]), "city")

    assert text_of(calm) == ["1 alarm: 0 ALARM, 0 no data, 1 ok"]
    assert counts([]) == "this stack has no alarms"
