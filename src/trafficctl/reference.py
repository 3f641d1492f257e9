"""Writes docs/reference/cli.md from the commands' help.

Run as `python -m trafficctl.reference`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from trafficctl.__main__ import build_parser

PAGE = Path("docs/reference/cli.md")
WIDTH = 80

INTRODUCTION = """\
# The command line

Generated from the `--help` of every command: run `python -m trafficctl.reference` in
the root of the repository. A test fails if this page is out of date.

Endpoint, credentials and Region come from the usual AWS settings, so every command
works on the local city and on AWS.

## Output

Data goes to stdout, messages and progress to stderr. When stderr is not a terminal,
progress is a line every 10 seconds.

**Tables** are for people. A table fits the terminal: text wraps between words, then the
least important columns are dropped and named on stderr. Ids are never cut or split.
When stdout is not a terminal, a table has its full width; set `COLUMNS` to limit it.
`trafficctl segments | less -S` shows a wide table in a narrow terminal.

**`--json`** and **`--csv`** are for programs. CSV follows RFC 4180: a header, then
one line per row, with CRLF line endings. Values are raw: times as
`2026-11-22T18:32:05.123Z`, numbers without units, nothing for an absent value, `true`
and `false`, and JSON for a list. `cost --csv` prints the lines of the bill and
`deploy --csv` the outputs of the stack; `audit`, `simulate` and `replay` print one row.
Times in JSON are ms since the epoch.

## Tab completion

`trafficctl completion bash`, `zsh` or `fish` prints a script that completes commands,
options and file names. For bash with the bash-completion package:

```sh
mkdir -p ~/.local/share/bash-completion/completions
trafficctl completion bash > ~/.local/share/bash-completion/completions/trafficctl
```

In zsh, write it to `_trafficctl` in a directory of `$fpath`; in fish, to
`~/.config/fish/completions/trafficctl.fish`. Run it again after an update.

## Wrong input

An unknown segment, district, device or fault is an error that suggests similar names. A
file is checked before it is used: the error lists the first 20 faults with line or
feature and field, and nothing is loaded.

## Variables

`AWS_ENDPOINT_URL`, `AWS_PROFILE`, `AWS_REGION` and the other AWS settings select the
cloud; `eval "$(trafficctl env)"` points a shell at the local city. Other variables:

| variable | what it sets |
|---|---|
| `TRAFFIC_STACK` | the stack, if a command has no `--stack` |
| `TRAFFIC_HOME` | the state directory (default `.traffic`, see below) |
| `TRAFFIC_MQTT_ENDPOINT` | `host:port` to publish to (default: the local city or AWS) |
| `TRAFFIC_MQTT_CA` | CA file of that endpoint (default: the system's CAs) |
| `TRAFFIC_DEBUG` | if set, a failing command also prints its traceback |

The state is the record of each local city, device keys and tallies. Without
`TRAFFIC_HOME` it is in `.traffic` of the working directory or of the nearest directory
above that has one. A command that needs one creates it in the working directory.

## Exit codes

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | check failed: the audit fails, or an alarm is on |
| 2 | wrong usage or wrong input |
| 3 | AWS or MQTT refused the request or is unreachable |
| 70 | internal error: please report it |
| 130 | interrupted by Ctrl-C |
| 128 + N | terminated by signal N |
"""


def cli_page() -> str:
    """The whole page, independent of the terminal and the environment."""
    with _environment(COLUMNS=str(WIDTH), NO_COLOR="1", TRAFFIC_STACK=None):
        sections = _sections(build_parser())
    return "\n".join([INTRODUCTION, *sections])


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


def _sections(parser: argparse.ArgumentParser, level: int = 2) -> list[str]:
    """A section for *parser* and for each command under it."""
    help_text = parser.format_help().rstrip()
    sections = [f"{'#' * level} `{parser.prog}`\n\n```text\n{help_text}\n```\n"]
    for command in commands_of(parser).values():
        sections += _sections(command, 3)
    return sections


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
