"""A function loads what it runs, so that no other's code slows its cold start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.shape.test_layers import FUNCTIONS

# Most calls wait for a cold start: IoT Core 5 s for the hook, people for an alert.
MOST_OF_THE_HASTY = 10
LOAD = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*(name for name in sys.modules if name.startswith("traffic.")))
"""


def loaded(function: str) -> set[str]:
    """The modules of `traffic` in a fresh interpreter that imports a function."""
    module = f"traffic.{function}.function"
    command = [sys.executable, "-c", LOAD, module]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_nothing_that_belongs_to_another(function: str) -> None:
    found = loaded(function)
    others = {f"traffic.{one}" for one in FUNCTIONS if one != function}

    assert f"traffic.{function}.aws" in found
    assert {name for name in found if ".".join(name.split(".")[:2]) in others} == set()


@pytest.mark.parametrize("function", ["provisioning", "notifier"])
def test_a_function_that_someone_waits_for_loads_few_modules_and_no_core(
    function: str,
) -> None:
    found = loaded(function)

    assert len(found) <= MOST_OF_THE_HASTY
    assert {name for name in found if name.startswith("traffic.segment")} == set()
