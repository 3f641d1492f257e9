"""CI runs what a person runs, whole or one make target at a time."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from .sources import ROOT
from .test_texts import SETTINGS

PINNED = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"


def ci(folder: Path, *targets: str) -> subprocess.CompletedProcess[str]:
    """Run .ci/run with a `make` that only says what it makes."""
    for name, script in (("make", 'echo "made $*"'), ("chromium", ""), ("pyenv", "")):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(ROOT / ".ci" / "run"), *targets],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )


def test_ci_runs_only_what_a_person_runs_by_the_same_name() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    steps = re.findall(r"^step (.*)$", script, re.M)
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


@pytest.mark.parametrize(("target", "steps"), [("check", 1), ("demo", 3), ("", 7)])
def test_ci_runs_the_steps_of_one_target_or_all(
    target: str, steps: int, tmp_path: Path
) -> None:
    ran = ci(tmp_path, *target.split())

    assert ran.returncode == 0
    assert ran.stdout.count("=== ") == ran.stdout.count("made ") == steps


def test_ci_fails_over_a_target_that_no_step_has(tmp_path: Path) -> None:
    ran = ci(tmp_path, "tests")

    assert ran.returncode == 1
    assert "No step runs any of: tests" in ran.stderr


def test_ci_runs_the_demo_on_the_oldest_and_the_newest_python_named() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    demos = re.findall(r"^step .*make .*PYTHON=python(3\.\d+) demo$", script, re.M)

    oldest = re.findall(r"Python (3\.\d+) or newer", (ROOT / "README.md").read_text())
    makefile = (ROOT / "Makefile").read_text()
    newest = re.findall(r"^CANDIDATES := .*?python(3\.\d+)", makefile, re.M)
    assert demos == oldest + newest
