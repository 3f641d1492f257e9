"""The page on the command line tells every setting, and each default."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest

from trafficctl.__main__ import build_parser
from trafficctl.reference import PAGE, commands_of

from ..shape.sources import modules

OURS = re.compile(r"TRAFFIC_[A-Z]+(?:_[A-Z]+)*\b")
TOLD = ("simulate", "replay", "metr-la", "audit")


def test_every_variable_that_the_tool_reads_is_explained_once() -> None:
    read = {
        name
        for _, path in modules("src/trafficctl")
        for name in OURS.findall(path.read_text())
    }
    told = re.findall(r"^\| `(TRAFFIC_\w+)` \|", PAGE.read_text(), re.M)

    assert sorted(told) == sorted(read)


def with_a_default() -> Iterator[tuple[str, argparse.Action]]:
    commands = commands_of(build_parser())
    for name in TOLD:
        for action in commands[name]._actions:
            has_one = action.default not in (None, [], False, argparse.SUPPRESS)
            if has_one and action.help != argparse.SUPPRESS:
                yield name, action


@pytest.mark.parametrize(
    ("command", "action"),
    [pytest.param(c, a, id=f"{c} {a.dest}") for c, a in with_a_default()],
)
def test_an_option_with_a_default_tells_it(
    command: str, action: argparse.Action
) -> None:
    told = (action.help or "") % vars(action)

    assert re.search(r"\(|default", told), f"{command} {action.dest}: {told!r}"
    if isinstance(action.default, (int, float)):
        assert f"{action.default:g}" in told
