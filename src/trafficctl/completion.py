"""`trafficctl completion`: tab completion for bash, zsh and fish.

The script contains everything it completes, so that a tab press starts no Python.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

import shtab

from trafficctl.errors import OK

SHELLS = ("bash", "zsh", "fish")
DESCRIPTION = """\
Print a script for tab completion of commands, options and file names.

  bash  trafficctl completion bash \\
          > ~/.local/share/bash-completion/completions/trafficctl
  zsh   trafficctl completion zsh > DIRECTORY/_trafficctl   (DIRECTORY in $fpath)
  fish  trafficctl completion fish > ~/.config/fish/completions/trafficctl.fish

For the current bash only: source <(trafficctl completion bash)
Run it again after an update of trafficctl."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `completion`."""
    parser = subparsers.add_parser(
        "completion",
        help="print the completion script for bash, zsh or fish",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # Not at the top: __main__ imports this module.
    parser = importlib.import_module("trafficctl.__main__").build_parser()
    print(script(parser, args.shell))
    return OK


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion script of `parser` for `shell`; changes `parser`."""
    _prepare(parser)
    return shtab.complete(parser, shell)


def _prepare(parser: argparse.ArgumentParser) -> None:
    """Complete paths as files, and describe commands by their help line."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action._choices_actions:
                action.choices[str(command.metavar)].description = command.help
            for one in action.choices.values():
                _prepare(one)
        elif action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined] # shtab's own
