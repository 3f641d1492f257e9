"""Parameters explain themselves, and each of them does something."""

from __future__ import annotations

import pytest

from traffic import policy

from .template import PARAMETERS, RESOURCES, TEMPLATE, names_used

INTERFACE = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]
CONSTRAINTS = ("AllowedValues", "AllowedPattern", "MinValue")


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_is_described_and_held_to_something(name: str) -> None:
    parameter = PARAMETERS[name]

    assert parameter["Description"].endswith(".")
    assert [key for key in CONSTRAINTS if key in parameter] != []
    assert ("MinValue" in parameter) == ("MaxValue" in parameter)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_constraint_that_awss_message_does_not_explain_is_explained(
    name: str,
) -> None:
    parameter = PARAMETERS[name]
    explained = parameter.get("ConstraintDescription", "must ")

    assert explained.startswith("must ")
    assert "MinValue" in parameter or "ConstraintDescription" in parameter


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_has_a_default_it_would_accept_itself(name: str) -> None:
    parameter = PARAMETERS[name]
    default = parameter["Default"]

    if "AllowedValues" in parameter:
        assert default in parameter["AllowedValues"]
    if "MinValue" in parameter:
        assert parameter["MinValue"] <= default <= parameter["MaxValue"]


def test_every_parameter_stands_in_one_group_under_a_label() -> None:
    groups = INTERFACE["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]

    assert sorted(grouped) == sorted(PARAMETERS)
    assert list(INTERFACE["ParameterLabels"]) == list(PARAMETERS)
    assert all(group["Label"]["default"] for group in groups)
    assert all(label["default"] for label in INTERFACE["ParameterLabels"].values())


def test_every_parameter_changes_what_is_deployed() -> None:
    used = names_used({"": RESOURCES, "conditions": TEMPLATE["Conditions"]})

    assert set(PARAMETERS) - used == set()


def test_every_condition_is_asked() -> None:
    assert set(TEMPLATE["Conditions"]) - names_used(RESOURCES) == set()


def test_an_interval_taken_for_granted_is_one_a_reading_may_have() -> None:
    assert PARAMETERS["DefaultIntervalSeconds"]["MaxValue"] <= policy.MAX_INTERVAL_S
