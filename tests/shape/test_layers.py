"""What may import what, by folder.

A package's folders, and the modules at its root, lie in layers. Each imports only from
the layers before its own, so that no two import each other, directly or in a circle.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.template.template import RESOURCES

from .sources import ROOT, imported, modules, parsed

Layers = tuple[tuple[str, ...], ...]

FUNCTIONS = (
    *("incidents", "live_map", "notifier", "processor", "provisioning"),
    "profile_builder",
    *("sensor_health", "shard_scaler", "undelivered"),
)
LAYERS: dict[str, Layers] = {
    "traffic": (
        ("errors", "policy"),
        ("model", "settings", "spreadsheets", "timestamps"),
        ("segment",),
        ("profiles",),
        ("aws",),
        ("network",),
        ("bottlenecks",),
        FUNCTIONS,
    ),
    "trafficctl": (
        ("errors", "files"),
        ("cli",),
        ("__main__", "aws", "completion", "cost", "package"),
        ("bottlenecks", "local", "redrive", "reference", "roads", "watch"),
        ("feeds", "registry", "users"),
        ("map", "publishing", "sensors", "stack"),
        ("audit", "deploy", "destroy", "preflight", "replay"),
        ("capacity", "metr_la", "up"),
        ("demo", "simulate"),
        ("evaluate",),
    ),
    "localcity": (
        ("lifeline", "memo", "patching"),
        ("cloudformation", "dynamodb", "gateway", "iam"),
        ("cloudwatch", "s3_delivery", "sqs_delivery"),
        ("functions", "kinesis"),
        ("iot", "metric_sources"),
        ("emulator",),
        ("corrections",),
    ),
}
# How many files a package may have at its root.
MOST_FILES = {"traffic": 10, "trafficctl": 6}
# Of our packages, the ones that each may import.
OURS = {"traffic": set[str](), "trafficctl": {"traffic"}, "localcity": set[str]()}

ALLOWED = {*sys.stdlib_module_names, "boto3", "botocore", "msgspec", "traffic"}
OUTSIDE = {"boto3", "botocore", "concurrent", "http", "io", "os", "random", "secrets"}
OUTSIDE |= {"socket", "subprocess", "threading", "time", "urllib", "urllib3", "uuid"}
PURE = {"urllib.parse"}  # takes addresses apart, asks nobody
CALLS_OUT = {"open", "print", "input", "now", "utcnow", "today", "environ"}

SHIPPED = dict(modules("src/traffic"))
# All that speaks to AWS, reads the clock, a file or the environment.
SHELL = {
    name
    for name, path in SHIPPED.items()
    if path.stem in ("function", "aws") or path.parent.name == "aws"
} | {"src/traffic/live_map/assets.py"}
CORE = {name: path for name, path in SHIPPED.items() if name not in SHELL}

each_package = pytest.mark.parametrize("package", LAYERS)


def name_of(path: Path) -> str:
    """The dotted name of a module below src."""
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def in_package(package: str) -> dict[str, Path]:
    return {name_of(path): path for _, path in modules(f"src/{package}")}


def folder_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def targets(module: str, path: Path) -> Iterator[str]:
    """Every dotted name that a module imports, whole: `from x import y` is `x.y`."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level]
            base = [*above] if node.level else []
            base += [node.module] if node.module else []
            yield from (".".join([*base, alias.name]) for alias in node.names)


def arrows(package: str) -> Iterator[tuple[str, str]]:
    """Which module of the package imports which other."""
    known = in_package(package)
    for module, path in known.items():
        for target in targets(module, path):
            found = target if target in known else target.rpartition(".")[0]
            if found in known and found != package:
                yield module, found


@each_package
def test_every_folder_has_its_layer(package: str) -> None:
    placed = [one for layer in LAYERS[package] for one in layer]
    folders = {folder_of(module) for module in in_package(package)} - {"__init__"}

    assert sorted(placed) == sorted(folders)


@each_package
def test_a_folder_imports_folders_of_earlier_layers_only(package: str) -> None:
    layer = {one: n for n, ones in enumerate(LAYERS[package]) for one in ones}
    uphill = {
        f"{module} -> {target}"
        for module, target in arrows(package)
        if folder_of(module) != folder_of(target)
        and layer[folder_of(target)] >= layer[folder_of(module)]
    }

    assert uphill == set()


@each_package
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    graph: dict[str, set[str]] = {}
    for module, target in arrows(package):
        graph.setdefault(module, set()).add(target)

    graphlib.TopologicalSorter(graph).prepare()


@each_package
def test_a_package_imports_only_those_of_ours_that_it_stands_on(package: str) -> None:
    found = {
        target.split(".")[0]
        for module, path in in_package(package).items()
        for target in targets(module, path)
    }

    assert (found & set(LAYERS)) - {package} == OURS[package]


@pytest.mark.parametrize(("package", "most"), MOST_FILES.items())
def test_few_modules_lie_at_the_root_of_a_package(package: str, most: int) -> None:
    files = [path.name for path in (ROOT / "src" / package).glob("*.py")]

    assert len(files) <= most, files


def test_each_function_of_the_template_is_a_folder_with_its_function_and_aws() -> None:
    handlers = {
        resource["Properties"]["Handler"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"].get("Code") == "build/traffic.zip"
    }

    assert handlers == {f"traffic.{name}.function.handler" for name in FUNCTIONS}
    for name in FUNCTIONS:
        assert {f"src/traffic/{name}/{one}.py" for one in ("function", "aws")} <= SHELL


def test_lambda_code_needs_only_python_boto3_and_msgspec() -> None:
    found = {name: tops(imported(path)) - ALLOWED for name, path in SHIPPED.items()}

    assert some(found) == {}


def test_the_core_imports_nothing_that_reaches_outside() -> None:
    found = {n: tops(imported(path) - PURE) & OUTSIDE for n, path in CORE.items()}

    assert some(found) == {}


def test_the_core_does_not_lean_on_the_shell_of_its_function() -> None:
    found = {}
    for name, path in CORE.items():
        beside = {one.stem for one in path.parent.glob("*.py")} & {"function", "aws"}
        shell = {f"{name_of(path).rpartition('.')[0]}.{one}" for one in beside}
        used = {part for t in targets(name_of(path), path) for part in parents(t)}
        found[name] = used & shell

    assert some(found) == {}


def test_the_core_reads_no_clock_file_or_environment() -> None:
    found = {}
    for name, path in CORE.items():
        nodes = list(ast.walk(parsed(path)))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        found[name] = names & CALLS_OUT

    assert some(found) == {}


def tops(names: set[str]) -> set[str]:
    """The packages of absolute imports."""
    return {name.split(".")[0] for name in names if name[0] != "."}


def parents(target: str) -> set[str]:
    """What `from x import y` may mean: the module `x.y`, or `y` of the module `x`."""
    return {target, target.rpartition(".")[0]}


def some(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Those that have any."""
    return {name: names for name, names in found.items() if names}
