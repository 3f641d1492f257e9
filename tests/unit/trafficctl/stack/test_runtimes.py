"""A stack learns the day from which AWS refuses its runtime."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import cfnlint
import pytest

from tests.template.template import PARAMETERS
from trafficctl.stack import runtimes
from trafficctl.stack.runtimes import BlockDates

OFFERED = PARAMETERS["LambdaRuntime"]["AllowedValues"]


def test_the_dates_of_the_runtimes_are_those_the_linter_knows() -> None:
    path = Path(cfnlint.__file__).parent / "data/AdditionalSpecs"
    known = json.loads((path / "LmbdRuntimeLifecycle.json").read_text())
    day = dt.date.fromisoformat

    assert list(runtimes.block_dates()) == OFFERED
    assert runtimes.block_dates() == {
        name: BlockDates(
            day(known[name]["create-block"]), day(known[name]["update-block"])
        )
        for name in OFFERED
    }


@pytest.mark.parametrize(
    ("name", "today", "chosen"),
    [
        ("python3.9", dt.date(2027, 1, 31), "python3.9"),
        ("python3.9", dt.date(2027, 2, 1), "python3.13"),
        ("python3.9", dt.date(2028, 6, 1), "python3.13"),
        ("python3.12", dt.date(2027, 2, 1), "python3.12"),
        ("python3.99", dt.date(2027, 2, 1), "python3.99"),  # of a later template
    ],
)
def test_new_functions_get_the_wished_runtime_while_aws_accepts_it(
    name: str, today: dt.date, chosen: str
) -> None:
    assert runtimes.for_new_functions(name, today) == chosen


@pytest.mark.parametrize(
    ("name", "today", "when", "until"),
    [
        ("python3.9", dt.date(2026, 9, 4), "from", " before that day"),
        ("python3.9", dt.date(2027, 3, 2), "from", " before that day"),
        ("python3.9", dt.date(2027, 3, 3), "since", ""),
    ],
)
def test_a_runtime_is_left_before_aws_refuses_its_updates(
    name: str, today: dt.date, when: str, until: str
) -> None:
    assert runtimes.last_call(name, today) == (
        f"AWS refuses updates of python3.9 functions {when} 2027-03-03 - deploy with "
        f"--parameter LambdaRuntime=python3.13{until}"
    )


@pytest.mark.parametrize(
    ("name", "today"),
    [("python3.9", dt.date(2026, 9, 3)), ("python3.13", dt.date(2027, 3, 3))],
)
def test_a_runtime_that_aws_takes_for_long_is_left_alone(
    name: str, today: dt.date
) -> None:
    assert runtimes.last_call(name, today) is None
