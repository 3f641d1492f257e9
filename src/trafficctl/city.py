"""`trafficctl up`, `env` and `down`: the local city, from start to end.

As a library: `up` does all that the command does; `start`, `running` and `stop` handle
the emulator alone.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trafficctl import cli_common, output
from trafficctl.deploying import parameters as options
from trafficctl.errors import OK, UserError
from trafficctl.home import ensure_home, home
from trafficctl.local.deploy import deploy
from trafficctl.local.process import (
    GATEWAY_PORT,
    MQTT_PORT,
    City,
    let_go,
    purge,
    running,
    start,
    stop,
)

__all__ = [
    "City",
    "deploy",
    "let_go",
    "register",
    "running",
    "start",
    "stop",
    "up",
]

TEMPLATE = Path("template.yaml")

Say = Callable[[str], None]


def up(
    home: Path,
    gateway_port: int | None = None,
    mqtt_port: int | None = None,
    template: Path = TEMPLATE,
    parameters: Mapping[str, str] | None = None,
    roads: Path | None = None,
    code: Path | None = None,
    say: Say = output.say,
) -> tuple[City, dict[str, str]]:
    """Start the city of this state directory, or take the running one, and deploy.

    The directory's name is the stack's. `code` is the Lambda package; None builds it
    from this installation. Gives the city and the stack's outputs. A city that was
    started here and could not be deployed stays while this process lives, to be looked
    at; one whose deployment was interrupted ends.
    """
    found = running(home)
    if found is None:
        ports = gateway_port or GATEWAY_PORT, mqtt_port or MQTT_PORT
        city = start(home, *ports, say)
    else:
        city = found
        _check_ports(city, gateway_port, mqtt_port)
    try:
        outputs = deploy(city, template, parameters or {}, say, code)
        if roads is not None:
            _load_roads(city, outputs, roads, say)
    except (KeyboardInterrupt, SystemExit):
        if found is None:
            stop(home)
        raise
    return city, outputs


def _check_ports(city: City, gateway_port: int | None, mqtt_port: int | None) -> None:
    """A running city keeps its ports: UserError if others are asked for."""
    asked = (
        ("--port", gateway_port, city.port),
        ("--mqtt-port", mqtt_port, city.mqtt_port),
    )
    for option, wanted, port in asked:
        if wanted not in (None, port):
            raise UserError(
                f"the city {city.stack} runs with {option} {port} already - "
                "leave the option out, or end it first by `trafficctl down`"
            )


def export_lines(city: City) -> str:
    """What `eval "$(trafficctl up)"` has the shell do."""
    lines = ["unset AWS_PROFILE AWS_SESSION_TOKEN"]  # they would win over our keys
    lines += [f"export {k}={shlex.quote(v)}" for k, v in city.environment().items()]
    return "\n".join(lines)


def register(subparsers: Any) -> None:
    """Add the commands up, env and down."""
    _register_up(subparsers)
    env = subparsers.add_parser(
        "env",
        help="print the settings that point a shell at the local city",
        description='Use it as: eval "$(trafficctl env)"',
    )
    cli_common.add_common(env)
    env.set_defaults(run=_run_env)
    down = subparsers.add_parser(
        "down",
        help="end the local city",
        description="Ends what `up` started, by its own record, and nothing else.",
    )
    cli_common.add_common(down)
    down.add_argument(
        "--purge",
        action="store_true",
        help="also remove its log, its devices' keys and its tally",
    )
    down.set_defaults(run=_run_down)


def _register_up(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "up",
        help="start the local city, or update the one that runs",
        description="Starts the AWS services on this machine, deploys the template "
        'there and prints the settings to use it: eval "$(trafficctl up)"',
    )
    cli_common.add_common(parser)
    for option, default, what in (
        ("--port", GATEWAY_PORT, "port of the AWS endpoint"),
        ("--mqtt-port", MQTT_PORT, "port of the MQTT broker"),
    ):
        parser.add_argument(
            option,
            type=cli_common.port,
            metavar="PORT",
            help=f"{what} (else {default})",
        )
    parser.add_argument(
        "--template", type=Path, default=TEMPLATE, metavar="FILE", help="the template"
    )
    options.add_single(parser)
    parser.add_argument(
        "--roads", type=Path, metavar="FILE", help="a road network to load (GeoJSON)"
    )
    parser.set_defaults(run=_run_up)


def _run_up(args: argparse.Namespace) -> int:
    directory = ensure_home(args.stack)
    try:
        city, _outputs = up(
            directory,
            args.port,
            args.mqtt_port,
            args.template,
            dict(args.parameter),
            args.roads,
        )
    except Exception:
        _leave_running(directory)  # could not be deployed: to be looked at
        raise
    _leave_running(directory)
    output.say(f"the city runs at {city.endpoint}, MQTT at port {city.mqtt_port}")
    if sys.stdout.isatty():
        output.say('point this shell at it: eval "$(trafficctl env)"')
    print(export_lines(city))
    return OK


def _leave_running(directory: Path) -> None:
    """Have the city outlive this command."""
    left = running(directory)
    if left is not None:
        let_go(left)


def _run_env(args: argparse.Namespace) -> int:
    city = running(home(args.stack))
    if city is None:
        raise UserError(f"no local city {args.stack} runs - `trafficctl up` starts it")
    print(export_lines(city))
    return OK


def _run_down(args: argparse.Namespace) -> int:
    directory = home(args.stack)
    city = stop(directory)
    if city is None:
        output.say(f"no local city {args.stack} runs")
    else:
        output.say(f"the city at {city.endpoint} has ended")
    if args.purge:
        purge(directory)
    return OK


def _load_roads(city: City, outputs: Mapping[str, str], roads: Path, say: Say) -> None:
    loader = importlib.import_module("trafficctl.roads")  # only with --roads

    say(f"loading {roads}")
    loader.load(city.session(), outputs["RoadSegmentsTable"], roads)
