"""`trafficctl devices`: simulated roadside units, as Things with X.509 certificates.

A device is a Thing of the stack's thing type with the attribute `segment_id`, and a
certificate under the stack's own policy, which lets it publish to its own segment and
name and nothing else. Keys are made here and never leave this machine: IoT Core signs
a request. They are kept in the state directory, readable by their owner alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trafficctl import aws
from trafficctl.cli_common import add_common, positive_int
from trafficctl.errors import OK, UserError
from trafficctl.home import ensure_home, home
from trafficctl.local.process import running
from trafficctl.output import Column, say, show, show_json, table
from trafficctl.progress import counting
from trafficctl.roads import read_geojson
from trafficctl.tables import scan

PARALLEL_CALLS = 12
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


class Registry:
    """Registers devices with IoT Core and remembers them in `directory`."""

    def __init__(self, iot: Any, outputs: Mapping[str, str], directory: Path) -> None:
        self._iot = iot
        self._thing_type = outputs["DeviceThingType"]
        self._policy = outputs["DevicePolicy"]
        self._directory = directory

    def register(
        self, wanted: Sequence[Wanted], done: Callable[[int], object] = lambda _: None
    ) -> list[Device]:
        """Have all of `wanted` registered, telling `done` how many are; in order.

        What is registered already, here and there, is left as it is.
        """
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        index = read_index(self._directory)
        known = self._known(index, wanted)
        missing = [w for w in wanted if w not in known]
        done(len(wanted) - len(missing))
        try:
            with ThreadPoolExecutor(PARALLEL_CALLS) as pool:
                for name, entry in pool.map(self._register, missing):
                    index[name] = entry
                    done(1)
        finally:
            _write_index(self._directory, index)
        return [Device(n, s, pem_path(self._directory, n)) for n, s in wanted]

    def _known(self, index: Mapping[str, Any], wanted: Sequence[Wanted]) -> set[Wanted]:
        """The wanted ones that we remember and that IoT Core still has as they were."""
        here = {
            (name, segment)
            for name, segment in wanted
            if index.get(name, {}).get("segment_id") == segment
            and pem_path(self._directory, name).exists()
        }
        if not here:
            return set()
        active, things = self._active_certificates(), self._things()
        return {
            (name, segment)
            for name, segment in here
            if index[name]["certificate_id"] in active and things.get(name) == segment
        }

    def _active_certificates(self) -> set[str]:
        pages = self._iot.get_paginator("list_certificates").paginate(pageSize=250)
        listed = (c for page in pages for c in page["certificates"])
        return {c["certificateId"] for c in listed if c["status"] == "ACTIVE"}

    def _things(self) -> dict[str, str]:
        pages = self._iot.get_paginator("list_things").paginate(
            thingTypeName=self._thing_type
        )
        listed = (thing for page in pages for thing in page["things"])
        return {t["thingName"]: t["attributes"].get("segment_id", "") for t in listed}

    def _register(self, wanted: Wanted) -> tuple[str, dict[str, str]]:
        from trafficctl import keys  # noqa: PLC0415 - cryptography is slow to import

        name, segment = wanted
        self._make_thing(name, segment)
        key, request = keys.key_and_request(name)
        made = self._iot.create_certificate_from_csr(
            certificateSigningRequest=request, setAsActive=True
        )
        arn = made["certificateArn"]
        self._iot.attach_policy(policyName=self._policy, target=arn)
        self._iot.attach_thing_principal(thingName=name, principal=arn)
        pem = key + made["certificatePem"]
        _write_private(pem_path(self._directory, name), pem)
        return name, {"segment_id": segment, "certificate_id": made["certificateId"]}

    def _make_thing(self, name: str, segment: str) -> None:
        described = {
            "thingName": name,
            "thingTypeName": self._thing_type,
            "attributePayload": {"attributes": {"segment_id": segment}},
        }
        try:
            self._iot.create_thing(**described)
        except self._iot.exceptions.ResourceAlreadyExistsException:
            self._iot.update_thing(**described)


def pem_path(directory: Path, name: str) -> Path:
    """The file of a device's key and certificate."""
    return directory / f"{name}.pem"


def read_index(directory: Path) -> dict[str, dict[str, str]]:
    """What is remembered of registered devices, by device id."""
    path = directory / "index.json"
    if not path.exists():
        return {}
    found: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return found


def _write_index(directory: Path, index: Mapping[str, Any]) -> None:
    partial = directory / "index.json.new"
    partial.write_text(json.dumps(index, indent=1) + "\n", "utf-8")
    partial.replace(directory / "index.json")


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)


def directory_of(stack: str) -> Path:
    """Where the devices of `stack` are kept."""
    return home(stack) / "devices"


def register_devices(
    session: Any, stack: str, outputs: Mapping[str, str], wanted: Sequence[Wanted]
) -> list[Device]:
    """Have all of `wanted` registered, with a progress display."""
    ensure_home(stack)
    registry = Registry(aws.client(session, "iot"), outputs, directory_of(stack))
    with counting("devices") as bar:
        task = bar.add_task("Devices", total=len(wanted))
        return registry.register(wanted, lambda n: bar.advance(task, n))


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
    made = register_devices(session, args.stack, outputs, wanted)
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
    index = read_index(directory_of(args.stack))
    rows = [(n, e["segment_id"], e["certificate_id"]) for n, e in sorted(index.items())]
    names = ("device_id", "segment_id", "certificate_id")
    if args.json:
        show_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        show(table([Column(name) for name in names], rows))
    return OK
