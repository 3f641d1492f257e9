"""The template cut by lines says what a loader reads in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cfnlint.decode import cfn_yaml

from tests.template.template import PARAMETERS, RESOURCES, TEMPLATE, TEXT
from trafficctl.errors import UserError
from trafficctl.stack import template as texts
from trafficctl.stack.retained_types import KINDS


@pytest.mark.parametrize("written", ["build/traffic.zip", "'build/traffic.zip'"])
def test_the_package_takes_the_place_of_its_path(written: str) -> None:
    template = f"a: 1\n      Code: {written} # the package\n      Runtime: x\n"

    assert texts.with_code(template, "b", "k") == (
        "a: 1\n      Code: {S3Bucket: b, S3Key: k} # the package\n      Runtime: x\n"
    )


def test_a_template_without_the_package_is_an_error() -> None:
    with pytest.raises(UserError, match=r"Code: build/traffic\.zip"):
        texts.with_code("Code: other.zip", "b", "k")


def test_a_missing_template_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml .* --template"):
        texts.read(tmp_path / "none.yaml")


def test_its_parameters_and_defaults_are_those_of_the_template() -> None:
    assert texts.parameters(TEXT) == {
        name: str(one["Default"]) for name, one in PARAMETERS.items()
    }


def test_a_template_without_parameters_has_none() -> None:
    assert texts.parameters("Resources:\n  Key:\n    Type: AWS::KMS::Key\n") == {}
    assert texts.resources("Parameters:\n") == {}


def test_its_resources_are_those_of_the_template() -> None:
    found = texts.resources(TEXT)

    assert {name: one.type for name, one in found.items()} == {
        name: one["Type"] for name, one in RESOURCES.items()
    }
    assert {name for name, one in found.items() if one.retained} == {
        name
        for name, one in RESOURCES.items()
        if one.get("DeletionPolicy", "").startswith("Retain")
    }
    assert texts.types(TEXT) == sorted({one["Type"] for one in RESOURCES.values()})


def test_it_knows_the_names_of_what_is_named() -> None:
    found = texts.resources(TEXT)

    for name, one in RESOURCES.items():
        key = texts.NAME_PROPERTIES.get(one["Type"])
        given = one["Properties"].get(key) if key else None
        assert found[name].name == (given["Fn::Sub"] if given else None), name
    assert found["RoadSegments"].name_in("city") == "city-road_segments"


def test_whatever_outlives_the_stack_can_be_told_of_and_deleted() -> None:
    kept = {one.type for one in texts.resources(TEXT).values() if one.retained}

    assert kept - set(KINDS) == set()


def test_an_import_names_its_resources_alone_and_no_output(tmp_path: Path) -> None:
    path = tmp_path / "import.yaml"
    path.write_text(texts.only(TEXT, {"DataKey", "RoadSegments"}))

    found = cfn_yaml.load(str(path))

    assert set(found["Resources"]) == {"DataKey", "RoadSegments"}
    assert found["Resources"]["RoadSegments"] == RESOURCES["RoadSegments"]
    assert "Outputs" not in found
    assert found["Parameters"] == PARAMETERS
    assert found["Conditions"] == TEMPLATE["Conditions"]


def test_what_stays_refers_to_nothing_that_goes_but_device_policies_do() -> None:
    """Else the import of what stayed could not be made."""
    from tests.template.template import names_used  # noqa: PLC0415 - beside its use

    kept = {name for name, one in texts.resources(TEXT).items() if one.retained}
    for name in kept:
        if RESOURCES[name]["Type"] == "AWS::IoT::Policy":
            continue  # written out as it stands: leftovers.import_template
        used = names_used(RESOURCES[name]["Properties"]) & set(RESOURCES)
        assert used <= kept, name


def test_properties_that_name_a_secret_are_found_by_resource() -> None:
    template = """\
Parameters:
  Key:
    Type: String
    NoEcho: true
  Keyed:
    Type: String
    NoEcho: "false"
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables: {KEY: !Sub "x-${Key}"}
      Description: !Ref Keyed
  Other:
    Type: AWS::Lambda::Function
    Properties:
      Description: Keyless
"""
    assert texts.secret_properties(template) == {
        "Function": {"Environment"},
        "Other": set(),
    }
