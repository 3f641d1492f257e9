"""Fixtures of sensor health's own tests."""

from __future__ import annotations

import pytest

from ...conftest import LocalCity, beside
from .deployed import Deployed


@pytest.fixture(scope="session")
def deployed(local_city: LocalCity) -> Deployed:
    """The deployed function, swept by the tests alone.

    In a stack of its own: a processor that other tests stopped is behind for minutes.
    """
    return Deployed(beside(local_city, "health"))
