"""What tests of more than one folder need: a local city of their own."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from trafficctl.local.ports import free_ports
from trafficctl.up import command as city

from .clients import Clients
from .live import another, live, restart
from .pipe import pipe
from .watching import clients, printer, watch

__all__ = ["another", "clients", "live", "pipe", "printer", "restart", "watch"]

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
PATIENCE_S = 90.0


@dataclass(frozen=True)
class LocalCity:
    """A deployed local city: its record, its home, its stack's outputs."""

    city: city.City
    home: Path
    outputs: dict[str, str]

    @cached_property
    def _clients(self) -> Clients:
        return Clients(self.city)

    @property
    def session(self) -> Any:
        """A boto3 session whose clients speak to this city."""
        return self._clients.session

    def client(self, service: str) -> Any:
        """A client of the city's `service`."""
        return self._clients.of(service)

    def environment(self) -> dict[str, str]:
        """This process's environment, pointed at the city, for a subprocess."""
        return {**os.environ, **self.city.environment()}


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """`free_port()`: a port nobody listens on now."""
    return _free_port


def _free_port() -> int:
    return free_ports(1)[0]


def _eventually(ask: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    deadline = time.monotonic() + patience_s
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """`eventually(ask)`: its first true answer, or its last when patience ends."""
    return _eventually


@pytest.fixture(scope="session")
def local_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCity]:
    """The template as it stands, deployed into a city of this test run."""
    home = tmp_path_factory.mktemp("traffic") / "test-city"
    try:
        running, outputs = city.up(
            home,
            _free_port(),
            _free_port(),
            TEMPLATE,
            parameters={"MachineFeeds": "true"},
            say=lambda _message: None,
        )
        yield LocalCity(running, home, outputs)
    finally:
        city.stop(home)


def beside(local_city: LocalCity, stack: str, **parameters: str) -> LocalCity:
    """The template once more in that city: a stack whose data no other test has."""
    own = replace(local_city.city, stack=stack)
    outputs = city.deploy(own, TEMPLATE, parameters, say=lambda _message: None)
    return replace(local_city, city=own, outputs=outputs)


@pytest.fixture
def without_action(local_city: LocalCity) -> Any:
    """`with without_action(role_arn, "s3:PutObject"):` takes one action from a role."""
    iam = local_city.client("iam")

    @contextlib.contextmanager
    def without(role_arn: str, action: str) -> Iterator[None]:
        role = role_arn.rsplit("/", 1)[-1]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        before = {n: _document(iam, role, n) for n in names}
        assert any(_grants(doc, action) for doc in before.values()), action
        try:
            for name, document in before.items():
                _put(iam, role, name, _less(document, action))
            yield
        finally:
            for name, document in before.items():
                _put(iam, role, name, document)

    return without


def _document(iam: Any, role: str, name: str) -> dict[str, Any]:
    found = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return dict(found if isinstance(found, dict) else json.loads(found))


def _put(iam: Any, role: str, name: str, document: dict[str, Any]) -> None:
    iam.put_role_policy(
        RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document)
    )


def _grants(document: dict[str, Any], action: str) -> bool:
    return any(action in _actions(s) for s in document["Statement"])


def _less(document: dict[str, Any], action: str) -> dict[str, Any]:
    kept = [
        {**statement, "Action": left}
        for statement in document["Statement"]
        if (left := [a for a in _actions(statement) if a != action])
    ]
    nothing = {"Effect": "Deny", "Action": "none:None", "Resource": "*"}
    return {**document, "Statement": kept or [nothing]}


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)
