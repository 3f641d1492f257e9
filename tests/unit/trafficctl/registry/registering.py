"""Registering as `sensors register` does it, and what has to be there afterwards."""

from __future__ import annotations

from trafficctl.registry import keys
from trafficctl.registry.certificates import key_path, pem_path
from trafficctl.registry.context import DEVICES, RENEWALS
from trafficctl.registry.plan import DeviceSpec
from trafficctl.registry.registration import keys_plan
from trafficctl.registry.renewal import Renewal

from .fakes import ARN, World

RENEW_UNTIL = 10**15
WHENS = ("before", "after")  # of a call that a fault strikes at
ONE = [DeviceSpec("d1", "s1", "on the mast")]
THREE = [DeviceSpec(f"d{n}", f"s{n}") for n in range(3)]


def register(world: World, wanted: list[DeviceSpec] = ONE, again: bool = False) -> int:
    """What `sensors register` does; gives how many devices it had to work on."""
    with world.context.journal(DEVICES) as journal:
        plan = keys_plan(world.context, journal, wanted, again)
        world.context.registrar(journal).register(plan.tasks, lambda _n: None)
    return len(plan.tasks)


def is_whole(world: World, wanted: list[DeviceSpec] = ONE) -> None:
    """Each device has one Thing, one certificate, one row, and its key is here."""
    iot, folder = world.iot, world.context.directory(DEVICES)
    assert iot.things == {w.device_id: {"segment_id": w.segment_id} for w in wanted}
    assert set(world.table.rows) == set(iot.things)
    assert len(iot.certificates) == len(wanted)
    for one in wanted:
        (number,) = world.certificates_of(one.device_id)
        certificate = iot.certificates[ARN + number]
        assert certificate["status"] == "ACTIVE"
        assert certificate["policies"] == {"city-device"}
        row = world.table.rows[one.device_id]
        assert (row["status"], row["certificate_id"]) == ("registered", number)
        assert row["segment_id"] == one.segment_id
        key, rest = pem_path(folder, one.device_id).read_text().split("-----BEGIN C")
        assert "-----BEGIN C" + rest == certificate["certificatePem"]
        assert keys.public_key_of(key) == keys.certified_key_of(
            certificate["certificatePem"]
        )
        assert not key_path(folder, one.device_id).exists()


def begin(world: World) -> tuple[int, int]:
    """Begin to renew the certificates of all; gives how many, and how many not."""
    with world.context.journal(RENEWALS) as journal:
        return Renewal(world.context, journal, RENEW_UNTIL).begin(world.table.all())


def active(world: World) -> list[str]:
    """The certificates by which the device d1 comes in."""
    return [
        number
        for number in world.certificates_of("d1")
        if world.iot.certificates[ARN + number]["status"] == "ACTIVE"
    ]
