"""A new device gets a certificate by a claim, if the registry expects it."""

from __future__ import annotations

import json
import re
from typing import Any

from .template import RESOURCES, properties, shown, statements

IOT = "arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}"
POLICY_LIMIT = 2048  # characters of an IoT policy, its white space left out
LONGEST_STACK = 30  # characters, so that the template's name keeps to AWS's 36
BODY: dict[str, Any] = json.loads(shown(properties("FleetTemplate")["TemplateBody"]))
ASKING = ["certificates/create/*", "certificates/create-from-csr/*"]
ASKING += ["provisioning-templates/${FleetTemplate}/provision/*"]


def test_a_claim_asks_for_a_certificate_and_does_nothing_else() -> None:
    granted = [
        (one["Effect"], one["Action"], shown_all(one["Resource"]))
        for one in statements(properties("ClaimPolicy")["PolicyDocument"])
    ]

    topics = [f"{IOT}:topic/$aws/{topic}" for topic in ASKING]
    filters = [f"{IOT}:topicfilter/$aws/{topic}" for topic in ASKING]
    assert granted == [
        ("Allow", "iot:Connect", [f"{IOT}:client/claim-*"]),
        ("Allow", ["iot:Publish", "iot:Receive"], topics),
        ("Allow", "iot:Subscribe", filters),
    ]


def shown_all(resources: Any) -> list[str]:
    """The resources of a statement as one reads them."""
    listed = resources if isinstance(resources, list) else [resources]
    return [shown(one) for one in listed]


def test_a_claims_policy_fits_whatever_the_stack_is_called() -> None:
    text = json.dumps(properties("ClaimPolicy")["PolicyDocument"])
    for name, value in {
        "AWS::Partition": "aws-us-gov",
        "AWS::Region": "ap-southeast-4",
        "AWS::AccountId": "1" * 12,
        "FleetTemplate": "x" * 36,
    }.items():
        text = text.replace(f"${{{name}}}", value)
    written = re.sub(r'\{"Fn::Sub": ("[^"]*")\}', r"\1", text)

    assert len(re.sub(r"\s", "", written)) <= POLICY_LIMIT


def test_the_templates_name_is_known_beforehand_and_keeps_to_its_limit() -> None:
    name = shown(properties("FleetTemplate")["TemplateName"])

    assert name == "${AWS::StackName}-fleet"
    assert len(name.replace("${AWS::StackName}", "x" * LONGEST_STACK)) == 36


def test_a_device_gets_one_thing_one_policy_and_an_active_certificate() -> None:
    by_type = {one["Type"]: one["Properties"] for one in BODY["Resources"].values()}

    assert by_type == {
        "AWS::IoT::Certificate": {
            "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
            "Status": "ACTIVE",
        },
        "AWS::IoT::Policy": {"PolicyName": "${DevicePolicy}"},
        "AWS::IoT::Thing": {
            "ThingName": {"Ref": "DeviceId"},
            "ThingTypeName": "${DeviceThingType}",
            "AttributePayload": {"segment_id": {"Ref": "SegmentId"}},
        },
    }


def test_a_thing_keeps_its_type_and_takes_the_segment_of_the_registry() -> None:
    """A device that was moved has another segment; its thing is still the stack's."""
    thing = BODY["Resources"]["thing"]

    assert thing["OverrideSettings"] == {
        "AttributePayload": "REPLACE",
        "ThingTypeName": "DO_NOTHING",
    }


def test_no_parameter_of_the_fleet_has_a_default_to_fall_back_to() -> None:
    named = ("DeviceId", "SegmentId", "AWS::IoT::Certificate::Id")

    assert BODY["Parameters"] == {name: {"Type": "String"} for name in named}


def test_nobody_comes_in_past_the_hook() -> None:
    hook = properties("FleetTemplate")["PreProvisioningHook"]
    allowed = properties("ProvisioningHookPermission")

    assert hook["TargetArn"] == {"Fn::GetAtt": ["ProvisioningHook", "Arn"]}
    assert allowed["Principal"] == "iot.amazonaws.com"
    template = f"{IOT}:provisioningtemplate/${{AWS::StackName}}-fleet"
    assert shown(allowed["SourceArn"]) == template
    assert RESOURCES["FleetTemplate"]["DependsOn"] == "ProvisioningHookPermission"


def test_the_hook_answers_while_iot_core_waits() -> None:
    assert properties("ProvisioningHook")["Timeout"] == 5
