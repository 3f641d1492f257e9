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

Written from the `--help` of every command by `python -m trafficctl.reference`, run in
the root of the repository. A test holds this page equal to what the commands say.

Endpoint, credentials and region come from the usual AWS settings, so each command works
on the local city and on AWS.

## Output

Data goes to stdout, messages and progress to stderr. Where stderr is no terminal,
progress is a line every 10 seconds.

**Tables** are for people. A table fits the terminal: text wraps between words, then the
least important columns are left out, and a line on stderr names them. Ids are never cut
or split. Where stdout is no terminal, a table has its full width; to fit one to a width
anyway, set `COLUMNS`. `trafficctl segments | less -S` shows a wide table in a narrow
terminal.

**`--json`** and **`--csv`** are for programs. CSV follows RFC 4180: a header, then a
line for each row, with lines ending in CRLF. Values are raw: times as
`2026-11-22T18:32:05.123Z`, numbers without units, nothing for an absent value, `true`
and `false`, and JSON for a list. `cost --csv` prints the lines of the bill and
`deploy --csv` the outputs of the stack; `audit`, `simulate` and `replay` print one row.
Times in JSON are ms since the epoch.

## Tab completion

`trafficctl completion bash`, `zsh` or `fish` prints a script that completes commands,
options and file names. For bash, with the package bash-completion:

```sh
mkdir -p ~/.local/share/bash-completion/completions
trafficctl completion bash > ~/.local/share/bash-completion/completions/trafficctl
```

In zsh, write it to `_trafficctl` in a directory of `$fpath`; in fish, to
`~/.config/fish/completions/trafficctl.fish`. Print it again after an update.

## Wrong input

A name that the city does not have, of a segment, district, device or fault, is an error
with the nearest names. A file is checked before anything is done with it: the error
lists the first 20 faults with line or feature and field, and nothing is loaded.

## Variables

`AWS_ENDPOINT_URL`, `AWS_PROFILE`, `AWS_REGION` and the other AWS settings say which
cloud is used; `eval "$(trafficctl env)"` points a shell at the local city. Other
variables:

| variable | what it sets |
|---|---|
| `TRAFFIC_STACK` | the stack where a command has no `--stack` |
| `TRAFFIC_HOME` | where the tool keeps its state (else `.traffic`, see below) |
| `TRAFFIC_MQTT_ENDPOINT` | `host:port` to publish to, else the local city's or AWS's |
| `TRAFFIC_MQTT_CA` | file of the CA of that endpoint, else those of the system |
| `TRAFFIC_DEBUG` | if set, a command that fails prints its traceback as well |

State is the record of each local city, device keys and tallies. Without `TRAFFIC_HOME`
it lies in `.traffic` of the working directory, or of the nearest folder above that has
one; where there is none, a command that needs one makes it in the working directory.

## Exit codes

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | the answer is no: the audit fails, the city is not healthy |
| 2 | wrong usage or wrong input |
| 3 | AWS or MQTT refused, or cannot be reached |
| 70 | a fault of this tool: please report it |
| 130 | interrupted |
"""


def cli_page() -> str:
    """The whole page, the same in every terminal and whatever the settings here."""
    with _environment(COLUMNS=str(WIDTH), NO_COLOR="1", TRAFFIC_STACK=None):
        sections = _sections(build_parser())
    return "\n".join([INTRODUCTION, *sections])


@contextmanager
def _environment(**variables: str | None) -> Iterator[None]:
    """Set these variables for a while; None unsets one."""
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
    """One section for *parser*, and one for each command under it."""
    help_text = parser.format_help().rstrip()
    sections = [f"{'#' * level} `{parser.prog}`\n\n```text\n{help_text}\n```\n"]
    for command in commands_of(parser).values():
        sections += _sections(command, 3)
    return sections


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands right under *parser*, by name."""
    commands: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            commands.update(action.choices)
    return commands


if __name__ == "__main__":
    PAGE.write_text(cli_page(), encoding="utf-8")
    print(f"wrote {PAGE}")
