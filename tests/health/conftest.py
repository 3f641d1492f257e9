"""Fixtures of sensor health's own tests."""

from __future__ import annotations

from typing import Any

import pytest

from .deployed import Deployed


@pytest.fixture(scope="session")
def deployed(local_city: Any) -> Deployed:
    """The deployed function, swept by the tests alone."""
    return Deployed(local_city)
