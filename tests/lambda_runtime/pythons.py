"""The Pythons of this machine, each made into what a Lambda runtime has."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from trafficctl.package import build_zip, host_arch

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "build" / "lambda-runtimes"
REQUIREMENTS = HERE / "requirements.txt"
REQUIRED = "TRAFFIC_REQUIRE_PYTHONS"  # set by CI, which insists on these


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
    python = home / "bin" / "python"
    ready = home / ".ready"
    if not ready.exists():
        name = shutil.which(runtime)
        assert name is not None
        subprocess.run([name, "-m", "venv", "--clear", home], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--only-binary=:all:"]
        pip += ["--disable-pip-version-check", f"--requirement={REQUIREMENTS}"]
        subprocess.run(pip, check=True)
        ready.touch()
    return python


def unpacked(task_root: Path) -> Path:
    """Lay out the package for this machine, as Lambda lays it out."""
    arch = host_arch()
    assert arch is not None
    package = build_zip(task_root.with_suffix(".zip"), arch=arch)
    with zipfile.ZipFile(package) as archive:
        archive.extractall(task_root)
    return task_root
