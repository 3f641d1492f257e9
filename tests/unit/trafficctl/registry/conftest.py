"""Fixtures of the devices' own tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trafficctl.sensors.planning import Wanted

from .city import Operator
from .fakes import World
from .registering import register


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "city")


@pytest.fixture
def registered(world: World) -> World:
    """A city with one device, d1, whose key was made here."""
    register(world, [Wanted("d1", "s1")])
    world.faults.made.clear()
    return world


@pytest.fixture(scope="session")
def operator(local_city: Any, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(local_city, tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="session")
def claim(operator: Operator) -> Path:
    """A claim certificate that stays good."""
    return operator.claim()
