"""`trafficctl up`, `env` and `down`: start and stop the local city.

As a library: `up` does what the command does; `start`, `running` and `stop` handle only
the emulator.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from trafficctl.cli import options as cli_common
from trafficctl.cli import output
from trafficctl.errors import OK, UserError
from trafficctl.files import TEMPLATE
from trafficctl.local.checks import check_machine
from trafficctl.local.process import (
    GATEWAY_PORT,
    MQTT_PORT,
    City,
    detach,
    purge,
    running,
    start,
    stop,
)
from trafficctl.local.state_dir import home
from trafficctl.roads.network import RoadSegment, read_geojson
from trafficctl.roads.store import load_segments
from trafficctl.stack import parameter_limits
from trafficctl.stack import parameters as options
from trafficctl.stack import template as texts
from trafficctl.up.deploy import deploy

__all__ = [
    "City",
    "deploy",
    "detach",
    "register",
    "running",
    "start",
    "stop",
    "up",
]

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
    """Start the city of this state directory, or use the running one, and deploy.

    The directory's name is the stack's. `code` is the Lambda package; None builds it
    from this installation. Returns the city and the stack's outputs. If a city started
    here fails, it is stopped and its files are deleted.
    """
    given = dict(parameters or {})
    network = _check_input(home.name, template, given, roads)
    city = running(home)
    if city is not None:
        _check_ports(city, gateway_port, mqtt_port)
        return city, _deploy(city, template, given, network, say, code)
    check_machine(home)
    with _cleanup_on_failure(home, say):
        ports = gateway_port or GATEWAY_PORT, mqtt_port or MQTT_PORT
        city = start(home, *ports, say)
        return city, _deploy(city, template, given, network, say, code)


def _check_input(
    stack: str, template: Path, parameters: Mapping[str, str], roads: Path | None
) -> Sequence[RoadSegment]:
    """The segments of the road file. UserError if any input is invalid."""
    text = texts.read(template)
    parameter_limits.check(text, parameters)
    texts.check_name(text, stack)
    return [] if roads is None else read_geojson(roads)


def _deploy(
    city: City,
    template: Path,
    parameters: Mapping[str, str],
    network: Sequence[RoadSegment],
    say: Say,
    code: Path | None,
) -> dict[str, str]:
    outputs = deploy(city, template, parameters, say, code)
    if network:
        say(f"loading {len(network)} road segments")
        load_segments(city.session(), outputs["RoadSegmentsTable"], network)
    return outputs


@contextmanager
def _cleanup_on_failure(home: Path, say: Say) -> Iterator[None]:
    """On an error, stop the city and delete its files."""
    created = [one for one in (home, *home.parents) if not one.exists()]
    try:
        yield
    except BaseException:
        if stop(home) is not None:
            say(f"stopped the local city {home.name} and deleted its files")
        purge(home)
        for folder in created:
            with suppress(OSError):  # not empty
                folder.rmdir()
        raise


def _check_ports(city: City, gateway_port: int | None, mqtt_port: int | None) -> None:
    """UserError if other ports are requested than those of the running city."""
    ports = (
        ("--port", gateway_port, city.port),
        ("--mqtt-port", mqtt_port, city.mqtt_port),
    )
    for option, requested, port in ports:
        if requested not in (None, port):
            raise UserError(
                f"the city {city.stack} is running with {option} {port} - "
                "omit the option, or stop the city with `trafficctl down`"
            )


def export_lines(city: City) -> str:
    """The shell commands for `eval "$(trafficctl up)"`."""
    lines = ["unset AWS_PROFILE AWS_SESSION_TOKEN"]  # they take precedence over keys
    lines += [f"export {k}={shlex.quote(v)}" for k, v in city.environment().items()]
    return "\n".join(lines)


def register(subparsers: Any) -> None:
    """Add the commands up, env and down."""
    _register_up(subparsers)
    env = subparsers.add_parser(
        "env",
        help="print the settings that point a shell at the local city",
        description='Usage: eval "$(trafficctl env)"',
    )
    cli_common.add_common(env)
    env.set_defaults(run=_run_env)
    down = subparsers.add_parser(
        "down",
        help="stop the local city",
        description="Stop the local city that `up` started.",
    )
    cli_common.add_common(down)
    down.add_argument(
        "--purge",
        action="store_true",
        help="also delete its log, device keys and tally",
    )
    down.set_defaults(run=_run_down)


def _register_up(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "up",
        help="start the local city, or update the running one",
        description="Start the AWS services on this machine, deploy the template, and "
        'print the settings for a shell: eval "$(trafficctl up)"',
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
            help=f"{what} (default {default})",
        )
    cli_common.add_template(parser)
    options.add_single(parser)
    parser.add_argument(
        "--roads",
        type=Path,
        metavar="FILE",
        help="also load this road file (GeoJSON)",
    )
    parser.set_defaults(run=_run_up)


def _run_up(args: argparse.Namespace) -> int:
    city, _outputs = up(
        home(args.stack),
        args.port,
        args.mqtt_port,
        args.template,
        dict(args.parameter),
        args.roads,
    )
    detach(city)
    output.say(f"the city is running at {city.endpoint}, MQTT on port {city.mqtt_port}")
    output.say(f"state: {Path(city.log).parent}")
    output.say(f"live map: trafficctl map --stack {city.stack}")
    if sys.stdout.isatty():
        output.say('to use it in this shell: eval "$(trafficctl env)"')
    print(export_lines(city))
    return OK


def _run_env(args: argparse.Namespace) -> int:
    directory = home(args.stack)
    city = running(directory)
    if city is None:
        raise UserError(_none_runs(directory))
    print(export_lines(city))
    return OK


def _none_runs(directory: Path) -> str:
    return (
        f"no local city {directory.name} is running (state in {directory.parent}) - "
        "`trafficctl up` starts one; TRAFFIC_HOME sets another state directory"
    )


def _run_down(args: argparse.Namespace) -> int:
    directory = home(args.stack)
    city = stop(directory)
    if city is None:
        output.say(_none_runs(directory))
    else:
        output.say(f"stopped the city at {city.endpoint}")
    if args.purge:
        purge(directory)
    return OK
