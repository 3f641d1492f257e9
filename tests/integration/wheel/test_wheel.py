"""A wheel is the whole tool: it needs no clone of the repository."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shape.sources import ROOT
from trafficctl.package import command as package

from .conftest import Installed


def source_files() -> Iterator[tuple[str, bytes]]:
    """Every file of the packages, by the name that a wheel gives it."""
    for top in ("traffic", "trafficctl", "localcity"):
        for folder, _, names in os.walk(ROOT / "src" / top, followlinks=True):
            for path in (Path(folder) / name for name in names):
                if path.parent.name != "__pycache__":
                    name = path.relative_to(ROOT / "src").as_posix()
                    yield name, path.read_bytes()


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [one for one in archive.namelist() if ".dist-info/" not in one]
        held = {name: archive.read(name) for name in names}

    expected = dict(source_files())
    assert sorted(held) == sorted(expected)
    assert held == expected


def test_the_wheel_holds_the_template_the_demos_data_and_the_page(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        template = archive.read("trafficctl/files/template.yaml")

    assert template == (ROOT / "template.yaml").read_bytes()
    data = {path.name for path in (ROOT / "data" / "metr-la").iterdir()}
    assert {f"trafficctl/files/metr-la/{name}" for name in data} <= names
    assert "traffic/live_map/web/index.html" in names


def test_it_explains_itself_and_reckons(installed: Installed) -> None:
    assert "usage: trafficctl" in installed.run("--help").stdout
    cost = installed.run("cost", "--json")
    assert (cost.returncode, cost.stderr) == (0, "")
    assert json.loads(cost.stdout)


@pytest.mark.parametrize("command", ["up", "preflight"])
def test_commands_find_the_template(installed: Installed, command: str) -> None:
    done = installed.run(command, "--parameter", "Typo=1", AWS_REGION="us-east-1")

    assert done.returncode == 2
    assert "Typo: no such parameter; the template has" in done.stderr
    assert "SiteUrl" in done.stderr


def test_it_brings_the_demos_data(installed: Installed) -> None:
    done = installed.run("metr-la", "--roads=la.geojson", "--output=la.csv")

    assert (done.returncode, done.stdout) == (0, "")
    roads = json.loads((installed.folder / "la.geojson").read_text())
    assert len(roads["features"]) == 207


def test_it_builds_the_lambda_package_that_a_checkout_builds(
    installed: Installed, tmp_path: Path
) -> None:
    done = installed.run("package", "--arch=host", "--out=traffic.zip")

    assert done.returncode == 0, done.stderr
    ours = package.build_zip(tmp_path / "traffic.zip", arch=package.HOST)
    assert (installed.folder / "traffic.zip").read_bytes() == ours.read_bytes()


@pytest.fixture
def exported(installed: Installed, free_port: Any) -> Iterator[dict[str, str]]:
    """The settings of a city that the installed tool started, by `up`."""
    ports = (f"--port={free_port()}", f"--mqtt-port={free_port()}")
    try:
        done = installed.run("up", *ports)
        assert done.returncode == 0, done.stderr
        yield dict(re.findall(r"^export (\w+)=(.*)$", done.stdout, re.M))
    finally:
        installed.run("down", "--purge")


def test_it_runs_a_city_with_its_state_in_the_working_directory(
    installed: Installed, exported: dict[str, str]
) -> None:
    below = installed.folder / "below"
    below.mkdir()
    deployed = installed.run("deploy", "--yes", "--json", **exported)
    shown = Installed(installed.program, below).run("env")

    assert exported["TRAFFIC_HOME"] == str(installed.folder / ".traffic")
    assert exported["AWS_ENDPOINT_URL"] in shown.stdout  # from a folder below as well
    assert deployed.returncode == 0, deployed.stderr
    assert json.loads(deployed.stdout)["changes"] == []
    installed.run("down", "--purge")
    assert not (installed.folder / ".traffic" / "city-traffic").exists()
