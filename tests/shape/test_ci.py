"""CI runs what a person runs, whole or one make target at a time."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from pathlib import Path

import pytest

from .sources import ROOT
from .test_texts import SETTINGS

RUN = ROOT / ".ci" / "run"
BROWSER = "chromium-headless-shell"
PINNED = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"


def ci(
    folder: Path, *targets: str, make: str = 'echo "made $*"'
) -> subprocess.CompletedProcess[str]:
    """Run .ci/run with a `make` that only says what it makes."""
    return subprocess.run(
        [str(RUN), *targets],
        capture_output=True,
        text=True,
        check=False,
        env=with_make(folder, make),
    )


def with_make(folder: Path, make: str) -> dict[str, str]:
    """An environment in which that script is `make`."""
    for name, script in (("make", make), (BROWSER, ""), ("pyenv", "")):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    (folder / "tmp").mkdir()
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TMPDIR": str(folder / "tmp")}


def test_ci_runs_only_what_a_person_runs_by_the_same_name() -> None:
    script = RUN.read_text()
    steps = re.findall(r"^(?:step|beside) (.*)$", script, re.M)
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()

    named = rf"(env {SETTINGS})?make {SETTINGS}\w+"
    strange = [step for step in steps if not re.fullmatch(named, step)]
    assert strange == []
    assert re.findall(r"run: (.*)", workflow) == ["bash .ci/run ${{ matrix.target }}"]
    jobs = re.findall(r"target: \[(.*)\]", workflow)
    assert jobs == [", ".join(dict.fromkeys(step.split()[-1] for step in steps))]


def test_actions_of_the_public_ci_are_pinned_by_digest() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    used = re.findall(r"uses: (.*)", workflow)

    assert len(used) > 0
    assert [one for one in used if not re.fullmatch(PINNED, one)] == []


def test_a_commit_is_checked_by_what_make_check_runs() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text()

    assert re.findall(r"entry: (.*)", config) == ["make check"]


@pytest.mark.parametrize(("target", "steps"), [("check", 1), ("demo", 2), ("", 6)])
def test_ci_runs_the_steps_of_one_target_or_all(
    target: str, steps: int, tmp_path: Path
) -> None:
    ran = ci(tmp_path, *target.split())

    assert ran.returncode == 0
    assert ran.stdout.count("=== ") == ran.stdout.count("made ") == steps
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("failing", ["check", "PYTHON=python3.10 demo", "test"])
def test_ci_names_what_failed_and_runs_the_rest(failing: str, tmp_path: Path) -> None:
    ran = ci(tmp_path, make=f'echo "made $*"; [ "${{*%{failing}}}" = "$*" ]')

    assert ran.returncode == 1
    assert re.fullmatch(rf"failed: .*{failing}\n", ran.stderr)
    assert ran.stdout.count("made ") == 6


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_an_interrupted_ci_ends_all_that_it_began_and_shows_its_logs(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    reader, writer = os.pipe()  # all that was begun holds its end open
    make = f'echo "made $*"; echo >/dev/fd/{writer}; sleep 60'
    with subprocess.Popen(
        [str(RUN), "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=with_make(tmp_path, make),
        pass_fds=[writer],
        start_new_session=True,
    ) as run:
        os.close(writer)
        for _ in ("make demo", "the first beside it"):
            assert os.read(reader, 1) == b"\n"
        os.killpg(run.pid, number)
        stdout, _ = run.communicate(timeout=60)

    assert run.returncode == code
    assert "made demo\n" in stdout
    assert re.search(r"^made .*PYTHON=python3\.10 demo$", stdout, re.M)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert is_let_go(reader)


def is_let_go(reader: int) -> bool:
    """Whether nobody holds the other end of a pipe any more."""
    with open(reader, "rb", 0) as pipe:
        while select.select([pipe], [], [], 60)[0]:
            if not pipe.read(1):
                return True
    return False


def test_ci_fails_over_a_target_that_no_step_has(tmp_path: Path) -> None:
    ran = ci(tmp_path, "tests")

    assert ran.returncode == 1
    assert "No step runs any of: tests" in ran.stderr


def test_ci_runs_the_demo_on_the_oldest_and_the_newest_python_named() -> None:
    script = RUN.read_text()
    demos = re.findall(r"^beside .*make .*PYTHON=python(3\.\d+) demo$", script, re.M)

    oldest = re.findall(r"Python (3\.\d+) or newer", (ROOT / "README.md").read_text())
    makefile = (ROOT / "Makefile").read_text()
    newest = re.findall(r"^CANDIDATES := .*?(python3\.\d+)", makefile, re.M)
    required = re.findall(r'TRAFFIC_REQUIRE_PYTHONS="(.*)"', script)
    assert demos == oldest
    assert newest == [required[0].split()[-1]]  # make takes it: CI has it
