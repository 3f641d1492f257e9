"""What the pages tell people to type exists, to the last option."""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import re
from collections.abc import Iterator

import pytest

from trafficctl.__main__ import build_parser

from ..template.template import PARAMETERS, TEMPLATE, of_type
from ..template.template import shown as written
from .aws_cli import fault
from .commands import Command, shown, words_of

TRAFFICCTL = shown("trafficctl")
AWS = shown("aws")
OUTPUT = shown("output")


@functools.cache
def parser() -> argparse.ArgumentParser:
    """Return the real command line."""
    return build_parser()


def refusal(words: tuple[str, ...]) -> str:
    """Return what the command line says against these words, "" if nothing."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            parser().parse_args(words)
        except SystemExit as end:
            return "" if end.code == 0 else told.getvalue().strip()
    return ""


def is_mention(words: tuple[str, ...]) -> bool:
    """Whether the words only name a command, as prose does: `trafficctl roads load`."""
    here = parser()
    for word in words:
        choices = dict(_subcommands(here))
        if word not in choices:
            return False
        here = choices[word]
    return True


def _subcommands(
    of: argparse.ArgumentParser,
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


@pytest.mark.parametrize("command", TRAFFICCTL, ids=lambda one: one.text)
def test_trafficctl_takes_the_command(command: Command) -> None:
    words = command.words[1:]

    assert (not command.whole and is_mention(words)) or refusal(words) == ""


@pytest.mark.parametrize("command", AWS, ids=lambda one: one.text)
def test_the_aws_cli_takes_the_command(command: Command) -> None:
    assert fault(command.words[1:], whole=command.whole) == ""


@pytest.mark.parametrize("command", OUTPUT, ids=lambda one: one.text)
def test_an_output_that_is_asked_for_is_one_of_the_stacks(command: Command) -> None:
    assert command.words[1] in {*TEMPLATE["Outputs"], "NAME"}


def parameters_told() -> set[tuple[str, str, str]]:
    """Return page, name and value of each parameter that a command sets."""
    return {
        (command.page, *pair.split("=", 1))  # type: ignore[misc] # two, by the split
        for command in TRAFFICCTL
        for option, pair in zip(command.words, command.words[1:], strict=False)
        if option == "--parameter" and "=" in pair and pair != "NAME=VALUE"
    }


@pytest.mark.parametrize("told", sorted(parameters_told()), ids=" ".join)
def test_a_parameter_that_is_set_is_one_of_the_templates_and_may_be_so(
    told: tuple[str, str, str],
) -> None:
    _page, name, value = told
    parameter = PARAMETERS[name]

    if "AllowedValues" in parameter:
        assert value in map(str, parameter["AllowedValues"])
    if "MinValue" in parameter:
        assert parameter["MinValue"] <= float(value) <= parameter["MaxValue"]
    if "AllowedPattern" in parameter:
        assert re.search(parameter["AllowedPattern"], value)


def test_logs_and_alarms_are_asked_for_by_names_that_are_there() -> None:
    groups = {
        written(one["Properties"]["LogGroupName"])
        for one in of_type("AWS::Logs::LogGroup").values()
    }
    alarms = {
        written(one["Properties"]["AlarmName"])
        for one in of_type("AWS::CloudWatch::Alarm").values()
    }
    asked = {
        (before or "", f"{before or ''}${{AWS::StackName}}-{name}")
        for command in AWS
        for before, name in re.findall(
            r"(/aws/\w+/)?\$(?:TRAFFIC_STACK|\{TRAFFIC_STACK\})-([a-z-]*[a-z])",
            " ".join(command.words),
        )
        if command.words[1] in ("logs", "cloudwatch")
    }

    functions = {one.removeprefix("/aws/lambda/") for one in groups}
    unknown = {
        name for before, name in asked if name not in (groups if before else alarms)
    }
    assert unknown - functions == set()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            "aws iot get-policy \\\n  --policy-name x",
            [("aws", "iot", "get-policy", "--policy-name", "x")],
        ),
        (
            'aws s3 ls "s3://$(output Bucket)/" | tail -3',
            [
                ("output", "Bucket"),
                ("aws", "s3", "ls", "s3://SUBSTITUTED/"),
                ("tail", "-3"),
            ],
        ),
        ("AWS_REGION=x .venv/bin/trafficctl up  # here", [("trafficctl", "up")]),
        ("aws s3 cp <a key from above> -", [("aws", "s3", "cp", "FILLED_IN", "-")]),
        (
            "for a in b; do aws iot x; done",
            [("for", "a", "in", "b"), ("aws", "iot", "x"), ("done",)],
        ),
        ("it's prose", [("it's", "prose")]),
    ],
)
def test_a_script_is_taken_apart_as_a_shell_would(
    script: str, expected: list[tuple[str, ...]]
) -> None:
    assert list(words_of(script)) == expected


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("iot get-policy --policy-name x --query policyName", ""),
        ("iot get-policy", ""),
        ("iot", ""),
        ("iot get-polizei --policy-name x", "iot has no operation get-polizei"),
        ("iot get-policy --name x", "no option --name"),
        ("iot create-policy --policy-name x", "missing --policy-document"),
        ("eyeot get-policy", "no service eyeot"),
        ("s3 ls s3://x --recurse", "no option --recurse"),
        ("s3api head-bucket --bucket x", ""),
        ("lambda update-event-source-mapping --uuid x --no-enabled", ""),
        ("cloudformation wait stack-create-complete --stack-name x", ""),
        (
            "cloudformation wait for-ever",
            "cloudformation waits for none of ['for-ever']",
        ),
    ],
)
def test_a_wrong_aws_command_is_told_from_a_right_one(line: str, told: str) -> None:
    assert fault(line.split()) == told


THRESHOLDS = [f"Congestion{name}Threshold" for name in ("Clear", "High", "Severe")]


def is_in_order(parameter: str, value: str) -> bool:
    """Whether a threshold goes with the others as they are."""
    defaults = {name: PARAMETERS[name]["Default"] for name in THRESHOLDS}
    clear, high, severe = map(float, {**defaults, parameter: value}.values())
    return clear < high < severe


def test_a_threshold_that_is_set_goes_with_the_others_as_they_are() -> None:
    told = [pair for _page, *pair in parameters_told() if pair[0] in THRESHOLDS]

    assert [pair for pair in told if not is_in_order(*pair)] == []
    assert not is_in_order("CongestionHighThreshold", "30")
    assert is_in_order("CongestionHighThreshold", "60")
