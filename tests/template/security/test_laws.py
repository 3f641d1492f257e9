"""What holds for every resource of a kind, old or new.

What roles may do and what buckets refuse is held in tests/template.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from tests.template.template import (
    PARAMETERS,
    RESOURCES,
    TEMPLATE,
    listed,
    of_type,
    properties,
    shown,
    statements,
    walk,
)

_SPECS = files("cfnlint.data.AdditionalSpecs")
STATEFUL = json.loads((_SPECS / "StatefulResources.json").read_text())["ResourceTypes"]
KEYS = set(of_type("AWS::KMS::Key"))
FUNCTIONS = of_type("AWS::Lambda::Function")
LOGS = of_type("AWS::Logs::LogGroup")
QUEUES, TOPICS = of_type("AWS::SQS::Queue"), of_type("AWS::SNS::Topic")
POLICIES = of_type("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
ROUTES = of_type("AWS::ApiGatewayV2::Route")


def is_key(value: Any) -> bool:
    """Whether a property names a key of this template."""
    return any(value == {"Fn::GetAtt": [key, "Arn"]} for key in KEYS)


@pytest.mark.parametrize(
    "name", sorted(n for n, one in RESOURCES.items() if one["Type"] in STATEFUL)
)
def test_what_keeps_state_says_what_becomes_of_it(name: str) -> None:
    kinds = {"Delete", "Retain", "RetainExceptOnCreate"}

    assert RESOURCES[name].get("DeletionPolicy") in kinds
    assert RESOURCES[name].get("UpdateReplacePolicy") in kinds


@pytest.mark.parametrize("name", sorted(LOGS))
def test_a_log_is_encrypted_and_forgets(name: str) -> None:
    assert is_key(properties(name)["KmsKeyId"])
    assert properties(name)["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_hides_its_settings_under_a_key_of_ours(name: str) -> None:
    assert is_key(properties(name)["KmsKeyArn"])


def test_each_function_has_a_role_and_a_log_of_its_own() -> None:
    roles = [shown(one["Properties"]["Role"]) for one in FUNCTIONS.values()]
    logs = [
        shown(one["Properties"]["LoggingConfig"]["LogGroup"])
        for one in FUNCTIONS.values()
    ]

    assert roles == [f"{name}Role.Arn" for name in FUNCTIONS]
    assert logs == [f"{name}Logs" for name in FUNCTIONS]


def test_a_function_writes_to_its_own_log_only() -> None:
    for name in FUNCTIONS:
        role = properties(f"{name}Role")
        written = {
            shown(one["Resource"])
            for policy in role["Policies"]
            for one in statements(policy["PolicyDocument"])
            if "logs:" in str(one["Action"])
        }
        assert written == {f"{name}Logs.Arn"}


def test_what_carries_messages_encrypts_them_under_a_key_of_ours() -> None:
    """But for what has to take messages while DataKey cannot be used."""
    keys = {n: properties(n).get("KmsMasterKeyId") for n in (*QUEUES, *TOPICS)}

    assert [n for n, key in keys.items() if not is_key(key)] == ["UndeliveredQueue"]
    assert properties("UndeliveredQueue")["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("name", sorted({*QUEUES, *TOPICS}))
def test_what_carries_messages_takes_and_gives_none_over_plain_http(name: str) -> None:
    actions = {"AWS::SQS::Queue": {"sqs:*"}, "AWS::SNS::Topic": {"sns:Publish"}}
    (refusal,) = [
        one
        for one in statements(properties(f"{name}Policy")["PolicyDocument"])
        if one["Effect"] == "Deny"
    ]

    assert actions[RESOURCES[name]["Type"]] <= set(listed(refusal["Action"]))
    assert (refusal["Sid"], refusal["Principal"]) == ("RefusePlainHttp", "*")
    assert shown(refusal["Resource"]).partition(".")[0] == name
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_policy_guards_the_queue_or_topic_it_is_named_for() -> None:
    guarded = {
        name: [shown(one) for one in policy["Properties"][kind]]
        for name, policy in POLICIES.items()
        for kind in ("Queues", "Topics")
        if kind in policy["Properties"]
    }

    assert guarded == {f"{name}Policy": [name] for name in {*QUEUES, *TOPICS}}


def test_who_may_run_a_function_is_one_resource_and_not_a_service_at_large() -> None:
    for permission in of_type("AWS::Lambda::Permission").values():
        told = permission["Properties"]
        source = shown(told["SourceArn"])
        assert told["Action"] == "lambda:InvokeFunction"
        assert told["Principal"].endswith(".amazonaws.com")
        assert source.endswith(".Arn") or "${AWS::AccountId}:" in source


def test_a_service_may_do_nothing_here_for_another_account() -> None:
    """Or any other user of the same service could have it act on this city."""
    unbound = [
        (name, statement["Sid"])
        for name, statement in granting()
        if "Service" in statement["Principal"] and not sources(statement)
    ]

    assert granting() != []
    assert unbound == [("DataKey", "LogsUseKey")]  # bound to the groups' own names


def test_a_role_is_lent_for_another_account_by_those_services_alone_that_are_told() -> (
    None
):
    """docs/explanation/threat-model.md says what stands in the way instead."""
    unbound = {
        statement["Principal"]["Service"]
        for role in of_type("AWS::IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if "Service" in statement["Principal"] and not sources(statement)
    }

    assert unbound == {"lambda.amazonaws.com", "quicksight.amazonaws.com"}


SOURCES = {"aws:SourceAccount", "aws:SourceArn"}


def sources(statement: dict[str, Any]) -> set[str]:
    """The conditions of a statement that tell whom a service acts for."""
    conditions = statement.get("Condition", {}).values()
    return SOURCES & {key for one in conditions for key in one}


def granting() -> list[tuple[str, dict[str, Any]]]:
    """What the policies of keys, queues and topics allow, by resource."""
    documents = {name: properties(name)["PolicyDocument"] for name in POLICIES}
    documents |= {name: properties(name)["KeyPolicy"] for name in KEYS}
    return [
        (name, one)
        for name, document in documents.items()
        for one in statements(document)
        if one["Effect"] == "Allow"
    ]


def test_the_internet_is_met_by_tls_1_2_of_apis_and_by_nothing_else() -> None:
    """No listener, address or name of ours, whose TLS would be ours to choose."""
    open_kinds = ("Url", "LoadBalanc", "DomainName", "Instance", "CloudFront", "EIP")

    assert [
        name
        for name, one in RESOURCES.items()
        if any(kind in one["Type"] for kind in open_kinds)
    ] == []


# Plain http, and patterns that take it, but for this machine itself and names of XML.
PLAIN = re.compile(
    r"http(?:s\?)?:(?!\S*www\.w3\.org|// for this machine alone"
    r"|//\(localhost\|127\\\.0\\\.0\\\.1\)\(:)"
)


def test_links_lead_to_https_only() -> None:
    plain = [
        text
        for text in walk([PARAMETERS, RESOURCES, TEMPLATE["Outputs"]])
        if isinstance(text, str) and PLAIN.search(text)
    ]

    assert plain == []


URLS = [name for name in PARAMETERS if name.endswith("Url")]


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://map.example.org", True),
        ("https://map.example.org/style.json", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1", True),
        ("http://map.example.org", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1:80@example.org", False),
        ("https://map.example.org/\\", False),
        ('https://map.example.org/"', False),
        ("https://", False),
    ],
)
def test_an_address_that_is_given_is_https_or_of_this_machine(
    name: str, url: str, is_taken: bool
) -> None:
    """Cognito takes http for this machine alone."""
    pattern = PARAMETERS[name]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, url)) is is_taken


def test_there_are_such_addresses() -> None:
    assert URLS == ["SiteUrl", "MapStyleUrl"]


# Secrets


SECRET_NAME = re.compile(r"secret|passw|token|credential|private|api_?key", re.I)


def test_nothing_that_is_told_or_set_has_the_name_of_a_secret() -> None:
    variables = {
        name
        for function in FUNCTIONS.values()
        for name in function["Properties"]["Environment"]["Variables"]
    }
    names = variables | set(PARAMETERS) | set(TEMPLATE["Outputs"])

    assert {name for name in names if SECRET_NAME.search(name)} == set()


def test_no_parameter_hides_its_value_for_none_has_to() -> None:
    assert [name for name, one in PARAMETERS.items() if one.get("NoEcho")] == []


_KEY_MATERIAL = re.compile(
    r"-----BEGIN|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bey[JK][\w-]{20,}\."
)


def test_nothing_in_the_template_looks_like_key_material() -> None:
    texts = [text for text in walk(TEMPLATE) if isinstance(text, str)]

    assert [text for text in texts if _KEY_MATERIAL.search(text)] == []


# The live map


def test_every_route_asks_for_a_token_but_those_that_show_no_city() -> None:
    public = {
        one["Properties"]["RouteKey"]
        for one in ROUTES.values()
        if "AuthorizerId" not in one["Properties"]
    }

    assert {key for key in public if "/api" in key or "ANY" in key} == set()
    assert "$default" not in {one["Properties"]["RouteKey"] for one in ROUTES.values()}
    assert properties("LiveHttpApi").get("CorsConfiguration") is None
