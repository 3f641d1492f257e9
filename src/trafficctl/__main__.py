"""The command line: parses arguments and returns exit codes."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import os
import sys
import traceback
from collections.abc import Sequence

from trafficctl.cli.groups import GroupedParser
from trafficctl.cli.printable import printable
from trafficctl.cli.signals import TerminatedError, terminate_cleanly
from trafficctl.errors import INTERRUPTED, OK, WRONG_INPUT, translate

# Each module has register(subparsers). The help page takes its order from groups.py:
# add a new command there too.
COMMANDS: tuple[str, ...] = (
    "up.command",
    "preflight.command",
    "cost.command",
    "deploy.command",
    "stack.outputs",
    "destroy.command",
    "package.command",
    "roads.command",
    "sensors.command",
    "publishing.devices",
    "simulate.command",
    "replay.command",
    "metr_la",
    "evaluate.command",
    "watch.views",
    "map.command",
    "users.command",
    "watch.alarms",
    "audit.command",
    "redrive.command",
    "demo.command",
    "completion",
)

DESCRIPTION = "Deploy, operate and audit City Traffic, on this machine or on AWS."
EPILOG = (
    "Run `trafficctl COMMAND --help` for details. "
    "Endpoint, credentials and Region come from the usual AWS settings. "
    "Exit codes: 0 success; 1 check failed; 2 wrong usage or input; "
    "3 AWS or MQTT refused the request or is unreachable; 70 internal error; "
    "128 + N after signal N, so 130 after Ctrl-C."
)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line, with every module in COMMANDS registered."""
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
    for name in COMMANDS:
        importlib.import_module(f"trafficctl.{name}").register(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is translated here.

    Without *argv* this is a process of its own: signals then end it cleanly.
    """
    if argv is None:
        terminate_cleanly()
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
    parser = build_parser()
    args = parser.parse_args(argv)
    if not hasattr(args, "run"):
        parser.print_help(sys.stderr)
        return WRONG_INPUT
    code = int(args.run(args))
    sys.stdout.flush()
    return code


def _abandon_stdout() -> None:
    """Keep Python from reporting the closed pipe again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
