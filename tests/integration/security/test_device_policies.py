"""Each statement of the policies of certificates lets a device do one part of its task.

A part of the deployed policy is left out: what it allowed is refused by the broker, and
all else goes on.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.device import Certificate, Device, register
from tests.integration.trafficctl.registry.city import Operator
from tests.template.template import listed, properties

DENIED = "Not authorized"
REFUSED = (DENIED, "closed")
Document = dict[str, Any]


class Policy:
    """A deployed IoT policy, of which something is left out for a moment."""

    def __init__(self, local_city: Any, name: str) -> None:
        self._iot = local_city.client("iot")
        self._of = {"policyName": local_city.outputs[name]}

    @property
    def document(self) -> Document:
        """What certificates are held to now."""
        found = self._iot.get_policy(**self._of)
        return dict(json.loads(found["policyDocument"]))

    @contextlib.contextmanager
    def changed(self, change: Callable[[Document], Document]) -> Iterator[None]:
        """Have another version in force within."""
        before = self._iot.get_policy(**self._of)["defaultVersionId"]
        made = self._iot.create_policy_version(
            **self._of,
            policyDocument=json.dumps(change(self.document)),
            setAsDefault=True,
        )["policyVersionId"]
        try:
            yield
        finally:
            self._iot.set_default_policy_version(**self._of, policyVersionId=before)
            self._iot.delete_policy_version(**self._of, policyVersionId=made)


def less(sid: str) -> Callable[[Document], Document]:
    """Leave out a statement."""
    return lambda document: {
        **document,
        "Statement": [one for one in document["Statement"] if one["Sid"] != sid],
    }


def open_to_all_types(*sids: str) -> Callable[[Document], Document]:
    """Leave out the condition on the thing's type."""

    def without(statement: Document) -> Document:
        if statement["Sid"] not in sids:
            return statement
        conditions = {**statement["Condition"]}
        del conditions["StringEquals"]
        return {**statement, "Condition": conditions}

    return lambda document: {
        **document,
        "Statement": [without(one) for one in document["Statement"]],
    }


def less_cell(action: str, part: str) -> Callable[[Document], Document]:
    """Leave out one action on the resource that has this part in its name."""

    def cells(statement: Document) -> Iterator[Document]:
        for one in listed(statement["Action"]):
            kept = [
                arn
                for arn in listed(statement["Resource"])
                if one != action or part not in arn
            ]
            yield {**statement, "Sid": one.partition(":")[2], "Action": one} | {
                "Resource": kept
            }

    return lambda document: {
        **document,
        "Statement": [cell for one in document["Statement"] for cell in cells(one)],
    }


# The device


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("devices")


@pytest.fixture(scope="module")
def device_policy(local_city: Any) -> Policy:
    return Policy(local_city, "DevicePolicy")


@pytest.fixture(scope="module")
def own(local_city: Any, folder: Path) -> Certificate:
    return register(local_city, folder, "held-1", {"segment_id": "seg-held"})


@pytest.fixture(scope="module")
def stranger(local_city: Any, folder: Path) -> Certificate:
    """Of a thing of another type."""
    local_city.client("iot").create_thing_type(thingTypeName="strangers")
    segment = {"segment_id": "seg-held"}
    return register(local_city, folder, "held-2", segment, "strangers")


def task(local_city: Any, name: str, certificate: Certificate) -> tuple[Any, Any]:
    """What a device is answered to its connecting and to its reading."""
    device = Device(local_city.city, name, certificate)
    prefix = local_city.outputs["IngestTopicPrefix"]
    said = None
    if device.connected == "Success":
        said = device.publish(f"{prefix}/seg-held/{name}", {})
    device.close()
    return device.connected, said


def test_these_are_the_statements_of_devices() -> None:
    sids = [
        one["Sid"] for one in properties("DevicePolicy")["PolicyDocument"]["Statement"]
    ]

    assert sids == ["ConnectAsOneself", "PublishForOnesOwnSegment"]


def test_a_device_does_its_task_by_the_policy_as_it_is(
    local_city: Any, own: Certificate
) -> None:
    assert task(local_city, "held-1", own) == ("Success", "Success")


