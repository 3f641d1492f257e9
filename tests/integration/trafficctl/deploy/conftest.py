"""A local city without any stack, and the commands run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from trafficctl.up import command as city
from trafficctl.up.command import City

from ...clients import Clients

ROOT = Path(__file__).parents[4]
PATIENCE_S = 120


@dataclass(frozen=True)
class EmptyCity:
    """A city of this machine, to deploy into by command."""

    city: City

    @cached_property
    def _clients(self) -> Clients:
        return Clients(self.city)

    def client(self, service: str) -> Any:
        """A client of the city's `service`."""
        return self._clients.of(service)

    def environment(self) -> dict[str, str]:
        """Settings that point a command at the city, as a shell would have them."""
        return {**os.environ, **self.city.environment(), "COLUMNS": "200"}

    def run(self, *command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run `trafficctl` to its end; nobody sits at the keyboard."""
        return subprocess.run(
            [sys.executable, "-m", "trafficctl", *command],
            cwd=ROOT,
            env=self.environment(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start `trafficctl`, to be spoken with."""
        return subprocess.Popen(
            [sys.executable, "-m", "trafficctl", *command],
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def stack(self, name: str) -> dict[str, Any]:
        """One element of DescribeStacks."""
        found = self.client("cloudformation").describe_stacks(StackName=name)
        return dict(found["Stacks"][0])

    def outputs(self, name: str) -> dict[str, str]:
        """The outputs of a stack by key."""
        return {o["OutputKey"]: o["OutputValue"] for o in self.stack(name)["Outputs"]}

    def resources(self, name: str) -> dict[str, str]:
        """Physical ids of a stack's resources by logical id."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for page in pages.paginate(StackName=name)
            for one in page["StackResourceSummaries"]
        }


@pytest.fixture(scope="module")
def empty_city(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[EmptyCity]:
    """A city that holds nothing at first; each test uses a stack name of its own."""
    home = tmp_path_factory.mktemp("traffic") / "empty"
    try:
        yield EmptyCity(city.start(home, free_port(), free_port()))
    finally:
        city.stop(home)
