"""`trafficctl devices`: simulated roadside units, as Things with X.509 certificates.

A device is a Thing of the stack's thing type with the attribute `segment_id`, and a
certificate under the stack's own policy, which lets it publish to its own segment and
name and nothing else. They are registered as real devices are (`trafficctl.sensors`),
but take over whatever bears their name: they are nobody's property.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trafficctl import aws
from trafficctl.cli_common import add_common, positive_int
from trafficctl.errors import OK, UserError
from trafficctl.home import home
from trafficctl.local.process import running
from trafficctl.output import Column, say, show, show_json, table
from trafficctl.roads import read_geojson
from trafficctl.sensors.certificates import pem_path
from trafficctl.sensors.journal import DONE, read_entries
from trafficctl.sensors.planning import Wanted as WantedDevice
from trafficctl.sensors.registering import carry_out, keys_plan
from trafficctl.sensors.workplace import DEVICES, place_of
from trafficctl.tables import scan

NOTE = "simulated"
MQTT_TLS_PORT = 8883
MAX_THING_NAME = 64  # of a device id: it is part of the topic
ENDPOINT_VARIABLE, CA_VARIABLE = "TRAFFIC_MQTT_ENDPOINT", "TRAFFIC_MQTT_CA"

Wanted = tuple[str, str]  # device id, segment id


@dataclass(frozen=True)
class Device:
    """A registered device; `pem` holds its key and its certificate."""

    device_id: str
    segment_id: str
    pem: Path


@dataclass(frozen=True)
class Broker:
    """Where devices connect; without `ca_file` the system's authorities are trusted.

    Those include Amazon Root CA 1, which signs the endpoints of AWS IoT Core.
    """

    host: str
    port: int
    ca_file: Path | None = None


def device_id(segment_id: str, unit: int) -> str:
    """The name of roadside unit `unit` (from 1) of a segment.

    A Thing's name takes no dot and has its limit, so such a segment is named by a
    part of its id and a digest of all of it.
    """
    name = f"{segment_id}-unit{unit}"
    if re.fullmatch(f"[A-Za-z0-9:_-]{{1,{MAX_THING_NAME}}}", name):
        return name
    digest = hashlib.sha256(segment_id.encode()).hexdigest()[:10]
    return f"{segment_id.replace('.', '_')[:40]}-{digest}-unit{unit}"


def wanted_for(segments: Iterable[str], units: int = 1) -> list[Wanted]:
    """The devices of `segments`, `units` for each."""
    return [(device_id(s, n), s) for s in segments for n in range(1, units + 1)]


def directory_of(stack: str) -> Path:
    """Where the devices of `stack` are kept."""
    return home(stack) / DEVICES


def register_devices(
    session: Any, outputs: Mapping[str, str], base: Path, wanted: Sequence[Wanted]
) -> list[Device]:
    """Have all of `wanted` registered, with a progress display; in their order.

    `base` is the stack's state directory, which keeps their keys.
    """
    place = place_of(session, outputs, base)
    with place.journal(DEVICES) as journal:
        described = [WantedDevice(name, segment, NOTE) for name, segment in wanted]
        plan = keys_plan(place, journal, described, again=True)
        carry_out(plan, place.registrar(journal).register)
    directory = place.directory(DEVICES)
    return [Device(n, s, pem_path(directory, n)) for n, s in wanted]


def find_broker(
    session: Any, stack: str, environ: Mapping[str, str] = os.environ
) -> Broker:
    """The MQTT endpoint: TRAFFIC_MQTT_ENDPOINT, else the local city's, else AWS's."""
    given = environ.get(ENDPOINT_VARIABLE)
    if given:
        return _given_broker(given, environ.get(CA_VARIABLE))
    iot = aws.client(session, "iot")
    city = running(home(stack, environ))
    if city is not None and city.endpoint == iot.meta.endpoint_url:
        return Broker(city.mqtt_host, city.mqtt_port, Path(city.ca_file))
    found = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    return Broker(found, MQTT_TLS_PORT)


def _given_broker(endpoint: str, ca_file: str | None) -> Broker:
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal():
        raise UserError(
            f"{ENDPOINT_VARIABLE}: expected host:port, got {endpoint!r} - correct it"
        )
    return Broker(host.strip("[]"), int(port), Path(ca_file) if ca_file else None)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `devices register` and `devices list`."""
    parser = subparsers.add_parser("devices", help="register and list devices")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    adding = actions.add_parser(
        "register",
        help="make Things with certificates",
        description="Register devices for the segments named, for those of a road "
        "file, or else for all that the table of segments knows.",
    )
    adding.add_argument("segment", nargs="*", metavar="SEGMENT")
    adding.add_argument("--roads", type=Path, metavar="FILE.geojson")
    adding.add_argument(
        "--units", type=positive_int, default=1, metavar="N", help="for each segment"
    )
    add_common(adding)
    adding.set_defaults(run=_run_register)
    listing = actions.add_parser("list", help="show what is registered from here")
    add_common(listing, json=True)
    listing.set_defaults(run=_run_list)


def _run_register(args: argparse.Namespace) -> int:
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    segments = args.segment or _segments(session, outputs, args.roads)
    if not segments:
        raise UserError("no segments - name some, or load a road file first")
    wanted = wanted_for(segments, args.units)
    made = register_devices(session, outputs, home(args.stack), wanted)
    say(f"{len(made)} devices are registered; keys in {directory_of(args.stack)}")
    return OK


def _segments(
    session: Any, outputs: Mapping[str, str], roads: Path | None
) -> list[str]:
    if roads is not None:
        return [road.segment_id for road in read_geojson(roads)]
    found = scan(
        aws.client(session, "dynamodb"), outputs["RoadSegmentsTable"], ("segment_id",)
    )
    return sorted(item["segment_id"] for item in found)


def _run_list(args: argparse.Namespace) -> int:
    entries = sorted(read_entries(directory_of(args.stack)).items())
    rows = [(n, e.segment_id, e.certificate_id) for n, e in entries if e.step == DONE]
    names = ("device_id", "segment_id", "certificate_id")
    if args.json:
        show_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        show(table([Column(name) for name in names], rows))
    return OK
