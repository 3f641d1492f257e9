"""Fixtures of the tests of incidents."""

from __future__ import annotations

import pytest

from ...conftest import LocalCity, beside
from .deployed import DeployedIncidents


@pytest.fixture(scope="session")
def deployed(local_city: LocalCity) -> DeployedIncidents:
    """The deployed function in a stack of its own, whose clock stands still.

    People get messages about what is unusual only.
    """
    return DeployedIncidents(beside(local_city, "incidents", NotifyFor="unusual"))
