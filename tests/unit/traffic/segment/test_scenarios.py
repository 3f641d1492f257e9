"""Scenarios as data: given policy, road and readings, the transitions and live values.

A file holds what its cases have in common under `given`; each reading is a message of
its own, one value a column, null for what it does not say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as with_fields

from traffic.model import StoredSegment

from .builders import POLICY, ROAD, Told, message, ms, records, tell, tell_all

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def cases() -> Iterator[Any]:
    for path in sorted(SCENARIOS.glob("*.json")):
        content = json.loads(path.read_text())
        given = content["given"]
        for case in content["cases"]:
            policy = {**given.get("policy", {}), **case.get("policy", {})}
            whole = {**given, **case, "policy": policy}
            yield pytest.param(whole, id=f"{path.stem}: {case['about']}")


def messages(case: dict[str, Any]) -> list[bytes]:
    received, said = 0.0, []
    for row in case["readings"]:
        received = max(received, row[case["columns"].index("seconds")])
        said.append(message(_reading(case["columns"], row), received=received))
    return said


def _reading(columns: list[str], row: list[Any]) -> dict[str, Any]:
    pairs = zip(columns, row, strict=True)
    said = {name: value for name, value in pairs if value is not None}
    defaults = {"vehicle_count": 0} if "vehicle_count" not in columns else {}
    return {**defaults, "timestamp": ms(said.pop("seconds")), **said}


@pytest.mark.parametrize("case", list(cases()))
def test_scenario(case: dict[str, Any]) -> None:
    road = with_fields(ROAD, **case.get("road", {}))
    start = Told(stored=StoredSegment("s", road=road))
    policy = replace(POLICY, **case["policy"])
    stream, expected = records(*messages(case)), case.get("live", {})

    told = tell(start, stream, policy)
    one_by_one = tell_all([[each] for each in stream], start, policy)

    assert [list(turn) for turn in told.transitions] == case["transitions"]
    assert {name: told.live[name] for name in expected} == expected
    assert one_by_one.transitions == told.transitions
    assert one_by_one.live == told.live
