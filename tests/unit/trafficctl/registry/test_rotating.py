"""Certificates are renewed while the old ones serve; nothing locks a device out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.registry.certificates import pem_path
from trafficctl.registry.context import DEVICES, RENEWALS
from trafficctl.registry.finish_renewal import finish
from trafficctl.registry.plan import DeviceSpec
from trafficctl.registry.registration import keys_plan
from trafficctl.sensors import rotate

from .fakes import ARN, Killed, World, kill
from .registering import RENEW_UNTIL, WHENS, active, begin

WANTED = [DeviceSpec("d1", "s1")]


def end(world: World) -> tuple[int, int]:
    return finish(world.context, world.table.all())


def kept(world: World, kind: str) -> str:
    path = pem_path(world.context.directory(kind), "d1")
    return path.read_text() if path.exists() else ""


def test_the_old_certificate_serves_until_the_end(registered: World) -> None:
    (old,) = active(registered)
    before = kept(registered, DEVICES)

    assert begin(registered) == (1, 0)

    assert len(active(registered)) == 2
    assert old in active(registered)
    assert kept(registered, DEVICES) == before
    assert kept(registered, RENEWALS) not in ("", before)


def test_in_the_end_the_new_one_is_the_only_one(registered: World) -> None:
    (old,) = active(registered)
    begin(registered)
    new = kept(registered, RENEWALS)

    assert end(registered) == (1, 0)

    (left,) = registered.iot.certificates
    row = registered.table.rows["d1"]
    assert left == ARN + row["certificate_id"] != ARN + old
    assert "next_certificate_id" not in row
    assert (kept(registered, DEVICES), kept(registered, RENEWALS)) == (new, "")
    with registered.context.journal(DEVICES) as journal:
        assert (
            keys_plan(registered.context, journal, WANTED, again=False).unchanged == 1
        )


def test_beginning_twice_makes_one_new_certificate(registered: World) -> None:
    begin(registered)
    before = kept(registered, RENEWALS)
    begin(registered)

    assert len(registered.iot.certificates) == 2
    assert kept(registered, RENEWALS) == before


def test_ending_before_the_beginning_leaves_the_device_alone(registered: World) -> None:
    before = dict(registered.iot.certificates)

    assert end(registered) == (0, 1)
    assert registered.iot.certificates == before


def test_the_next_renewal_makes_another_key(registered: World) -> None:
    keys = set()
    for _ in range(3):
        begin(registered)
        end(registered)
        keys.add(kept(registered, DEVICES))

    assert len(keys) == 3
    assert len(registered.iot.certificates) == 1


@pytest.mark.parametrize("at", list(itertools.product(range(16), WHENS)))
def test_a_kill_at_any_call_locks_nobody_out_and_doubles_nothing(
    registered: World, at: tuple[int, str]
) -> None:
    def persist(step: Callable[[World], Any]) -> None:
        try:
            step(registered)
        except Killed:
            registered.faults.lift()
            assert active(registered)
            step(registered)

    registered.faults.strike(*at, kill)
    persist(begin)
    persist(end)

    assert len(registered.iot.certificates) == 1
    (left,) = active(registered)
    assert registered.table.rows["d1"]["certificate_id"] == left
    assert kept(registered, RENEWALS) == ""
    certificate = registered.iot.certificates[ARN + left]["certificatePem"]
    assert kept(registered, DEVICES).endswith(certificate)


def test_a_device_that_fetched_its_own_may_fetch_another(world: World) -> None:
    row = {"device_id": "d1", "segment_id": "s1", "status": "registered"}
    world.table.rows["d1"] = {**row, "certificate_id": "its-own"}

    assert begin(world) == (0, 1)

    assert world.table.rows["d1"]["renew_until"] == RENEW_UNTIL
    assert world.iot.certificates == {}


def test_what_is_renewed_from_elsewhere_is_not_renewed_again(registered: World) -> None:
    registered.table.rows["d1"]["next_certificate_id"] = "made-elsewhere"

    begin(registered)

    assert len(registered.iot.certificates) == 1


# Which devices


def chosen(world: World, *words: str) -> list[str]:
    import argparse  # noqa: PLC0415 - of this helper alone

    parser = argparse.ArgumentParser()
    rotate.add(parser.add_subparsers())
    args = parser.parse_args(["rotate", *words])
    return [
        row["device_id"] for row in rotate.selected_rows(world.context, args, 40 * DAY)
    ]


DAY = rotate.DAY_MS


def test_all_means_the_registered_ones_and_age_counts(world: World) -> None:
    for name, status, day in [
        ("old", "registered", 1),
        ("new", "registered", 39),
        ("gone", "revoked", 1),
        ("awaited", "expected", 1),
    ]:
        row = {"device_id": name, "status": status, "registered_at": day * DAY}
        world.table.rows[name] = row

    assert chosen(world, "--all") == ["new", "old"]
    assert chosen(world, "--all", "--older-than", "30") == ["old"]
    assert chosen(world, "new", "--older-than", "30") == []
    with pytest.raises(UserError, match="gone: not registered"):
        chosen(world, "gone", "old")
    with pytest.raises(UserError, match="device 'nobody' not found"):
        chosen(world, "nobody")
