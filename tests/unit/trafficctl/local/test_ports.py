"""A local city listens where no other program's connection can be."""

from __future__ import annotations

import socket

import pytest

from trafficctl.errors import CityError
from trafficctl.local.ports import HOST, LISTENING, free_ports


def test_free_ports_differ_and_systems_give_them_to_nobody() -> None:
    ports = free_ports(50)

    assert len(set(ports)) == 50
    assert set(ports) <= set(LISTENING)


def test_a_port_in_use_is_not_free() -> None:
    with socket.create_server((HOST, 0)) as server:
        taken = server.getsockname()[1]
        (other,) = free_ports(1)

        assert free_ports(1, among=[taken, other]) == [other]
        with pytest.raises(CityError, match=f"no free port from {taken} to {taken}"):
            free_ports(1, among=[taken])
