"""`trafficctl package`: builds one Lambda zip for every supported Python.

It contains msgspec's compiled modules for each Python and architecture, so the runtime
can change by parameter alone, and the time zones of tzdata, which not every runtime
has. It contains no .pyc files, which fit one Python only.

Nothing is compressed: compressors differ between releases, and two machines would
upload different packages of the same source.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import traffic
from traffic.live_map.page import BASE_MAP
from trafficctl.errors import OK, UNREACHABLE, UserError
from trafficctl.package import base_map as base_maps

RUNTIMES = tuple(f"python3.{minor}" for minor in range(9, 15))
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
HOST = "host"
PINNED = Path(__file__).with_name("lambda-wheels.txt")
DEFAULT_OUT = Path("build/traffic.zip")
# Of files of src/traffic.
SUFFIXES = {".py", ".html", ".css", ".js", ".mjs", ".svg", ".txt", ".json"}
NAMES = {"SHA256SUMS"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold

Files = dict[str, bytes]


def build_zip(
    out: Path,
    runtimes: Sequence[str] = RUNTIMES,
    arch: str = "arm64",
    base_map: Path | None = None,
) -> Path:
    """Write the Lambda package to `out`; the same input gives the same bytes.

    `arch` is arm64 or x86_64, with msgspec for each of `runtimes` (python3.9, ...)
    from the cache or from PyPI; or host, with the msgspec of the running Python.
    `base_map` is GeoJSON to draw under the live map.
    UserError if a wheel cannot be fetched or the base map is invalid.
    """
    files = source_files(Path(traffic.__file__).parent)
    if base_map is not None:
        files[f"traffic/live_map/web/{BASE_MAP}"] = base_maps.packed(base_map)
    files.update(_installed("tzdata"))
    for core in [_installed("msgspec")] if arch == HOST else _wheels(runtimes, arch):
        files.update(core)
    out.parent.mkdir(parents=True, exist_ok=True)
    _replace(out, zipped(files))
    return out


def source_files(root: Path) -> Files:
    """The files of the folder `root` to ship: code and the live page."""
    paths = (path for path in root.rglob("*") if path.is_file())
    return {
        f"traffic/{name.as_posix()}": (root / name).read_bytes()
        for name in (path.relative_to(root) for path in paths)
        if is_shipped(name)
    }


def is_shipped(name: Path) -> bool:
    """Whether to ship a file of `src/traffic`: no editor or system files. Pure."""
    hidden = any(part.startswith(".") for part in name.parts)
    return not hidden and (name.suffix in SUFFIXES or name.name in NAMES)


def _installed(library: str) -> Files:
    return {
        file.as_posix(): file.read_binary()
        for file in importlib.metadata.distribution(library).files or ()
        if _needed(file.as_posix())
    }


def _wheels(runtimes: Sequence[str], arch: str) -> Iterator[Files]:
    if arch not in MACHINES:
        names = ", ".join((*MACHINES, HOST))
        raise UserError(f"architecture {arch!r}: expected one of {names}")
    for runtime in runtimes:
        with zipfile.ZipFile(_wheel(runtime, MACHINES[arch])) as wheel:
            yield {name: wheel.read(name) for name in wheel.namelist() if _needed(name)}


def _needed(name: str) -> bool:
    """Whether a wheel's file is code, a time zone or a license."""
    if ".dist-info/" in name:
        return "/licenses/" in name and not name.endswith("/")
    if "/__pycache__/" in name:
        return False
    return name.endswith((".py", ".so")) or name.startswith("tzdata/zoneinfo/")


def _wheel(runtime: str, machine: str) -> Path:
    tag = _tag(runtime)
    cache = _cache()
    wheel = _cached(cache, tag, machine)
    if wheel is None:
        _download(cache, tag, machine)
        wheel = _cached(cache, tag, machine)
    if wheel is None:
        raise UserError(f"no pinned msgspec for {runtime} on {machine}: see {PINNED}")
    return wheel


def _tag(runtime: str) -> str:
    if runtime in RUNTIMES:
        return runtime.replace("python", "cp").replace(".", "")
    raise UserError(f"runtime {runtime!r}: expected one of {', '.join(RUNTIMES)}")


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "city-traffic" / "wheels"


def _cached(cache: Path, tag: str, machine: str) -> Path | None:
    pinned = set(re.findall(r"sha256:([0-9a-f]{64})", PINNED.read_text()))
    for path in cache.glob(f"msgspec-*-{tag}-{tag}-*{machine}.whl"):
        if hashlib.sha256(path.read_bytes()).hexdigest() in pinned:
            return path
    return None


def _download(cache: Path, tag: str, machine: str) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        _pip_download(folder, tag, machine)
        for path in Path(folder).iterdir():
            path.replace(cache / path.name)  # atomic: runs may overlap


def _pip_download(folder: str, tag: str, machine: str) -> None:
    print(f"fetching msgspec for {tag} on {machine}", file=sys.stderr)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    pip += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--retries=2"]
    pip += ["--implementation=cp", f"--abi={tag}", f"--python-version={tag[2:]}"]
    pip += [f"--platform=manylinux2014_{machine}", f"--dest={folder}"]
    result = subprocess.run(
        [*pip, f"--requirement={PINNED}"], capture_output=True, text=True, check=False
    )
    if "No module named pip" in result.stderr:
        raise UserError(
            f"{sys.executable} has no pip to fetch msgspec for Lambda - install it: "
            f"{sys.executable} -m ensurepip"
        )
    if result.returncode != 0:
        raise UserError(_pip_failure(result.stderr, tag), UNREACHABLE)


def _pip_failure(stderr: str, tag: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()] or ["no reason"]
    reason = next((line for line in lines if line.startswith("ERROR")), lines[-1])
    return (
        f"cannot fetch msgspec for {tag}: {reason!r} - check the network and pip's "
        f"settings; wheels are cached in {_cache()}"
    )


def zipped(files: Files) -> bytes:
    """A zip of `files` that depends only on their names and contents. Pure."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name])
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system = 3  # Unix on every machine: Lambda reads the mode below
    entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
    return entry


def _replace(path: Path, content: bytes) -> None:
    """Write next to `path`, then rename, so that no reader sees half a package."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command package."""
    parser = subparsers.add_parser(
        "package",
        help="build the Lambda package to deploy without this tool",
        description="Write the zip that Lambda runs, with msgspec for each Python from "
        "PyPI. Not needed for `trafficctl deploy`, which builds its own.",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_OUT,
        metavar="FILE",
        help=f"write to this file (default {DEFAULT_OUT})",
    )
    parser.add_argument(
        "--arch",
        choices=(*MACHINES, HOST),
        default="arm64",
        help="architecture; host: this machine and this Python (default arm64)",
    )
    parser.add_argument(
        "--runtime",
        action="append",
        choices=RUNTIMES,
        help="may be repeated (default: all)",
    )
    base_maps.add_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    """Build the package and print its path, size in bytes and SHA-256."""
    out = build_zip(args.out, args.runtime or RUNTIMES, args.arch, args.base_map)
    content = out.read_bytes()
    print(f"{out}  {len(content)} bytes  sha256 {hashlib.sha256(content).hexdigest()}")
    return OK
