"""An engineer is told what failed first, and what to do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trafficctl.stack.failure_causes import advice, causes
from trafficctl.stack.follow import failure

CASES = json.loads(Path(__file__).with_name("causes.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_the_causes_of_a_failure(case: Any) -> None:
    found = causes(case["events"])

    assert found == case["causes"]
    if found:
        assert case["advice"] in advice(found[0])


def test_the_error_holds_status_first_cause_count_of_others_and_next_step() -> None:
    error = failure("city", "ROLLBACK_COMPLETE", CASES[2]["events"])

    assert error.exit_code == 3
    assert str(error) == (
        "stack city is ROLLBACK_COMPLETE (1 more failed after it). First cause: "
        "IngestRole (AWS::IAM::Role): User: arn:aws:iam::111122223333:user/deployer is "
        "not authorized to perform: iam:CreateRole - grant the deploying identity this "
        "permission: `trafficctl preflight` tries all of them"
    )


def test_a_failure_without_a_cause_says_where_to_look() -> None:
    error = failure("city", "ROLLBACK_COMPLETE", CASES[5]["events"])

    assert "describe-stack-events --stack-name city" in str(error)
