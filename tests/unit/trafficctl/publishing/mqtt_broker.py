"""A small MQTT broker over mutual TLS, for tests: real sockets, made-up moods.

It takes CONNECT and PUBLISH at QoS 1 and answers; told to, it withholds PUBACKs or
drops every connection.
"""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from trafficctl.publishing.devices import Broker, Device

CONNACK, REFUSED = b"\x20\x02\x00\x00", b"\x20\x02\x00\x05"
NOW = datetime.datetime.now(datetime.timezone.utc)


class Authority:
    """Signs the broker's certificate and the devices'."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._builder(self._name, self._key.public_key())
        self._certificate = builder.add_extension(basic, critical=True).sign(
            self._key, hashes.SHA256()
        )
        self.file = directory / "ca.pem"
        self.file.write_bytes(_pem(self._certificate))

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - datetime.timedelta(days=1))
            .not_valid_after(NOW + datetime.timedelta(days=1))
        )

    def issue(self, name: str) -> Path:
        """A PEM file of a new key and its certificate, valid for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = self.directory / f"{name}.pem"
        path.write_bytes(secret + _pem(certificate))
        return path

    def device(self, name: str, segment: str) -> Device:
        return Device(name, name, segment, self.issue(name))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class Publication:
    client_id: str
    topic: str
    payload: bytes
    again: bool  # the DUP flag


@dataclass
class TestBroker:
    """Listens on 127.0.0.1 until `close`."""

    __test__ = False  # not a test class, whatever its name

    authority: Authority
    withhold: bool = False
    refuse: bool = False
    received: list[Publication] = field(default_factory=list)
    connects: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority.file)
        context.load_cert_chain(self.authority.issue("broker"))
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[ssl.SSLSocket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> Broker:
        port: int = self._listener.getsockname()[1]
        return Broker("127.0.0.1", port, self.authority.file)

    def close(self) -> None:
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Cut every connection."""
        gone, self._open = self._open, []
        for connection in gone:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                connection.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        try:
            with self._context.wrap_socket(raw, server_side=True) as connection:
                self._open.append(connection)
                with connection.makefile("rb") as stream:
                    self._talk(connection, stream)
        except OSError:
            raw.close()

    def _talk(self, connection: ssl.SSLSocket, stream: object) -> None:
        client_id = ""
        while head := stream.read(1):  # type: ignore[attr-defined]
            body = stream.read(_length(stream))  # type: ignore[attr-defined]
            kind = head[0] >> 4
            if kind == 1:
                client_id = _text(body, 10)[0]
                self.connects.append(client_id)
                connection.sendall(REFUSED if self.refuse else CONNACK)
            elif kind == 3:
                topic, after = _text(body, 0)
                again = bool(head[0] & 0x08)
                payload = body[after + 2 :]
                self.received.append(Publication(client_id, topic, payload, again))
                if not self.withhold:
                    connection.sendall(b"\x40\x02" + body[after : after + 2])
            elif kind == 12:
                connection.sendall(b"\xd0\x00")
            elif kind == 14:
                return


def _length(stream: object) -> int:
    value = shift = 0
    while True:
        byte: int = stream.read(1)[0]  # type: ignore[attr-defined]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value


def _text(body: bytes, at: int) -> tuple[str, int]:
    size = int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : at + 2 + size].decode(), at + 2 + size
