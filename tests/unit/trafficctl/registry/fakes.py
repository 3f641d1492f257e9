"""As much of IoT Core and of the registry as registering needs, and its faults."""

from __future__ import annotations

import datetime
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from trafficctl.registry.context import RegistryContext
from trafficctl.registry.iot_calls import IotCalls
from trafficctl.registry.rate_limit import UNLIMITED, RateLimiter
from trafficctl.registry.table import Row, RowChangedError


def outputs(stack: str) -> dict[str, str]:
    """What the stack calls its own in IoT Core."""
    return {
        "DeviceThingType": f"{stack}-device",
        "DevicePolicy": f"{stack}-device",
        "ClaimPolicy": f"{stack}-claim",
        "FleetTemplate": f"{stack}-fleet",
    }


ARN = "arn:aws:iot:us-east-1:000000000000:cert/"
HELD = ("status", "certificate_id", "next_certificate_id", "segment_id")


class Killed(BaseException):
    """The process is gone in this instant."""


def refused(code: str, status: int = 400) -> ClientError:
    """What botocore raises when AWS says no."""
    answer = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Operation")


def kill() -> BaseException:
    return Killed()


def lose() -> BaseException:
    return ReadTimeoutError(endpoint_url="https://iot")


def fail() -> BaseException:
    return refused("InternalFailureException", 500)


class Faults:
    """Strikes at one call, counted from 0, before or after it is carried out."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._plan: dict[tuple[int, str], Callable[[], BaseException]] = {}
        self._dead = False
        self._lock = threading.RLock()

    def strike(self, at: int, when: str, how: Callable[[], BaseException]) -> None:
        """At call number `at`, `before` or `after`."""
        self._plan[at, when] = how

    def lift(self) -> None:
        """No more faults; a new process."""
        self._plan, self._dead = {}, False

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Carry out `call` with whatever is planned for it."""
        with self._lock:
            if self._dead:
                raise Killed
            number = len(self.made)
            self.made.append(name)
            self._raise(number, "before")
            answer = call()
            self._raise(number, "after")
            return answer

    def _raise(self, number: int, when: str) -> None:
        how = self._plan.get((number, when))
        if how is not None:
            error = how()
            self._dead = isinstance(error, Killed)
            raise error


