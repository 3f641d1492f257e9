"""Many devices over real TLS connections, against a broker that misbehaves on order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trafficctl.errors import CityError
from trafficctl.publishing.devices import Broker, Device
from trafficctl.publishing.mqtt_connection import MAX_IN_FLIGHT, MqttMessage
from trafficctl.publishing.mqtt_fleet import MAX_BACKLOG, Fleet

from .mqtt_broker import Authority, TestBroker

PREFIX = "$aws/rules/city_ingest/traffic"
PATIENCE_S = 60.0


class Counts:
    """What a fleet reports of its work."""

    def __init__(self) -> None:
        self.published = self.acknowledged = self.resent = 0

    def publishing(self, readings: int) -> None:
        self.published += readings

    def acknowledge(self, readings: int) -> None:
        self.acknowledged += readings

    def resending(self, readings: int) -> None:
        self.resent += readings


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def devices(authority: Authority) -> list[Device]:
    return [authority.device(f"d{n}", f"s{n}") for n in range(5)]


@pytest.fixture
def broker(authority: Authority) -> Iterator[TestBroker]:
    made = TestBroker(authority)
    yield made
    made.close()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def fleet(broker: TestBroker, devices: list[Device], counts: Counts) -> Iterator[Fleet]:
    with Fleet(broker.address, devices, PREFIX, counts) as made:
        made.connect(PATIENCE_S)
        yield made


def poll_until(fleet: Fleet, so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not so():
        fleet.poll(0.02)
        assert time.monotonic() < deadline, "waited in vain"


def test_every_device_connects_under_its_own_name(
    fleet: Fleet, broker: TestBroker
) -> None:
    assert fleet.connected == 5
    assert sorted(broker.connects) == ["d0", "d1", "d2", "d3", "d4"]


def test_a_device_publishes_to_its_own_segment_and_name(
    fleet: Fleet, broker: TestBroker
) -> None:
    fleet.publish("d3", MqttMessage(b'{"a": 1}', 1))
    assert fleet.drain(PATIENCE_S)
    (got,) = broker.received
    assert (got.client_id, got.topic) == ("d3", f"{PREFIX}/s3/d3")
    assert got.payload == b'{"a": 1}'


def test_what_is_published_is_counted_and_acknowledged(
    fleet: Fleet, counts: Counts
) -> None:
    for n in range(100):
        fleet.publish(f"d{n % 5}", MqttMessage(b"x" * 3000, 25))
    assert fleet.drain(PATIENCE_S)
    assert (counts.published, counts.acknowledged) == (2500, 2500)
    assert counts.resent == 0


def test_a_device_keeps_the_order_of_its_messages(
    fleet: Fleet, broker: TestBroker
) -> None:
    sent = [str(n).encode() for n in range(3 * MAX_IN_FLIGHT)]
    for payload in sent:
        fleet.publish("d0", MqttMessage(payload, 1))
    assert fleet.drain(PATIENCE_S)
    assert [got.payload for got in broker.received] == sent


def test_not_more_is_in_flight_than_iot_core_takes(
    fleet: Fleet, broker: TestBroker, counts: Counts
) -> None:
    broker.withhold = True
    for _ in range(MAX_IN_FLIGHT + 50):
        fleet.publish("d0", MqttMessage(b"x", 1))
    poll_until(fleet, lambda: len(broker.received) == MAX_IN_FLIGHT)
    assert (fleet.in_flight, fleet.waiting) == (MAX_IN_FLIGHT, 50)
    assert counts.published == MAX_IN_FLIGHT


def test_a_fleet_whose_messages_pile_up_says_that_it_is_full(
    fleet: Fleet, broker: TestBroker
) -> None:
    broker.withhold = True
    for _ in range(MAX_IN_FLIGHT + MAX_BACKLOG):
        assert not fleet.full
        fleet.publish("d0", MqttMessage(b"x", 1))
    assert fleet.full


def test_what_was_in_flight_is_sent_again_after_a_reconnect_and_counted(
    fleet: Fleet, broker: TestBroker, counts: Counts
) -> None:
    broker.withhold = True
    for n in range(10):
        fleet.publish("d1", MqttMessage(str(n).encode(), 25))
    poll_until(fleet, lambda: len(broker.received) == 10)
    broker.withhold = False
    broker.drop()
    poll_until(fleet, lambda: fleet.idle and fleet.connected == 5)
    assert Counter(g.payload for g in broker.received) == {
        str(n).encode(): 2 for n in range(10)
    }
    assert all(g.again for g in broker.received[10:])
    assert (counts.published, counts.acknowledged, counts.resent) == (250, 250, 250)
    assert fleet.reconnects == 5


def test_what_waits_for_a_connection_is_published_when_there_is_one(
    fleet: Fleet, broker: TestBroker, counts: Counts
) -> None:
    broker.drop()
    poll_until(fleet, lambda: fleet.connected < 5)
    for n in range(20):
        fleet.publish(f"d{n % 5}", MqttMessage(b"x", 1))
    poll_until(fleet, lambda: fleet.idle)
    assert counts.acknowledged == 20


def test_closing_waits_for_acknowledgements(
    broker: TestBroker, devices: list[Device], counts: Counts
) -> None:
    fleet = Fleet(broker.address, devices, PREFIX, counts)
    fleet.connect(PATIENCE_S)
    for _ in range(50):
        fleet.publish("d0", MqttMessage(b"x", 1))
    fleet.close(PATIENCE_S)
    assert counts.acknowledged == 50


def test_closing_gives_up_on_acknowledgements_that_do_not_come(
    broker: TestBroker, devices: list[Device], counts: Counts
) -> None:
    broker.withhold = True
    fleet = Fleet(broker.address, devices, PREFIX, counts)
    fleet.connect(PATIENCE_S)
    fleet.publish("d0", MqttMessage(b"x", 7))
    fleet.close(0.2)
    assert (counts.published, counts.acknowledged) == (7, 0)
    assert (fleet.in_flight, fleet.waiting) == (1, 0)


def test_a_broker_that_refuses_devices_is_named_with_what_it_said(
    broker: TestBroker, devices: list[Device], counts: Counts
) -> None:
    broker.refuse = True
    with (
        Fleet(broker.address, devices, PREFIX, counts) as fleet,
        pytest.raises(CityError, match=r"5 of 5 devices .* d0 \(Not authorized\)"),
    ):
        fleet.connect(3)


def test_a_broker_of_another_authority_is_not_trusted(
    tmp_path: Path, broker: TestBroker, devices: list[Device], counts: Counts
) -> None:
    stranger = Authority(tmp_path).file
    address = Broker(broker.address.host, broker.address.port, stranger)
    with (
        Fleet(address, devices, PREFIX, counts) as fleet,
        pytest.raises(CityError, match="certificate verify failed"),
    ):
        fleet.connect(0.5)


def test_nobody_listening_is_said_as_such(
    broker: TestBroker, devices: list[Device], counts: Counts
) -> None:
    address = broker.address
    broker.close()
    with (
        Fleet(address, devices, PREFIX, counts) as fleet,
        # reset, where a connection was made just before the listener closed
        pytest.raises(CityError, match=r"Connection (refused|reset)"),
    ):
        fleet.connect(0.5)
