"""A device comes in by TLS 1.2 or better, and by a certificate of its own."""

from __future__ import annotations

import datetime
import socket
import ssl
import warnings
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..device import Certificate, Device, register

OLD = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1}
GOOD = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(city: Any, own: Certificate, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that speaks one version and would take its weakest ciphers."""
    made = ssl.create_default_context(cafile=city.ca_file)
    made.load_cert_chain(own.certificate, own.key)
    made.set_ciphers("ALL:@SECLEVEL=0")  # or this Python would refuse by itself
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = made.maximum_version = version
    return made


def spoken(city: Any, own: Certificate, version: ssl.TLSVersion) -> str | None:
    """The version that the broker agreed to."""
    with (
        socket.create_connection((city.mqtt_host, city.mqtt_port), timeout=10) as plain,
        context(city, own, version).wrap_socket(
            plain, server_hostname=city.mqtt_host
        ) as connection,
    ):
        return connection.version()


@pytest.fixture
def own(local_city: Any, tmp_path: Path) -> Certificate:
    name = f"dev-{tmp_path.name}"
    return register(local_city, tmp_path, name, {"segment_id": "seg-tls"})


@pytest.mark.parametrize("version", OLD)
def test_the_broker_does_not_speak_an_old_version(
    local_city: Any, own: Certificate, version: str
) -> None:
    with pytest.raises(OSError) as refused:  # noqa: PT011 - an alert or a closed line
        spoken(local_city.city, own, OLD[version])

    said = getattr(refused.value, "reason", "")
    assert said != "NO_PROTOCOLS_AVAILABLE"  # by this client: it never asked


@pytest.mark.parametrize("version", GOOD)
def test_the_broker_speaks_the_versions_in_use(
    local_city: Any, own: Certificate, version: str
) -> None:
    """To the same client, so that above the version was all that was wrong."""
    assert spoken(local_city.city, own, GOOD[version]) == f"TLSv{version}"


def test_without_tls_the_broker_says_nothing(local_city: Any) -> None:
    city = local_city.city
    connect = b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02me"  # MQTT's CONNECT
    address = (city.mqtt_host, city.mqtt_port)
    with socket.create_connection(address, timeout=10) as plain:
        plain.sendall(connect)
        try:
            answer = plain.recv(64)
        except ConnectionResetError:
            answer = b""

    assert answer[:1] != b"\x20"  # MQTT's CONNACK


def test_a_certificate_that_was_revoked_no_longer_connects(
    local_city: Any, own: Certificate
) -> None:
    iot = local_city.client("iot")
    before = is_let_in(local_city.city, own)
    (arn,) = iot.list_thing_principals(thingName=own.key.stem)["principals"]
    iot.update_certificate(certificateId=arn.rpartition("/")[2], newStatus="REVOKED")

    after = is_let_in(local_city.city, own)

    assert (before, after) == (True, False)


def test_a_certificate_of_another_authority_does_not_connect(
    local_city: Any, own: Certificate, tmp_path: Path
) -> None:
    """Made by anybody with the same name in it."""
    forged = self_signed(own, tmp_path / "forged")

    assert not is_let_in(local_city.city, forged)
    assert is_let_in(local_city.city, own)


def is_let_in(city: Any, certificate: Certificate) -> bool:
    """Whether the broker lets the device in; TLS 1.3 reports a refusal late."""
    try:
        device = Device(city, certificate.key.stem, certificate, patience_s=2)
    except (ssl.SSLError, ConnectionError):
        return False
    device.close()
    return device.connected == "Success"


def self_signed(own: Certificate, folder: Path) -> Certificate:
    """A certificate in another's name, that nobody but its maker answers for."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    told = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, own.key.stem)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(told)
        .issuer_name(told)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    found = Certificate(folder / own.certificate.name, folder / own.key.name)
    found.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return found
