"""What a template sets apart for a function is its most; 0 lets nothing run."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/none"


def template(name: str, **properties: Any) -> str:
    """One function, with more properties."""
    function = {
        "FunctionName": name,
        "Handler": "index.handler",
        "Runtime": "python3.13",
        "Role": ROLE,
        "Code": {"ZipFile": "def handler(event, context):\n    return 'ran'\n"},
        **properties,
    }
    resource = {"Type": "AWS::Lambda::Function", "Properties": function}
    return json.dumps({"Resources": {"Function": resource}})


@pytest.fixture
def name(local_city: Any) -> Iterator[str]:
    stack = f"apart-{uuid.uuid4().hex[:8]}"
    yield stack
    local_city.client("cloudformation").delete_stack(StackName=stack)


def test_a_stack_sets_executions_apart_and_gives_them_back(
    local_city: Any, name: str, eventually: Callable[..., bool]
) -> None:
    formation, functions = (
        local_city.client(one) for one in ("cloudformation", "lambda")
    )

    def apart() -> Any:
        found = functions.get_function_concurrency(FunctionName=name)
        return found.get("ReservedConcurrentExecutions")

    def is_done() -> bool:
        (stack,) = formation.describe_stacks(StackName=name)["Stacks"]
        return bool(stack["StackStatus"].endswith("_COMPLETE"))

    stopped = template(name, ReservedConcurrentExecutions=0)
    formation.create_stack(StackName=name, TemplateBody=stopped)
    assert eventually(is_done)
    assert apart() == 0
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        functions.invoke(FunctionName=name)

    some = template(name, ReservedConcurrentExecutions="7")
    formation.update_stack(StackName=name, TemplateBody=some)
    assert eventually(lambda: apart() == 7)

    formation.update_stack(StackName=name, TemplateBody=template(name))
    assert eventually(lambda: apart() is None)
    assert eventually(is_done)
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == "ran"