class FakeIot:
    """IoT Core's registry in memory; every certificate is a real one."""

    exceptions = SimpleNamespace(ResourceAlreadyExistsException=KeyError)

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.things: dict[str, dict[str, str]] = {}
        self.types: dict[str, str | None] = {}
        self.lag = 0  # how often what was detached still counts as attached
        self._detached: dict[str, int] = {}
        self.certificates: dict[str, dict[str, Any]] = {}
        self.principals: dict[str, set[str]] = {}
        self._numbers = itertools.count(1)
        self._authority = ec.generate_private_key(ec.SECP256R1())

    def __getattr__(self, name: str) -> Any:
        work = getattr(type(self), f"do_{name}", None)
        if work is None:
            raise AttributeError(name)
        return lambda **arguments: self._faults.around(
            name, lambda: work(self, **arguments)
        )

    def do_create_thing(self, **asked: Any) -> None:
        attributes = asked["attributePayload"]["attributes"]
        name, kind = asked["thingName"], asked["thingTypeName"]
        made = self.things.setdefault(name, attributes)
        if (made, self.types.setdefault(name, kind)) != (attributes, kind):
            raise KeyError(name)

    def do_describe_thing(self, **asked: Any) -> dict[str, Any]:
        if asked["thingName"] not in self.things:
            raise refused("ResourceNotFoundException", 404)
        kind = self.types[asked["thingName"]]
        return {"thingTypeName": kind} if kind else {}

    def do_update_thing(self, **asked: Any) -> None:
        if asked.get("removeThingType"):
            self.types[asked["thingName"]] = None
        if "attributePayload" in asked:
            attributes = asked["attributePayload"]["attributes"]
            self.things[asked["thingName"]] = attributes

    def do_create_certificate_from_csr(self, **asked: Any) -> dict[str, str]:
        assert not asked["setAsActive"]
        pem = self._sign(asked["certificateSigningRequest"])
        number = f"c{next(self._numbers):04d}"
        now = datetime.datetime.now(datetime.timezone.utc)
        self.certificates[ARN + number] = {
            "certificatePem": pem,
            "status": "INACTIVE",
            "creationDate": now,
            "policies": set(),
        }
        return {"certificateArn": ARN + number, "certificatePem": pem}

    def _sign(self, request: str) -> str:
        asked = x509.load_pem_x509_csr(request.encode())
        assert asked.is_signature_valid
        now = datetime.datetime.now(datetime.timezone.utc)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(asked.subject)
            .issuer_name(issuer)
            .public_key(asked.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self._authority, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _find(self, arn: str) -> dict[str, Any]:
        if arn not in self.certificates:
            raise refused("ResourceNotFoundException", 404)
        return self.certificates[arn]

    def do_attach_policy(self, **asked: Any) -> None:
        self._find(asked["target"])["policies"].add(asked["policyName"])

    def do_attach_thing_principal(self, **asked: Any) -> None:
        self._find(asked["principal"])
        self.principals.setdefault(asked["thingName"], set()).add(asked["principal"])

    def do_update_certificate(self, **asked: Any) -> None:
        self._find(ARN + asked["certificateId"])["status"] = asked["newStatus"]

    def do_describe_certificate(self, **asked: Any) -> dict[str, Any]:
        arn = ARN + asked["certificateId"]
        return {
            "certificateDescription": {"certificateArn": arn, **self._find(arn)},
        }

    def do_list_certificates(self, **asked: Any) -> dict[str, Any]:
        """Pages of one certificate each: nothing may rely on the first page."""
        arns = sorted(self.certificates)
        start = int(asked.get("marker", 0))
        page = [
            {"certificateId": arn.removeprefix(ARN), **self.certificates[arn]}
            for arn in arns[start : start + 1]
        ]
        more = {"nextMarker": str(start + 1)} if start + 1 < len(arns) else {}
        return {"certificates": page, **more}

    def do_list_thing_principals(self, **asked: Any) -> dict[str, Any]:
        return {"principals": sorted(self.principals.get(asked["thingName"], ()))}

    def do_list_principal_things(self, **asked: Any) -> dict[str, Any]:
        arn = asked["principal"]
        return {"things": [t for t, arns in self.principals.items() if arn in arns]}

    def do_list_attached_policies(self, **asked: Any) -> dict[str, Any]:
        names = sorted(self._find(asked["target"])["policies"])
        return {"policies": [{"policyName": name} for name in names]}

    def do_detach_thing_principal(self, **asked: Any) -> None:
        self.principals[asked["thingName"]].discard(asked["principal"])
        self._detached[asked["principal"]] = self.lag

    def do_detach_policy(self, **asked: Any) -> None:
        self._find(asked["target"])["policies"].discard(asked["policyName"])

    def do_delete_certificate(self, **asked: Any) -> None:
        arn = ARN + asked["certificateId"]
        found = self._find(arn)
        attached = any(arn in arns for arns in self.principals.values())
        attached = attached or self._lingers(arn)
        held = found["policies"] and not asked.get("forceDelete")
        if found["status"] == "ACTIVE" or held or attached:
            raise refused("DeleteConflictException", 409)
        del self.certificates[arn]

    def _lingers(self, arn: str) -> bool:
        left = self._detached.get(arn, 0)
        self._detached[arn] = max(0, left - 1)
        return left > 0


class FakeTable:
    """The registry in memory, with the conditions of the real one."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.rows: dict[str, dict[str, Any]] = {}

    def all(self) -> list[dict[str, Any]]:
        return [dict(row) for _, row in sorted(self.rows.items())]

    def read(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        return {n: dict(self.rows[n]) for n in names if n in self.rows}

    def write(
        self,
        device_id: str,
        values: Mapping[str, Any],
        expected: Row | None,
        also: Mapping[str, Any] | None = None,
    ) -> None:
        self._faults.around(
            "write_row", lambda: self._write(device_id, values, expected, also or {})
        )

    def _write(
        self,
        device_id: str,
        values: Mapping[str, Any],
        expected: Row | None,
        also: Mapping[str, Any],
    ) -> None:
        row = self.rows.get(device_id)
        before = (row is None) == (expected is None) and all(
            (row or {}).get(name) == (expected or {}).get(name) for name in HELD
        )
        ours = also and row and all(row.get(k) == v for k, v in also.items())
        if not (before or ours):
            raise RowChangedError(device_id)
        merged = {**(row or {"device_id": device_id}), **values}
        self.rows[device_id] = {k: v for k, v in merged.items() if v is not None}


class World:
    """A city that forgets nothing, and the machine of its operator."""

    def __init__(
        self, base: Path, stack: str = "city", beside: World | None = None
    ) -> None:
        """Another stack of the same account is `beside` the first."""
        self.faults, self.slept = Faults(), list[float]()
        self.iot = FakeIot(self.faults) if beside is None else beside.iot
        self.table = FakeTable(self.faults)
        calls = IotCalls(RateLimiter(UNLIMITED, 0), lambda: 0.0, self.slept.append)
        table: Any = self.table  # the fake has its methods
        self.context = RegistryContext(base, outputs(stack), self.iot, table, calls)

    def certificates_of(self, thing: str) -> list[str]:
        """The ids of the thing's certificates."""
        arns = self.iot.principals.get(thing, ())
        return sorted(arn.removeprefix(ARN) for arn in arns)