@pytest.mark.parametrize(
    ("sid", "left"),
    [
        ("ConnectAsOneself", (DENIED, None)),
        ("PublishForOnesOwnSegment", ("Success", DENIED)),
    ],
)
def test_a_device_loses_the_part_of_its_task_that_a_statement_allows(
    local_city: Any,
    device_policy: Policy,
    own: Certificate,
    sid: str,
    left: tuple[Any, Any],
) -> None:
    with device_policy.changed(less(sid)):
        assert task(local_city, "held-1", own) == left
    assert task(local_city, "held-1", own) == ("Success", "Success")


@pytest.mark.parametrize(
    ("opened", "let"),
    [
        ((), (DENIED, None)),
        (("PublishForOnesOwnSegment",), (DENIED, None)),
        (("ConnectAsOneself",), ("Success", DENIED)),
        (("ConnectAsOneself", "PublishForOnesOwnSegment"), ("Success", "Success")),
    ],
)
def test_each_statement_keeps_out_things_of_other_types_by_itself(
    local_city: Any,
    device_policy: Policy,
    stranger: Certificate,
    opened: tuple[str, ...],
    let: tuple[Any, Any],
) -> None:
    with device_policy.changed(open_to_all_types(*opened)):
        assert task(local_city, "held-2", stranger) == let


# The claim

TOPICS = {
    "certificates/create/": "$aws/certificates/create/json",
    "create-from-csr": "$aws/certificates/create-from-csr/json",
    "provisioning-templates": "$aws/provisioning-templates/{template}/provision/json",
}


@pytest.fixture(scope="module")
def claim_policy(local_city: Any) -> Policy:
    return Policy(local_city, "ClaimPolicy")


@pytest.fixture(scope="module")
def operator(local_city: Any, folder: Path) -> Operator:
    return Operator(local_city, folder)


@pytest.fixture(scope="module")
def claim(operator: Operator) -> Path:
    return operator.claim("held")


def granted(operator: Operator, claim: Path, part: str) -> tuple[bool, bool, bool]:
    """Whether a claim may subscribe to, ask for, and is told one thing.

    The other things are asked for as ever, and answered: only then it is known that
    what was not heard will not come.
    """
    template = operator.outputs["FleetTemplate"]
    topics = {name: topic.format(template=template) for name, topic in TOPICS.items()}
    answers = [f"{topics[part]}/{kind}" for kind in ("accepted", "rejected")]
    connection = operator.connect("claim-held", claim)
    hears = DENIED not in [connection.subscribe(one) for one in answers]
    asks = connection.publish(topics[part], {}) == "Success"
    rest = [connection.ask(topics[name], {})[0] for name in topics if name != part]
    assert "silence" not in rest
    is_told = any(connection.heard(one) for one in answers)
    connection.close()
    return hears, asks, is_told


def test_these_are_the_statements_of_claims() -> None:
    document = properties("ClaimPolicy")["PolicyDocument"]
    cells = [
        (action, len(listed(one["Resource"])))
        for one in document["Statement"]
        for action in listed(one["Action"])
    ]

    assert cells == [
        ("iot:Connect", 1),
        ("iot:Publish", len(TOPICS)),
        ("iot:Receive", len(TOPICS)),
        ("iot:Subscribe", len(TOPICS)),
    ]


def test_a_claim_that_may_not_connect_lets_nobody_in(
    operator: Operator, claim: Path, claim_policy: Policy
) -> None:
    with claim_policy.changed(less("ConnectAsNewcomer")):
        refused = operator.connect("claim-held", claim)
        refused.close()
    let = operator.connect("claim-held", claim)
    let.close()

    assert refused.connected in REFUSED
    assert let.connected == "Success"


@pytest.mark.parametrize(
    ("action", "left"),
    [
        ("iot:Subscribe", (False, True, False)),
        ("iot:Publish", (True, False, False)),
        ("iot:Receive", (True, True, False)),
    ],
)
@pytest.mark.parametrize("part", TOPICS)
def test_a_claim_needs_each_action_on_each_topic(
    operator: Operator,
    claim: Path,
    claim_policy: Policy,
    eventually: Callable[..., Any],
    part: str,
    action: str,
    left: tuple[bool, bool, bool],
) -> None:
    with claim_policy.changed(less_cell(action, part)):
        assert granted(operator, claim, part) == left
    assert eventually(lambda: granted(operator, claim, part) == (True, True, True))
