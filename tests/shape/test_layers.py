"""What Lambda ships stands alone, and its core neither waits, looks nor guesses."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from .sources import imported, modules, parsed

SHIPPED = dict(modules("src/traffic"))
ALLOWED = {*sys.stdlib_module_names, "boto3", "botocore", "msgspec", "traffic"}

# The thin shell: all that speaks to AWS, reads the clock or the environment.
SHELL = {"batch", "processor", "publish", "quarantine", "store"}
SHELL |= {"assets", "live_api", "reader", "shard_scaler"}
SHELL |= {"provisioning"}
SHELL |= {"sensor_health", "sweep", "gather", "fault_table", "stream"}
CORE = {name: path for name, path in SHIPPED.items() if path.stem not in SHELL}

OUTSIDE = {"boto3", "botocore", "concurrent", "http", "io", "os", "random", "secrets"}
OUTSIDE |= {"socket", "subprocess", "threading", "time", "urllib", "urllib3", "uuid"}
PURE = {"urllib.parse"}  # takes addresses apart, asks nobody
CALLS_OUT = {"open", "print", "input", "now", "utcnow", "today", "environ"}

each_shipped = pytest.mark.parametrize("path", SHIPPED.values(), ids=SHIPPED)
each_core = pytest.mark.parametrize("path", CORE.values(), ids=CORE)


def tops(path: Path, names: set[str] | None = None) -> set[str]:
    found = imported(path) if names is None else names
    return {name.split(".")[0] for name in found if name[0] != "."}


@each_shipped
def test_lambda_code_needs_only_python_boto3_and_msgspec(path: Path) -> None:
    assert tops(path) - ALLOWED == set()


@each_shipped
def test_lambda_code_never_needs_the_operators_tool(path: Path) -> None:
    assert {name for name in imported(path) if "trafficctl" in name} == set()


@each_core
def test_the_core_imports_nothing_that_reaches_outside(path: Path) -> None:
    assert tops(path, imported(path) - PURE) & OUTSIDE == set()


@each_core
def test_the_core_does_not_lean_on_the_shell(path: Path) -> None:
    named = {name.split(".")[-1] for name in imported(path) if "." in name}

    assert named & SHELL == set()


@each_core
def test_the_core_reads_no_clock_file_or_environment(path: Path) -> None:
    names = {node.id for node in ast.walk(parsed(path)) if isinstance(node, ast.Name)}
    attributes = {
        node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)
    }

    assert (names | attributes) & CALLS_OUT == set()
