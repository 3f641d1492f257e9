"""cfn-lint finds nothing in the template, whatever the day."""

from __future__ import annotations

import datetime as dt

import pytest
from cfnlint import ManualArgs, lint
from cfnlint.rules.resources.lmbd import (
    DeprecatedRuntimeCreate,
    DeprecatedRuntimeEol,
    DeprecatedRuntimeUpdate,
)

from tests.template.template import TEXT

# Each rule speaks at one time in the life of a runtime: these are python3.9's.
DAYS = {
    DeprecatedRuntimeEol: "2027-01-31",
    DeprecatedRuntimeCreate: "2027-02-01",
    DeprecatedRuntimeUpdate: "2027-03-03",
}


def test_lint_finds_nothing_before_or_after_aws_refuses_the_default_runtime(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rules read the clock: without a commit, their warning would be an error."""
    for rule, day in DAYS.items():
        monkeypatch.setattr(rule, "datetime", clock_of(day))

    assert [str(found) for found in lint(TEXT, config=ManualArgs())] == []


def clock_of(day: str) -> type[dt.datetime]:
    class Then(dt.datetime):
        @classmethod
        def today(cls) -> Then:
            return cls.fromisoformat(day)

    return Then
