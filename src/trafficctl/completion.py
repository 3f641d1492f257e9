"""`trafficctl completion`: what lets a shell complete commands and options by tab.

The script holds all that it completes, so that a tab press starts no Python.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

import shtab

from trafficctl.errors import OK

SHELLS = ("bash", "zsh", "fish")
DESCRIPTION = """\
Print a script that completes commands, options and file names by the tab key.

  bash  trafficctl completion bash \\
          > ~/.local/share/bash-completion/completions/trafficctl
  zsh   trafficctl completion zsh > DIRECTORY/_trafficctl   (DIRECTORY in $fpath)
  fish  trafficctl completion fish > ~/.config/fish/completions/trafficctl.fish

For this shell only, bash: source <(trafficctl completion bash)
Print it again after an update of trafficctl."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `completion`."""
    parser = subparsers.add_parser(
        "completion",
        help="print the tab completion for bash, zsh or fish",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # Not at the top: it imports this module.
    parser = importlib.import_module("trafficctl.__main__").build_parser()
    print(script(parser, args.shell))
    return OK


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion of `parser`, which is changed for it, for `shell`."""
    _prepare(parser)
    return shtab.complete(parser, shell)


def _prepare(parser: argparse.ArgumentParser) -> None:
    """Have paths completed as files, and commands described by their line of help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action._choices_actions:
                action.choices[str(command.metavar)].description = command.help
            for one in action.choices.values():
                _prepare(one)
        elif action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined] # shtab's own
