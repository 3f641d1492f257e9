"""A city that nobody else publishes to, and in it a second stack to take apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from trafficctl.package.command import HOST, build_zip
from trafficctl.up import command as city

from ..conftest import TEMPLATE
from .permissions import Permissions
from .stack import Stack


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Lambda package, built once for both stacks."""
    return build_zip(tmp_path_factory.mktemp("code") / "traffic.zip", arch=HOST)


@pytest.fixture(scope="session")
def whole(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], code: Path
) -> Iterator[Stack]:
    """The template as it stands; the audit counts what is published here."""
    home = tmp_path_factory.mktemp("traffic") / "chain"
    try:
        ports, told = (free_port(), free_port()), {"NotifyFor": "segments"}
        running, outputs = city.up(home, *ports, TEMPLATE, told, None, code, _silently)
        yield Stack(running, home, outputs)
    finally:
        city.stop(home)


@pytest.fixture(scope="session")
def spare(whole: Stack, code: Path) -> Stack:
    """A stack beside it, where roles lose their permissions and no audit counts.

    It takes batches at once and gives up after the first failure.
    """
    beside = replace(whole.city, stack="spare")
    parameters = {"EventBatchWindowSeconds": "0"}
    outputs = city.deploy(beside, TEMPLATE, parameters, _silently, code)
    made = Stack(beside, whole.home, outputs)
    made.client("lambda").update_event_source_mapping(
        UUID=made.mapping()["UUID"], MaximumRetryAttempts=0
    )
    return made


@pytest.fixture(scope="session")
def permissions(spare: Stack) -> Permissions:
    """What the roles of the spare stack may do, to be taken away for a moment."""
    return Permissions(spare)


def _silently(_message: str) -> None:
    pass
