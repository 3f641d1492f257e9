"""A function's log needs both of its permissions.

The processor's is in tests/integration/chain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.template.template import RESOURCES

from ..empty_days import add_empty_days

LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")
FUNCTIONS = [
    name
    for name, one in RESOURCES.items()
    if one["Type"] == "AWS::Lambda::Function"
    and one.get("Condition") != "HasQuickSight"  # not deployed here
    and name != "Processor"
]


@pytest.fixture(scope="module", autouse=True)
def nothing_to_learn(local_city: Any) -> None:
    add_empty_days(local_city)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_lacks_one_of_them_works_unseen(
    local_city: Any, without_action: Any, eventually: Callable[..., Any], name: str
) -> None:
    function = named(local_city, name)

    def is_seen() -> bool:
        before = lines(local_city, function)
        local_city.client("lambda").invoke(FunctionName=function["FunctionName"])
        return lines(local_city, function) > before

    for action in LOGGING:
        assert eventually(is_seen)
        with without_action(function["Role"], action):
            assert eventually(lambda: not is_seen())
    assert eventually(is_seen)


def named(local_city: Any, name: str) -> dict[str, Any]:
    """The configuration of the function that the template names so."""
    told = local_city.client("cloudformation").describe_stack_resource(
        StackName=local_city.city.stack, LogicalResourceId=name
    )["StackResourceDetail"]
    found: dict[str, Any] = local_city.client("lambda").get_function_configuration(
        FunctionName=told["PhysicalResourceId"]
    )
    return found


def lines(local_city: Any, function: dict[str, Any]) -> int:
    """How many lines the function's log group holds."""
    pages = local_city.client("logs").get_paginator("filter_log_events")
    group = function["LoggingConfig"]["LogGroup"]
    return sum(len(page["events"]) for page in pages.paginate(logGroupName=group))
