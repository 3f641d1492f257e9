"""The local city as the tests of devices use it: by the operator's own commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from trafficctl.aws.city_tables import plain_item
from trafficctl.local.process import LOCAL
from trafficctl.registry.context import CLAIMS, DEVICES
from trafficctl.registry.journal import write_private

from .claimant import Claimant, Connection


class Operator:
    """Runs `trafficctl` against a city, and looks at what came of it."""

    def __init__(self, local_city: Any, folder: Path) -> None:
        self.local_city, self.folder = local_city, folder
        self.kept: Path = local_city.home / LOCAL
        self.outputs: dict[str, str] = local_city.outputs
        self.iot, self.dynamodb = (
            local_city.client("iot"),
            local_city.client("dynamodb"),
        )

    def command(self, *words: str) -> list[str]:
        """The command line of `trafficctl sensors ...`."""
        return [sys.executable, "-m", "trafficctl", "sensors", *words]

    def run(self, *words: str, code: int = 0) -> str:
        """Run it to its end; gives what it said."""
        done = subprocess.run(
            self.command(*words),
            env=self.local_city.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def file(self, *devices: tuple[str, str]) -> str:
        """A CSV file of devices and segments."""
        path = self.folder / f"{uuid.uuid4().hex}.csv"
        lines = [f"{device},{segment}\n" for device, segment in devices]
        path.write_text("device_id,segment_id\n" + "".join(lines))
        return str(path)

    def register(self, *devices: tuple[str, str], options: tuple[str, ...] = ()) -> str:
        """Register devices, of whatever segment."""
        given = (self.file(*devices), "--allow-unknown-segments", *options)
        return self.run("register", *given)

    def expect(self, *devices: tuple[str, str]) -> str:
        """Expect devices that come with a claim."""
        return self.register(*devices, options=("--claim",))

    def claim(self, name: str = "delivery") -> Path:
        """A claim certificate."""
        self.run("claim", name)
        return Path(self.kept / CLAIMS / f"{name}.pem")

    def row(self, device_id: str) -> dict[str, Any]:
        """The registry's row; empty if there is none."""
        found = self.dynamodb.get_item(
            TableName=self.outputs["DeviceRegistryTable"],
            Key={"device_id": {"S": device_id}},
            ConsistentRead=True,
        )
        return plain_item(found.get("Item", {}))

    def segment(self, segment_id: str) -> dict[str, Any]:
        """The live item of a segment; empty if no reading ever came."""
        found = self.dynamodb.get_item(
            TableName=self.outputs["RoadSegmentsTable"],
            Key={"segment_id": {"S": segment_id}},
            ConsistentRead=True,
        )
        return plain_item(found.get("Item", {}))

    def things(self) -> dict[str, dict[str, str]]:
        """The attributes of every Thing."""
        return {
            t["thingName"]: t["attributes"] for t in self.iot.list_things()["things"]
        }

    def certificates(self, thing: str) -> list[tuple[str, str]]:
        """Id and status of the thing's certificates."""
        arns = self.iot.list_thing_principals(thingName=thing)["principals"]
        ids = [arn.rpartition("/")[2] for arn in arns]
        return [(one, self.status(one)) for one in ids]

    def status(self, certificate_id: str) -> str:
        """The status of a certificate."""
        found = self.iot.describe_certificate(certificateId=certificate_id)
        return str(found["certificateDescription"]["status"])

    def newcomer(self, device_id: str, claim: Path) -> Claimant:
        """A device that has nothing but its name and a claim."""
        template = self.outputs["FleetTemplate"]
        return Claimant(self.local_city.city, template, device_id, claim, self.folder)

    def connect(self, client_id: str, pem: Path) -> Connection:
        """A connection with that certificate."""
        return Connection(self.local_city.city, client_id, pem)

    def own(self, device_id: str) -> Path:
        """Key and certificate that were made here for a device."""
        return Path(self.kept / DEVICES / f"{device_id}.pem")

    def topic(self, segment_id: str, device_id: str) -> str:
        """Where a device publishes."""
        return f"{self.outputs['IngestTopicPrefix']}/{segment_id}/{device_id}"

    def keep(self, name: str, pem: str) -> Path:
        """A file for a device under test."""
        write_private(self.folder / name, pem)
        return self.folder / name


def reading(**fields: Any) -> dict[str, Any]:
    """A reading of this moment."""
    usual = {"sensor_id": "s1", "vehicle_count": 5, "average_speed": 20.0}
    return {**usual, "timestamp": time.time_ns() // 1_000_000, **fields}


def parsed(text: str) -> Any:
    """JSON that a command printed."""
    return json.loads(text)
