"""Fixtures of the devices' own tests on the local city."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.trafficctl.registry.city import Operator


@pytest.fixture(scope="session")
def operator(local_city: Any, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(local_city, tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="session")
def claim(operator: Operator) -> Path:
    """A claim certificate that stays good."""
    return operator.claim()
