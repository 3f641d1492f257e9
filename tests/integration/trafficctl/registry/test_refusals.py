"""Who may not come in, and that nothing of theirs arrives.

A reading that is refused would arrive before one that the witness sends later: once
that one is stored, the other never will be.
"""

from __future__ import annotations

import datetime
import itertools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .city import Operator, reading
from .claimant import Connection

DENIED = "Not authorized"
REFUSED = (DENIED, "closed")  # AWS, and the local city, close without an answer
VICTIM, THIEF = ("vic-1", "seg-vic"), ("thief-1", "seg-thief")
_numbers = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def registered(operator: Operator) -> None:
    operator.register(VICTIM, THIEF, ("witness", "seg-witness"))


@pytest.fixture(scope="module")
def witness(operator: Operator, registered: None) -> Iterator[Connection]:  # noqa: ARG001 - it comes first
    made = operator.connect("witness", operator.own("witness"))
    yield made
    made.close()


@pytest.fixture
def arrived(
    operator: Operator, witness: Connection, eventually: Any
) -> Callable[[str], int]:
    """`arrived(segment)`: how many readings of it are stored, all there will be."""

    def count(segment: str) -> int:
        sent = reading()
        topic = operator.topic("seg-witness", "witness")
        assert witness.publish(topic, sent) == "Success"
        assert eventually(
            lambda: (
                operator.segment("seg-witness").get("observed_at", 0)
                >= sent["timestamp"]
            )
        )
        return int(operator.segment(segment).get("accepted", 0))

    return count


@pytest.fixture
def thief(operator: Operator) -> Iterator[Connection]:
    made = operator.connect("thief-1", operator.own("thief-1"))
    assert made.connected == "Success"
    yield made
    made.close()


def test_a_device_may_not_connect_by_the_certificate_of_another(
    operator: Operator, arrived: Callable[[str], int]
) -> None:
    connection = operator.connect("vic-1", operator.own("thief-1"))

    answer = connection.connected
    connection.publish(operator.topic(*reversed(VICTIM)), reading())
    connection.close()

    assert answer in REFUSED
    assert arrived("seg-vic") == 0


