"""What the project says is about itself, and true."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import cfnlint.decode.cfn_yaml
import pytest

from traffic.processor.settings import ProcessorSettings
from traffic.settings import required
from trafficctl.__main__ import build_parser
from trafficctl.package.command import RUNTIMES

from .sources import ROOT, documents, texts

# In two parts, so that this page does not speak of them either.
_PARTS = [("/ro", "ot/"), ("/wo", "rk/"), ("/Us", "ers/"), ("/ho", "me/")]
_PARTS += [("../sha", "red")]
ELSEWHERE = [before + after for before, after in _PARTS]

CODE_SPAN = re.compile(r"`([^`\n]+)`")
CODE_BLOCK = re.compile(r"^```(?:console|sh|bash|shell)?\n(.*?)^```", re.M | re.S)
SETTINGS = r"(?:[A-Z_]+=\S+ )*"
PREFIX = rf"(?:[$%] )?{SETTINGS}(?:\.venv/bin/)?"

Template = dict[str, Any]


@pytest.fixture(scope="module")
def template() -> Template:
    loaded: Template = cfnlint.decode.cfn_yaml.load(str(ROOT / "template.yaml"))
    return loaded


def shown_commands(program: str) -> Iterator[tuple[str, str]]:
    """Page and first word of each command line of *program* that a page shows."""
    line = re.compile(rf"^{PREFIX}{program} ([a-z-]+)", re.M)
    for page in documents():
        text = page.read_text()
        blocks = CODE_BLOCK.findall(text)
        for shown in [*blocks, *CODE_SPAN.findall(CODE_BLOCK.sub("", text))]:
            for word in line.findall(shown):
                yield page.name, word


def test_no_text_tells_of_one_machine() -> None:
    found = {
        f"{name}: {place}"
        for name, text in texts()
        for place in ELSEWHERE
        if place in text
    }

    assert found == set()


def test_the_changelog_begins_with_the_version_and_its_date() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[(.+)\] - \d{4}-\d\d-\d\d$", changelog, re.M)

    assert newest is not None
    assert newest[1] == version("city-traffic")


def test_every_make_command_in_the_pages_is_a_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))

    unknown = {shown for shown in shown_commands("make") if shown[1] not in targets}
    assert unknown == set()


def test_every_trafficctl_command_in_the_pages_exists() -> None:
    commands = set(_subcommands(build_parser()))

    shown = shown_commands("trafficctl")
    assert {one for one in shown if one[1] not in commands} == set()


def test_the_package_carries_a_core_for_every_runtime_on_offer(
    template: Template,
) -> None:
    offered = template["Parameters"]["LambdaRuntime"]["AllowedValues"]

    assert [*offered] == [*RUNTIMES]


def test_the_template_sets_every_variable_the_processor_reads(
    template: Template,
) -> None:
    functions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"].get("Handler")
        == "traffic.processor.function.handler"
    ]
    told = [set(one["Environment"]["Variables"]) for one in functions]

    assert told == [set(required(ProcessorSettings))]


def _subcommands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices
