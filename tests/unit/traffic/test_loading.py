"""A function loads what it runs, so that no other's code slows its cold start."""

from __future__ import annotations

import subprocess
import sys

import pytest

FUNCTIONS = ("live_map", "processor", "provisioning", "sensor_health", "shard_scaler")
MOST_OF_THE_HOOK = 10  # a device waits for it, and IoT Core for 5 s at most
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


def test_the_provisioning_hook_loads_few_modules_and_no_core() -> None:
    found = loaded("provisioning")

    assert len(found) <= MOST_OF_THE_HOOK
    assert {name for name in found if name.startswith("traffic.segment")} == set()