def self_made(name: str) -> str:
    """Key and certificate of an authority that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (secret + certificate.public_bytes(serialization.Encoding.PEM)).decode()


def test_a_certificate_of_an_unknown_authority_lets_nobody_in(
    operator: Operator, arrived: Callable[[str], int]
) -> None:
    pem = operator.keep("self-made.pem", self_made("vic-1"))
    try:
        connection = operator.connect("vic-1", pem)
    except (ssl.SSLError, ConnectionError):
        answer: str | None = "closed"
    else:
        answer = connection.connected
        connection.close()

    assert answer in REFUSED
    assert arrived("seg-vic") == 0


@pytest.mark.parametrize(
    ("topic", "segment"),
    [
        ("{prefix}/seg-thief/vic-1", "seg-thief"),
        ("{prefix}/seg-vic/thief-1", "seg-vic"),
        ("{prefix}/seg-vic/vic-1", "seg-vic"),
        ("traffic/seg-thief/thief-1", "seg-thief"),
        ("traffic/seg-vic/vic-1", "seg-vic"),
    ],
    ids=["anothers name", "anothers segment", "both", "plain topic", "plain, anothers"],
)
def test_a_device_speaks_for_nobody_else_and_by_no_other_way(
    operator: Operator,
    thief: Connection,
    arrived: Callable[[str], int],
    topic: str,
    segment: str,
) -> None:
    prefix = operator.outputs["IngestTopicPrefix"]

    assert thief.publish(topic.format(prefix=prefix), reading()) == DENIED
    assert arrived(segment) == 0


@pytest.mark.parametrize(
    "topic", ["{prefix}/seg-vic/vic-1", "traffic/seg-vic/vic-1", "{prefix}/seg-vic/x"]
)
def test_a_claim_publishes_no_reading(
    operator: Operator, claim: Path, arrived: Callable[[str], int], topic: str
) -> None:
    prefix = operator.outputs["IngestTopicPrefix"]
    connection = operator.connect("claim-vic-1", claim)
    answer = connection.publish(topic.format(prefix=prefix), reading())
    connection.close()

    assert (connection.connected, answer) == ("Success", DENIED)
    assert arrived("seg-vic") == 0


def test_a_claim_takes_nobodys_place(operator: Operator, claim: Path) -> None:
    connection = operator.connect("vic-1", claim)
    connection.close()

    assert connection.connected in REFUSED


@pytest.mark.parametrize("topic", ["traffic/#", "#", "$aws/things/vic-1/shadow/get"])
def test_a_claim_hears_nothing_but_its_answers(
    operator: Operator, claim: Path, topic: str
) -> None:
    connection = operator.connect("claim-listener", claim)
    answer = connection.subscribe(topic)
    connection.close()

    assert answer == DENIED


def is_turned_away(operator: Operator, claim: Path, device_id: str) -> None:
    """A claim in that name is refused, and leaves nothing that would let it in."""
    before = operator.row(device_id)
    device = operator.newcomer(device_id, claim)
    kind, answer = device.come_in()
    connection = operator.connect(device_id, device.pem)
    connection.close()

    assert (kind, answer["errorCode"]) == ("rejected", "AccessDenied")
    assert connection.connected in REFUSED
    assert operator.row(device_id) == before


def test_a_device_that_nobody_expects_is_turned_away(
    operator: Operator, claim: Path
) -> None:
    is_turned_away(operator, claim, "nobody-1")
    assert "nobody-1" not in operator.things()


def test_a_revoked_device_is_turned_away(operator: Operator, claim: Path) -> None:
    operator.expect(("lost-1", "seg-lost"))
    operator.run("revoke", "lost-1")

    is_turned_away(operator, claim, "lost-1")
    assert "lost-1" not in operator.things()


def test_a_second_certificate_for_a_registered_device_is_turned_away(
    operator: Operator, claim: Path
) -> None:
    before = operator.certificates("vic-1")

    is_turned_away(operator, claim, "vic-1")
    assert operator.certificates("vic-1") == before


def test_a_certificate_that_was_never_let_in_does_not_connect(
    operator: Operator, claim: Path
) -> None:
    """It was fetched, but RegisterThing never asked for."""
    operator.expect(("half-1", "seg-half"))
    device = operator.newcomer("half-1", claim)
    asking = device.connect()
    device.fetch(asking)
    asking.close()

    connection = operator.connect("half-1", device.pem)
    connection.close()

    assert connection.connected in REFUSED


def a_device(operator: Operator) -> tuple[str, str]:
    """A registered device that a test may spoil, and its segment."""
    number = next(_numbers)
    made = (f"spoilt-{number}", f"seg-spoilt-{number}")
    operator.register(made)
    return made


def test_a_revoked_device_does_not_connect_again(
    operator: Operator, arrived: Callable[[str], int]
) -> None:
    name, segment = a_device(operator)
    operator.run("revoke", name)

    connection = operator.connect(name, operator.own(name))
    connection.publish(operator.topic(segment, name), reading())
    connection.close()

    assert connection.connected in REFUSED
    assert arrived(segment) == 0
    assert [status for _, status in operator.certificates(name)] == ["INACTIVE"]
    assert operator.row(name)["status"] == "revoked"


@pytest.mark.parametrize("option", [[], ["--delete"]], ids=["revoke", "and delete"])
def test_a_revoked_devices_open_connection_is_silenced(
    operator: Operator,
    arrived: Callable[[str], int],
    eventually: Any,
    option: list[str],
) -> None:
    """On AWS it is closed within minutes, here heard for a second more."""
    name, segment = a_device(operator)
    connection = operator.connect(name, operator.own(name))
    topic = operator.topic(segment, name)
    first = connection.publish(topic, reading())

    operator.run("revoke", name, *option)
    silenced = eventually(lambda: connection.publish(topic, reading()) == DENIED)
    before = arrived(segment)
    after = connection.publish(topic, reading())
    connection.close()

    assert (first, silenced, after) == ("Success", True, DENIED)
    assert arrived(segment) == before >= 1


def test_a_revoked_claim_lets_nobody_in(operator: Operator) -> None:
    operator.expect(("late-1", "seg-late"))
    spent = operator.claim("spent")
    copy = operator.keep("copy.pem", spent.read_text())
    operator.run("claim", "spent", "--revoke")

    connection = operator.connect("claim-late-1", copy)
    connection.close()

    assert connection.connected in REFUSED
    assert not spent.exists()
