"""Data outlives the stack, and a creation that fails ends in nothing."""

from __future__ import annotations

import pytest

from .template import PARAMETERS, RESOURCES, TEMPLATE, of_type
from .test_store import BUCKETS, KEYS, LOGS, SCRATCH, TABLES

RECORD = {*TABLES, *BUCKETS, "DataKey"}
FILLING = {*SCRATCH, "Profiles"}  # written before a creation is complete
PASSING = {"AlertKey", "ReadingsStream", *of_type("AWS::SQS::Queue"), *LOGS}


def deletion(name: str) -> tuple[str, str]:
    """Return what becomes of a resource that is deleted, and of one replaced."""
    resource = RESOURCES[name]
    return resource["DeletionPolicy"], resource["UpdateReplacePolicy"]


@pytest.mark.parametrize("name", sorted(RECORD - FILLING))
def test_the_record_outlives_the_stack_and_goes_with_a_failed_creation(
    name: str,
) -> None:
    assert deletion(name) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("name", sorted(FILLING))
def test_a_bucket_that_fills_during_the_creation_is_in_no_rollbacks_way(
    name: str,
) -> None:
    """CloudFormation deletes no bucket that holds an object."""
    assert deletion(name) == ("Retain", "Retain")


@pytest.mark.parametrize("name", sorted(PASSING))
def test_what_passes_through_goes_with_the_stack(name: str) -> None:
    assert deletion(name) == ("Delete", "Delete")


def test_every_resource_that_holds_something_is_one_or_the_other() -> None:
    holding = of_type("AWS::Kinesis::Stream", "AWS::SQS::Queue", "AWS::Logs::LogGroup")

    assert {*TABLES, *BUCKETS, *KEYS, *holding} == RECORD | PASSING


def test_a_production_stack_is_protected_unless_it_is_told_otherwise() -> None:
    assert PARAMETERS["ProtectData"]["Default"] == "true"
    assert TEMPLATE["Conditions"]["HasProtection"] == {
        "Fn::And": [
            {"Condition": "IsProduction"},
            {"Fn::Equals": [{"Ref": "ProtectData"}, "true"]},
        ]
    }
