"""`trafficctl devices`: simulated roadside units, as Things with X.509 certificates.

A device is a Thing of the stack's thing type with the attribute `segment_id` and a
certificate under the stack's policy, which allows it to publish only to its own segment
and name. They are registered like real devices (`trafficctl.sensors`), but replace any
device of their name.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traffic.policy import MAX_ID_LENGTH
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import check_segments, segment_ids
from trafficctl.cli.options import add_common, positive_int
from trafficctl.cli.output import KEY, Column, say, show, show_csv, show_json, table
from trafficctl.errors import OK, UserError
from trafficctl.local.process import running
from trafficctl.local.state_dir import home, state_path
from trafficctl.registry.certificates import pem_path
from trafficctl.registry.context import DEVICES, context_of
from trafficctl.registry.csv_file import DEVICE_ID
from trafficctl.registry.journal import DONE, read_entries
from trafficctl.registry.plan import DeviceSpec
from trafficctl.registry.registration import carry_out, keys_plan
from trafficctl.roads.network import read_geojson

NOTE = "simulated"
MQTT_TLS_PORT = 8883
ENDPOINT_VARIABLE, CA_VARIABLE = "TRAFFIC_MQTT_ENDPOINT", "TRAFFIC_MQTT_CA"


@dataclass(frozen=True)
class SimulatedDevice:
    """A device to simulate; `unit` is its name without the stack."""

    unit: str
    device_id: str
    segment_id: str


@dataclass(frozen=True)
class Device:
    """A registered device; `pem` holds its key and its certificate."""

    unit: str
    device_id: str
    segment_id: str
    pem: Path


@dataclass(frozen=True)
class Broker:
    """Where devices connect; without `ca_file` the system's CAs are trusted.

    They include Amazon Root CA 1, which signs the endpoints of AWS IoT Core.
    """

    host: str
    port: int
    ca_file: Path | None = None


def unit_name(segment_id: str, unit: int) -> str:
    """The name of roadside unit `unit` (from 1) of a segment."""
    return f"{segment_id}-unit{unit}"


def device_id(stack: str, segment_id: str, unit: int) -> str:
    """The name of its Thing, unique in the account through the stack's name.

    A Thing's name has no dot and a limited length, so other segments are named by part
    of their id and a digest. No stack's name has a `_`.
    """
    name = f"{stack}_{unit_name(segment_id, unit)}"
    if DEVICE_ID.fullmatch(name):
        return name
    digest = hashlib.sha256(segment_id.encode()).hexdigest()[:10]
    end = f"-{digest}-unit{unit}"
    head = f"{stack}_{segment_id.replace('.', '_')}"
    return head[: MAX_ID_LENGTH - len(end)] + end


def devices_of(
    stack: str, segments: Iterable[str], units: int = 1
) -> list[SimulatedDevice]:
    """The devices of `segments`, `units` for each."""
    return [
        SimulatedDevice(unit_name(s, n), device_id(stack, s, n), s)
        for s in segments
        for n in range(1, units + 1)
    ]


def register_devices(
    session: Any,
    outputs: Mapping[str, str],
    base: Path,
    simulated: Sequence[SimulatedDevice],
) -> list[Device]:
    """Register the `simulated` devices with a progress display; same order.

    `base` is the stack's state directory, which holds their keys.
    """
    context = context_of(session, outputs, base)
    with context.journal(DEVICES) as journal:
        specs = [
            DeviceSpec(device.device_id, device.segment_id, NOTE)
            for device in simulated
        ]
        plan = keys_plan(context, journal, specs, again=True)
        carry_out(plan, context.registrar(journal).register)
    folder = context.directory(DEVICES)
    return [
        Device(
            device.unit,
            device.device_id,
            device.segment_id,
            pem_path(folder, device.device_id),
        )
        for device in simulated
    ]


def find_broker(
    session: Any, stack: str, environ: Mapping[str, str] = os.environ
) -> Broker:
    """The MQTT endpoint: TRAFFIC_MQTT_ENDPOINT, else the local city's, else AWS's."""
    endpoint = environ.get(ENDPOINT_VARIABLE)
    if endpoint:
        return _parse_broker(endpoint, environ.get(CA_VARIABLE))
    iot = aws.client(session, "iot")
    city = running(home(stack, environ))
    if city is not None and city.endpoint == iot.meta.endpoint_url:
        return Broker(city.mqtt_host, city.mqtt_port, Path(city.ca_file))
    address = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    return Broker(address, MQTT_TLS_PORT)


def _parse_broker(endpoint: str, ca_file: str | None) -> Broker:
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal():
        raise UserError(f"{ENDPOINT_VARIABLE}: expected host:port, got {endpoint!r}")
    return Broker(host.strip("[]"), int(port), Path(ca_file) if ca_file else None)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `devices register` and `devices list`."""
    parser = subparsers.add_parser(
        "devices",
        help="register and list simulated devices (real devices: sensors)",
        description="Register and list the devices that `simulate` and `replay` use. "
        "Both commands register their devices themselves. For real devices, use "
        "`sensors`.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    register_parser = actions.add_parser(
        "register",
        help="register simulated devices",
        description="Register a Thing and a certificate for each simulated device: of "
        "the given segments, of a road file, or of all segments of the city.",
    )
    register_parser.add_argument(
        "segment", nargs="*", metavar="SEGMENT", help="only for these segments"
    )
    register_parser.add_argument(
        "--roads",
        type=Path,
        metavar="FILE.geojson",
        help="for the segments of this road file",
    )
    register_parser.add_argument(
        "--units",
        type=positive_int,
        default=1,
        metavar="N",
        help="devices for each segment (default %(default)s)",
    )
    add_common(register_parser)
    register_parser.set_defaults(run=_run_register)
    list_parser = actions.add_parser(
        "list", help="list the devices with keys on this machine"
    )
    add_common(list_parser, json=True, csv=True)
    list_parser.set_defaults(run=_run_list)


def _run_register(args: argparse.Namespace) -> int:
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    segments = args.segment or _segments(session, outputs, args.roads)
    if args.segment:
        check_segments(session, outputs, args.segment)
    if not segments:
        raise UserError("no segments - give some, or load a road file first")
    simulated = devices_of(args.stack, segments, args.units)
    devices = register_devices(session, outputs, home(args.stack), simulated)
    say(f"{len(devices)} devices registered; keys in {devices[0].pem.parent}")
    return OK


def _segments(
    session: Any, outputs: Mapping[str, str], roads: Path | None
) -> list[str]:
    if roads is not None:
        return [road.segment_id for road in read_geojson(roads)]
    return segment_ids(session, outputs)


def _run_list(args: argparse.Namespace) -> int:
    iot = aws.client(aws.session(), "iot")
    directory = state_path(home(args.stack), iot) / DEVICES
    entries = sorted(read_entries(directory).items())
    rows = [(n, e.segment_id, e.certificate_id) for n, e in entries if e.step == DONE]
    names = ("device_id", "segment_id", "certificate_id")
    plain = [dict(zip(names, row, strict=True)) for row in rows]
    if args.json:
        show_json(plain)
    elif args.csv:
        show_csv(names, plain)
    elif rows:
        columns = [Column(names[0], importance=KEY), *map(Column, names[1:])]
        show(table(columns, rows))
    else:
        say("no device has keys on this machine - run `trafficctl devices register`")
    return OK
