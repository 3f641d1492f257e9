"""The package is the same wherever and whenever it is built, and has all it needs."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from trafficctl.errors import UNREACHABLE, UserError
from trafficctl.package.command import (
    HOST,
    PINNED,
    RUNTIMES,
    build_zip,
    source_files,
    zipped,
)

from .pythons import host_arch

ROOT = Path(__file__).parents[3]
PYPROJECT = ROOT / "pyproject.toml"
UPLOAD_BYTES = 50_000_000  # Lambda takes a zip of this size, uploaded directly


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    package = build_zip(tmp_path_factory.mktemp("package") / "host.zip", arch=HOST)
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def test_the_same_code_gives_the_same_bytes(tmp_path: Path) -> None:
    first = build_zip(tmp_path / "first.zip", arch=HOST)
    second = build_zip(tmp_path / "elsewhere" / "second.zip", arch=HOST)

    assert first.read_bytes() == second.read_bytes()


def test_its_bytes_depend_on_names_and_contents_alone() -> None:
    """A compressor would make others on another machine: zlib has forks."""
    files = {
        "traffic/web/page.js": b"look();\n" * 1_000,
        "traffic/processor.py": b"def handler(): ...\n" * 1_000,
        "msgspec/_core.so": bytes(range(256)) * 100,
    }

    digest = hashlib.sha256(zipped(files)).hexdigest()

    assert digest == (
        "ce8d791ab78a89202576593ed6438939146c233bbab46ea46d7fda1b8e9f5808"
    )
    assert zipped(dict(reversed(files.items()))) == zipped(files)


def test_age_and_rights_of_the_files_are_not_in_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for root in (one, other):
        write(root, "processor.py", "web/page.js")
    os.utime(other / "processor.py", (0, 0))
    (other / "processor.py").chmod(0o700)
    (other / "web").chmod(0o711)

    assert zipped(source_files(one)) == zipped(source_files(other))


def test_what_editors_and_systems_leave_is_not_shipped(tmp_path: Path) -> None:
    write(tmp_path, "processor.py", "web/index.html", "web/vendor/SHA256SUMS")
    write(tmp_path, ".DS_Store", "web/.DS_Store", ".processor.py.swp", "processor.py~")
    write(tmp_path, "#processor.py#", "._processor.py", "processor.py.orig", "4913")
    write(tmp_path, "__pycache__/processor.cpython-313.pyc", ".idea/of.py")

    assert sorted(source_files(tmp_path)) == [
        "traffic/processor.py",
        "traffic/web/index.html",
        "traffic/web/vendor/SHA256SUMS",
    ]


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no list of our own files")
def test_every_file_of_ours_is_shipped() -> None:
    command = ["git", "ls-files", "src/traffic"]
    listed = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()

    kept = {name.removeprefix("src/") for name in listed if (ROOT / name).exists()}
    assert kept - set(source_files(ROOT / "src" / "traffic")) == set()


def test_it_carries_our_code_and_the_licence_of_what_comes_with_it(
    names: list[str],
) -> None:
    tops = {name.split("/")[0].split("-")[0] for name in names}

    assert tops == {"traffic", "msgspec", "tzdata"}
    assert [name for name in names if "/licenses/" in name] != []


def test_nothing_compiled_that_could_go_stale_is_in_it(names: list[str]) -> None:
    assert [name for name in names if name.endswith(".pyc")] == []


def test_a_runtime_without_time_zones_knows_the_citys(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_zip(tmp_path / "own.zip", arch="host")) as archive:
        archive.extractall(tmp_path / "task")
    ask = (
        "from traffic.timestamps import local_minute_text as text\n"
        "print(text(1_795_000_000_000, 'America/Los_Angeles'))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", ask],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "task"), "PYTHONTZPATH": ""},
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "2026-11-18 03:06 PST\n"


@pytest.mark.skipif(host_arch() is None, reason="Lambda's binaries run on Linux only")
def test_every_supported_python_finds_its_own_core(tmp_path: Path) -> None:
    package = build_zip(tmp_path / "all.zip", arch=host_arch() or "")
    with zipfile.ZipFile(package) as archive:
        cores = [name for name in archive.namelist() if name.endswith(".so")]

    found = {re.sub(r".*cpython-3(\d+)-.*", r"python3.\1", core) for core in cores}
    assert found == set(RUNTIMES)
    assert package.stat().st_size < UPLOAD_BYTES / 5  # not compressed, and still small


@pytest.mark.parametrize(
    ("runtimes", "arch", "message"),
    [
        (["python3.8"], "arm64", "runtime 'python3.8': expected one of"),
        (["python3.9"], "sparc", "architecture 'sparc': expected one of"),
    ],
)
def test_what_lambda_does_not_run_is_refused(
    tmp_path: Path, runtimes: list[str], arch: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        build_zip(tmp_path / "never.zip", runtimes, arch)


def test_without_pypi_it_says_what_it_wanted_and_what_to_check(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        env = {
            **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
            "XDG_CACHE_HOME": str(tmp_path),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"http://127.0.0.1:{closed.getsockname()[1]}/simple",
        }
        command = [sys.executable, "-m", "trafficctl", "package", "--out=never.zip"]
        done = subprocess.run(
            command, env=env, cwd=tmp_path, check=False, capture_output=True, text=True
        )

    assert done.returncode == UNREACHABLE
    assert "cannot fetch msgspec for cp39" in done.stderr
    assert "check the network and pip's settings" in done.stderr
    assert done.stdout == ""


def test_a_python_without_pip_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2; exit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(UserError, match=f"install it: {python} -m ensurepip"):
        build_zip(tmp_path / "never.zip", ["python3.9"])


def test_lambda_gets_the_msgspec_that_the_tests_run_on() -> None:
    pinned = re.findall(r"^msgspec==([\d.]+)", PINNED.read_text(), re.MULTILINE)

    assert pinned == re.findall(r'"msgspec==([\d.]+)"', PYPROJECT.read_text())
