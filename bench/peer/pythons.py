"""The Pythons to compare under, each with the peer's packages.

These are installed into an environment of their own for each Python, as the project
does not depend on them.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from trafficctl.cli.output import say

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
ENVIRONMENTS = ROOT / ".venv-peer"
NAMES = ("python3.9", "python3.13")
PROBE = "import ensurepip, sys; print('python%d.%d' % sys.version_info[:2])"


def equipped(
    names: Iterable[str], environment: Mapping[str, str]
) -> Iterator[tuple[str, Path]]:
    """Yield each Python that is here, with the packages; says which is not."""
    for name in names:
        path = interpreter(name, environment)
        if path is None:
            say(f"{name}: not measured, neither on the PATH nor one of pyenv's")
        else:
            yield name, _with_packages(name, path)


def interpreter(name: str, environment: Mapping[str, str]) -> str | None:
    """Return a working Python of that *name*: on the PATH, or pyenv's newest."""
    on_path = shutil.which(name, path=environment.get("PATH"))
    root = Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv")
    of_pyenv = root.glob(f"versions/{name.removeprefix('python')}.*/bin/{name}")
    candidates = [*([on_path] if on_path else []), *map(str, _newest_first(of_pyenv))]
    return next((path for path in candidates if _works(path, name)), None)


def _newest_first(paths: Iterable[Path]) -> list[Path]:
    """Return pyenv's interpreters of one minor release, the latest first."""

    def release(path: Path) -> tuple[int, ...]:
        digits = path.parents[1].name.rpartition(".")[2]
        return (int(digits),) if digits.isdecimal() else ()

    return sorted(paths, key=release, reverse=True)


def _works(path: str, name: str) -> bool:
    """Whether a program is the Python *name*, and can make environments."""
    done = subprocess.run([path, "-c", PROBE], capture_output=True, check=False)
    return done.stdout.decode().strip() == name


def _with_packages(name: str, path: str) -> Path:
    """Return a Python with the packages, made once for each list of them."""
    home, wanted = ENVIRONMENTS / name, REQUIREMENTS.read_text()
    python, made_of = home / "bin" / "python", home / "made-of.txt"
    if not made_of.exists() or made_of.read_text() != wanted:
        say(f"Installing what the peer needs into {home} (a minute, once)")
        subprocess.run([path, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-compile"]
        pip += ["--disable-pip-version-check", f"--requirement={REQUIREMENTS}"]
        subprocess.run(pip, check=True)
        made_of.write_text(wanted)
    return python
