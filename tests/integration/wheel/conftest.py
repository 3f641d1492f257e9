"""The tool as people install it: a wheel, in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shape.sources import ROOT

BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "template.yaml")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
ALONE = ("--no-deps", "--no-index")
PATIENCE_S = 300


@dataclass(frozen=True)
class Installed:
    """The installed tool, in a folder that has nothing of the repository."""

    program: Path
    folder: Path

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `trafficctl` with these words in the folder; no setting leaks in."""
        kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
        return subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env={**kept, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build writes beside its sources."""
    copy = tmp_path_factory.mktemp("sources") / "city-traffic"
    copy.mkdir()
    for name in BUILT_FROM:
        shutil.copy(ROOT / name, copy)
    stray = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("src", "data"):
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=stray)
    called(
        [*PIP, "wheel", *ALONE, "--no-build-isolation", "--wheel-dir=made", "."], copy
    )
    (made,) = (copy / "made").glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel's own `trafficctl`; what it depends on is the test run's."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(place, symlinks=True)
    python = place / "bin" / "python"
    called([*PIP, f"--python={python}", "install", *ALONE, str(wheel)], place)
    # A line of a .pth file adds a folder, and not the .pth files in it: so not ours.
    (packages,) = (place / "lib").glob("python*/site-packages")
    (packages / "depends.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(place / "bin" / "trafficctl", tmp_path_factory.mktemp("away"))


def called(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
