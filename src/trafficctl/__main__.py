"""The command line: parses arguments and returns exit codes."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import os
import sys
import traceback
from collections.abc import Mapping, Sequence

from trafficctl.cli.groups import GroupedParser
from trafficctl.cli.printable import printable
from trafficctl.cli.signals import TerminatedError, terminate_cleanly
from trafficctl.errors import INTERRUPTED, OK, WRONG_INPUT, translate

# The commands that each module's register(subparsers) adds. The help page takes its
# order from groups.py: add a new command there too.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "up.command": ("up", "env", "down"),
    "preflight.command": ("preflight",),
    "capacity.command": ("capacity",),
    "cost.command": ("cost",),
    "deploy.command": ("deploy",),
    "stack.outputs": ("outputs",),
    "destroy.command": ("destroy",),
    "package.command": ("package",),
    "roads.command": ("roads",),
    "sensors.command": ("sensors",),
    "publishing.devices": ("devices",),
    "simulate.command": ("simulate",),
    "replay.command": ("replay",),
    "metr_la": ("metr-la",),
    "evaluate.command": ("evaluate",),
    "watch.views": ("segments", "alerts"),
    "watch.incidents": ("incidents",),
    "map.command": ("map",),
    "users.command": ("users",),
    "feeds.command": ("feeds",),
    "watch.alarms": ("alarms",),
    "bottlenecks.command": ("bottlenecks",),
    "audit.command": ("audit",),
    "redrive.command": ("redrive",),
    "demo.command": ("demo",),
    "completion": ("completion",),
}

DESCRIPTION = "Deploy, operate and audit City Traffic, on this machine or on AWS."
EPILOG = (
    "Run `trafficctl COMMAND --help` for details. "
    "Endpoint, credentials and Region come from the usual AWS settings. "
    "Exit codes: 0 success; 1 check failed; 2 wrong usage or input; "
    "3 AWS or MQTT refused the request or is unreachable; 70 internal error; "
    "128 + N after signal N, so 130 after Ctrl-C."
)


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The whole command line, or the part of the module that has *command*.

    Importing all modules takes longer than most commands.
    """
    parser = GroupedParser(prog="trafficctl", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument(
        "-V",
        "--version",
        action="version",
        version=importlib.metadata.version("city-traffic"),
    )
    subparsers = parser.add_subparsers(
        metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    own = [name for name, commands in COMMANDS.items() if command in commands]
    for name in own or COMMANDS:
        importlib.import_module(f"trafficctl.{name}").register(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is translated here.

    Without *argv* this is a process of its own: signals then end it cleanly.
    """
    if argv is None:
        terminate_cleanly()
        _open_closed_streams()
    try:
        return _run(argv)
    except TerminatedError as exc:
        with contextlib.suppress(OSError):  # the terminal is gone
            print(f"trafficctl: terminated by {exc.name}", file=sys.stderr)
        raise
    except KeyboardInterrupt:
        print("trafficctl: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()  # the reader (head, less) closed the pipe
        return OK
    except Exception as exc:
        if os.environ.get("TRAFFIC_DEBUG"):
            traceback.print_exc()
        error = translate(exc)
        print(printable(f"trafficctl: {error}"), file=sys.stderr)
        return error.exit_code


def _run(argv: Sequence[str] | None) -> int:
    words = sys.argv[1:] if argv is None else argv
    parser = build_parser(next(iter(words), None))
    args = parser.parse_args(words)
    if not hasattr(args, "run"):
        parser.print_help(sys.stderr)
        return WRONG_INPUT
    code = int(args.run(args))
    sys.stdout.flush()
    return code


def _open_closed_streams() -> None:
    """Where this process was started without one (`>&-`), write to nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - until the end


def _abandon_stdout() -> None:
    """Keep Python from reporting the closed pipe again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
