"""Writes the commands in docs/reference/cli.md, from their help.

Run as `python -m trafficctl.reference`.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from trafficctl.__main__ import build_parser

PAGE = Path("docs/reference/cli.md")
_WIDTH = 80
_Command = tuple[argparse.ArgumentParser, str]  # and its help

_BEGIN, _END = "<!-- commands -->\n", "<!-- end -->\n"

# An option of as many commands, with the same help, is described once for all of them.
_SHARED_BY = 3


def cli_page() -> str:
    """The page with its commands, independent of the terminal and the environment."""
    with _environment(COLUMNS=str(_WIDTH), NO_COLOR="1", TRAFFIC_STACK=None):
        parser = build_parser()
        commands = list(_leaves(parser))
        uses = Counter(line for one, _ in commands for line in _options(one).values())
        shared = {line for line, number in uses.items() if number >= _SHARED_BY}
        overview = f"## Commands\n\n```text\n{parser.format_help().rstrip()}\n```\n"
        options = "\n".join(["## Shared options\n", *sorted(shared), ""])
        sections = [_section(*one, shared) for one in commands]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    generated = "\n".join([overview, options, *sections])
    return before + _BEGIN + generated + _END + rest.partition(_END)[2]


@contextmanager
def _environment(**variables: str | None) -> Iterator[None]:
    """Set these variables temporarily; None unsets one."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _leaves(parser: argparse.ArgumentParser) -> Iterator[_Command]:
    """The commands under *parser* that have none of their own, and their help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {one.dest: one.help or "" for one in action._choices_actions}
            for name, command in action.choices.items():
                yield from list(_leaves(command)) or [(command, helps.get(name, ""))]


def _section(
    parser: argparse.ArgumentParser, help_text: str, shared: Collection[str]
) -> str:
    """What a command does, its own options, and the names of those it shares."""
    description = parser.description or f"{help_text[0].upper()}{help_text[1:]}."
    text = " ".join(description.partition("\n\n")[0].split())
    options = _options(parser)
    own = [line for line in options.values() if line not in shared]
    also = [f"`{name}`" for name, line in options.items() if line in shared]
    parts = [f"### `{parser.prog}`", text, "\n".join(own)]
    if also:
        parts.append(f"Shared: {', '.join(also)}.")
    return "\n\n".join(filter(None, parts)) + "\n"


def _options(parser: argparse.ArgumentParser) -> dict[str, str]:
    """A line for each argument and option of *parser*, by name, but for `--help`."""
    formatter = argparse.HelpFormatter(parser.prog)
    lines = {}
    for action in parser._actions:
        if argparse.SUPPRESS in (action.help, action.dest) or action.dest == "help":
            continue
        default = action.dest.upper() if action.option_strings else action.dest
        value = formatter._format_args(action, default)
        usage = " ".join(filter(None, [", ".join(action.option_strings), value]))
        text = formatter._expand_help(action) if action.help else ""
        name = action.option_strings[-1] if action.option_strings else action.dest
        lines[name] = f"- `{usage}`" + (f": {text}" if text else "")
    return lines


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The direct commands of *parser*, by name."""
    commands: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            commands.update(action.choices)
    return commands


if __name__ == "__main__":
    PAGE.write_text(cli_page(), encoding="utf-8")
    print(f"wrote {PAGE}")
