"""The package, the Pythons it may be deployed to, and what runs it there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trafficctl.package.command import RUNTIMES

from .canned_aws import CannedAws
from .pythons import missing, required, unpacked
from .runtime_api import RuntimeApi


@pytest.fixture(scope="session")
def task_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package lies, as Lambda lays it out."""
    return unpacked(tmp_path_factory.mktemp("lambda") / "task")


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """Each Python of Lambda's that this machine has."""
    name: str = request.param
    reason = missing(name)
    if reason and name in required():
        pytest.fail(f"{name} is required here: {reason}")
    if reason:
        pytest.skip(f"{reason}: the package was not tried under it")
    return name


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    """The part of Lambda that hands out events."""
    server = RuntimeApi()
    yield server
    server.close()


@pytest.fixture
def aws() -> Iterator[CannedAws]:
    """An AWS that knows nothing yet and takes everything."""
    server = CannedAws()
    yield server
    server.close()
