"""The page on deploying names what there is, and the limits in force."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import states
from tests.template.template import PARAMETERS, PATH, RESOURCES, TEXT, walk
from trafficctl.__main__ import build_parser
from trafficctl.errors import UserError
from trafficctl.reference import commands_of
from trafficctl.stack import template as texts
from trafficctl.stack.retained_types import FEW_OBJECTS

PAGE = (PATH.parent / "docs" / "guides" / "deploy.md").read_text()
OURS = ("preflight", "deploy", "destroy", "up", "simulate")


def test_every_parameter_it_names_is_one_of_the_template() -> None:
    named = set(re.findall(r"`([A-Z][a-z]+[A-Za-z]+)[`=]", PAGE)) | set(
        re.findall(r'"([A-Z][A-Za-z]+)":', PAGE)
    )

    assert named - set(PARAMETERS) == {"LiveUrl", "DashboardUrl"}
    assert len(named) > 10


def test_every_option_of_ours_it_names_exists() -> None:
    parsers = commands_of(build_parser())
    known = {
        option
        for name in OURS
        for action in parsers[name]._actions
        for option in action.option_strings
    }
    lines = [part for part in PAGE.split("`") if part.startswith(("trafficctl", "--"))]
    named = set(re.findall(r"--[a-z-]+", " ".join(lines)))

    assert named - known == set()
    assert {"--purge", "--allow-replacement", "--despite-protection"} <= named


def test_the_limit_of_counting_it_tells_is_the_one_in_force() -> None:
    assert states(PAGE, f"{FEW_OBJECTS:,} objects")


def test_the_longest_stack_name_is_the_one_it_tells() -> None:
    (told,) = re.findall(r"(\d+) characters", PAGE)

    texts.check_name(TEXT, "s" * int(told))
    with pytest.raises(UserError, match=rf"leaves room for {told} "):
        texts.check_name(TEXT, "s" * (int(told) + 1))


def test_every_name_carries_the_stacks() -> None:
    """Else two environments could not live in one account."""
    for logical_id, one in RESOURCES.items():
        if one["Type"].startswith(NOT_UNIQUE):
            continue
        for key, value in one["Properties"].items():
            if not key.endswith("Name") or key in WITHIN or _points(value):
                continue
            said = "".join(str(part) for part in walk(value))
            assert "AWS::Stack" in said, f"{logical_id}.{key}: {value}"


def _points(value: object) -> bool:
    """Whether a name is that of another resource of the stack."""
    return isinstance(value, dict) and bool({"Ref", "Fn::GetAtt"} & set(value))


# Names that count within the stack's own resources only.
WITHIN = ("ClientName", "DisplayName", "MetricName", "StageName")
# Types whose names are for people, or count within a table that carries the stack's.
NOT_UNIQUE = ("AWS::ApiGatewayV2", "AWS::ApplicationAutoScaling", "AWS::QuickSight")
