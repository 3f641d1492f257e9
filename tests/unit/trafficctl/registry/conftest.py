"""Fixtures of the devices' own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.registry.plan import DeviceSpec

from .fakes import World
from .registering import register


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "city")


@pytest.fixture
def registered(world: World) -> World:
    """A city with one device, d1, whose key was made here."""
    register(world, [DeviceSpec("d1", "s1")])
    world.faults.made.clear()
    return world
