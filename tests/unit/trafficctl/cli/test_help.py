"""The help page lists each command under its task, in one plain line."""

from __future__ import annotations

import re

import pytest

from trafficctl.__main__ import build_parser
from trafficctl.cli.groups import GROUPS, ungrouped
from trafficctl.reference import commands_of

COMMANDS = commands_of(build_parser())


def page(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    return build_parser().format_help()


def test_every_command_is_in_a_group_of_the_help_page() -> None:
    missing = ungrouped(COMMANDS)

    assert missing == [], (
        f"{', '.join(missing)}: in no group of `trafficctl --help` - "
        "add each to one in src/trafficctl/cli/groups.py"
    )


def test_every_name_in_a_group_is_a_command_and_stands_once() -> None:
    names = [name for group in GROUPS.values() for name in group]

    assert sorted(names) == sorted(COMMANDS)


def test_the_page_has_the_groups_in_order_with_their_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sections = re.findall(r"^([a-z ]+):\n((?:  .*\n)+)", page(monkeypatch), re.M)
    told = {
        title: tuple(re.findall(r"^  ([a-z-]+) ", body, re.M))
        for title, body in sections
        if title != "options"
    }

    assert told == GROUPS
    assert list(told) == list(GROUPS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_described_in_one_line(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (line,) = re.findall(rf"^  {command} +(\S.*)\n(?!    )", page(monkeypatch), re.M)

    assert line[0].islower()
    assert not line.endswith(".")


def test_a_command_in_no_group_is_still_on_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    parser = build_parser()
    (commands,) = (a for a in parser._actions if hasattr(a, "add_parser"))
    commands.add_parser("fly", help="fly over the city")

    assert "other:\n  fly            fly over the city\n" in parser.format_help()
