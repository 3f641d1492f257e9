"""Fixtures of sensor health's own tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trafficctl.up import command as city

from ...conftest import TEMPLATE, LocalCity
from .deployed import Deployed


@pytest.fixture(scope="session")
def deployed(local_city: LocalCity) -> Deployed:
    """The deployed function, swept by the tests alone.

    In a stack of its own: a processor that other tests stopped is behind for minutes.
    """
    beside = replace(local_city.city, stack="health")
    outputs = city.deploy(beside, TEMPLATE, {}, say=lambda _message: None)
    return Deployed(replace(local_city, city=beside, outputs=outputs))
