"""The Pythons of this machine, each made into what a Lambda runtime has."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trafficctl.package.command import MACHINES, build_zip

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / "build" / "lambda-runtimes"
REQUIREMENTS = HERE / "requirements.txt"
REQUIRED = "TRAFFIC_REQUIRE_PYTHONS"  # set by CI, which insists on these


def host_arch() -> str | None:
    """Lambda's name of this machine's architecture, None if Lambda does not have it."""
    if sys.platform != "linux":
        return None
    names = {machine: arch for arch, machine in MACHINES.items()}
    return names.get(platform.machine())


def required() -> list[str]:
    """The runtimes whose absence is a failure, such as python3.9."""
    return os.environ.get(REQUIRED, "").split()


def missing(runtime: str) -> str | None:
    """Why this machine cannot run the package under *runtime*; None if it can."""
    if host_arch() is None:
        return "Lambda's binaries run on Linux only"
    name = shutil.which(runtime)
    if name is None:
        return f"no {runtime} on the PATH"
    probe = "import ensurepip, sys; print('python%d.%d' % sys.version_info[:2])"
    command = [name, "-c", probe]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.stdout.strip() == runtime:
        return None
    said = (done.stderr.strip() or done.stdout.strip()).partition("\n")[0]
    return f"{name} does not work: {said}"


def equipped(runtime: str) -> Path:
    """Path of a Python with AWS's runtime client and boto3, made once and kept."""
    content = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    home = CACHE / f"{runtime}-{content}"
    ready = home / ".ready"
    with alone(CACHE / f"{home.name}.lock"):
        if not ready.exists():
            _equip(runtime, home)
            ready.touch()
    return home / "bin" / "python"


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold *lock*: tests run side by side, and would make the same thing at once."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _equip(runtime: str, home: Path) -> None:
    name = shutil.which(runtime)
    assert name is not None
    subprocess.run([name, "-m", "venv", "--clear", home], check=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    pip += ["--only-binary=:all:", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*pip, f"--requirement={REQUIREMENTS}"], check=True)


def unpacked(task_root: Path) -> Path:
    """Lay out the package for this machine, as Lambda lays it out."""
    arch = host_arch()
    assert arch is not None
    package = build_zip(task_root.with_suffix(".zip"), arch=arch)
    with zipfile.ZipFile(package) as archive:
        archive.extractall(task_root)
    return task_root
