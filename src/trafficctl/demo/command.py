"""`trafficctl demo`: recorded Los Angeles traffic on this machine."""

from __future__ import annotations

import argparse
import contextlib
import os

from trafficctl.cli.options import port, positive_float, stack_name

DEFAULT_STACK = "demo"
DEFAULT_PORT = 8642
LEAST_S = 10  # the first live reading of a detector comes within five


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo`."""
    parser = subparsers.add_parser(
        "demo",
        help="play a recorded morning of Los Angeles on this machine",
        description=(
            "Start a separate local city, publish a recorded morning of Los Angeles "
            "over MQTT, show it on a live map, print incidents as they arrive, and "
            "end with a summary and an audit. What is usual is learned from other days "
            "of the recording. Exit code 0 if readings flowed, messages arrived in "
            "time and nothing was lost."
        ),
    )
    parser.add_argument(
        "--seconds",
        type=_duration,
        default=os.environ.get("DEMO_SECONDS") or None,
        metavar="N",
        help=f"stop after N seconds of traffic, at least {LEAST_S} (default: "
        "$DEMO_SECONDS, else at Ctrl-C)",
    )
    parser.add_argument(
        "--port",
        type=port,
        default=os.environ.get("DEMO_PORT") or str(DEFAULT_PORT),
        metavar="PORT",
        help=f"port of the live map (default: $DEMO_PORT or {DEFAULT_PORT})",
    )
    parser.add_argument(
        "--stack",
        type=stack_name,
        default=DEFAULT_STACK,
        metavar="NAME",
        help=f"name of the demo's stack (default {DEFAULT_STACK})",
    )
    parser.set_defaults(run=_run)


def _duration(text: str) -> float:
    """Seconds of traffic, enough to measure alerts."""
    with contextlib.suppress(argparse.ArgumentTypeError):
        if (seconds := positive_float(text)) >= LEAST_S:
            return seconds
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a number of at least {LEAST_S}: shorter runs measure nothing"
    )


def _run(args: argparse.Namespace) -> int:
    from trafficctl.demo.run import run  # noqa: PLC0415 - imports the whole tool

    return run(args.stack, args.seconds, args.port)
