"""The fleet's role and the hook's need each action: without it, nobody comes in.

The same certificate comes in when the action is back: a failure locks no device out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...watching import Watch
from .city import Operator
from .claimant import Claimant, Connection

_numbers = itertools.count(1)

FLEET = [
    "iot:CreateThing",
    "iot:UpdateThing",
    "iot:AttachThingPrincipal",
    "iot:AttachPolicy",
    "iot:UpdateCertificate",
]
# RegisterThing looks before it writes. What of that needs permission, AWS does not
# tell; its own managed policy allows these too. The local city does not ask for them.
FLEET_NOT_ENFORCED = [
    "iot:DescribeThing",
    "iot:DescribeThingType",
    "iot:DescribeCertificate",
    "iot:GetPolicy",
]
# Of an alarm on several metrics.
COMPARED = ("EvaluationPeriods", "DatapointsToAlarm", "Threshold", "TreatMissingData")
COMPARED += ("ComparisonOperator",)
HOOK = ["dynamodb:GetItem", "dynamodb:UpdateItem", "iot:DescribeThing"]


@pytest.fixture
def newcomer(operator: Operator, claim: Path) -> Claimant:
    """A device that is expected, and was at another segment before."""
    name = f"role-{next(_numbers)}"
    operator.expect((name, f"seg-{name}"))
    return operator.newcomer(name, claim)


def role_of(operator: Operator, logical: str) -> str:
    found = operator.local_city.client("cloudformation").describe_stack_resource(
        StackName=operator.local_city.city.stack, LogicalResourceId=logical
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def moved(operator: Operator, name: str) -> None:
    """Have a Thing of that name that is of another segment."""
    operator.iot.create_thing(
        thingName=name,
        thingTypeName=operator.outputs["DeviceThingType"],
        attributePayload={"attributes": {"segment_id": "elsewhere"}},
    )


TRIES = 4


def registered(newcomer: Claimant, connection: Connection, made: dict[str, Any]) -> str:
    """Register, again if the hook did not answer in the seconds that IoT Core waits.

    A busy machine makes it late; any other refusal counts at once.
    """
    for _ in range(TRIES):
        answer, said = newcomer.register(connection, made)
        if said.get("errorCode") != "InvocationError":
            break
    return answer


@pytest.mark.parametrize(
    ("role", "action"),
    [("FleetRole", a) for a in FLEET] + [("ProvisioningHookRole", a) for a in HOOK],
)
def test_without_it_nobody_comes_in_and_with_it_the_same_certificate_does(
    operator: Operator,
    newcomer: Claimant,
    without_action: Any,
    role: str,
    action: str,
) -> None:
    if action == "iot:UpdateThing":
        moved(operator, newcomer.device_id)
    connection = newcomer.connect()
    made = newcomer.fetch(connection)
    with without_action(role_of(operator, role), action):
        refused, _ = newcomer.register(connection, made)
        status = operator.status(made["certificateId"])
    allowed = registered(newcomer, connection, made)
    connection.close()

    assert (refused, status) == ("rejected", "PENDING_ACTIVATION")
    assert allowed == "accepted"
    assert operator.certificates(newcomer.device_id) == [
        (made["certificateId"], "ACTIVE")
    ]


def test_devices_that_are_accepted_and_not_registered_ring(
    operator: Operator,
    newcomer: Claimant,
    without_action: Any,
    watch: Watch,
    eventually: Callable[..., Any],
) -> None:
    deployed = watch.describe(
        f"{operator.local_city.city.stack}-provisioning-incomplete"
    )
    alarm = watch.put(
        "incomplete",
        Metrics=deployed["Metrics"],
        **{name: deployed[name] for name in COMPARED},
    )
    connection = newcomer.connect()
    made = newcomer.fetch(connection)
    with without_action(role_of(operator, "FleetRole"), FLEET[0]):
        answers = [newcomer.register(connection, made)[0] for _ in range(3)]
    connection.close()

    assert answers == ["rejected"] * 3
    assert eventually(lambda: watch.state(alarm) == "ALARM")


@pytest.mark.parametrize("action", FLEET_NOT_ENFORCED)
def test_the_local_city_still_does_not_ask_for_it(
    operator: Operator, newcomer: Claimant, without_action: Any, action: str
) -> None:
    """Should it fail, the city asks: move the action to FLEET."""
    with without_action(role_of(operator, "FleetRole"), action):
        assert newcomer.come_in()[0] == "accepted"


def test_the_hook_is_for_this_template_alone(
    operator: Operator, newcomer: Claimant
) -> None:
    """A template that somebody else makes may not ask it."""
    function = operator.local_city.client("lambda").get_function(
        FunctionName=f"{operator.local_city.city.stack}-provisioning-hook"
    )["Configuration"]["FunctionArn"]
    described = operator.iot.describe_provisioning_template(
        templateName=newcomer.template
    )

    with pytest.raises(operator.iot.exceptions.InvalidRequestException):
        operator.iot.create_provisioning_template(
            templateName="another",
            templateBody=described["templateBody"],
            provisioningRoleArn=described["provisioningRoleArn"],
            preProvisioningHook={"targetArn": function},
        )
