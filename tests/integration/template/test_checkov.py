"""Every weakness that checkov sees is fixed, or left for a reason beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.template.template import RESOURCES, TEMPLATE, TEXT

CHECKOV = Path(__file__).parents[3] / ".venv-checkov/bin/checkov"
PATIENCE_S = 300
Left = set[tuple[str, str]]  # logical name, check

COMMON = TEMPLATE["Metadata"]["SkippedChecks"]
SKIPS = [
    (name, skip["id"], skip.get("comment", COMMON.get(skip["id"], "")))
    for name, resource in RESOURCES.items()
    for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
]


def test_each_suppression_is_made_once_and_says_why_in_a_sentence() -> None:
    silent = [one for one in SKIPS if not re.fullmatch(r"[A-Z]\S*( \S+){5,}\.", one[2])]

    assert silent == []
    assert len({(name, check) for name, check, _ in SKIPS}) == len(SKIPS)


def test_no_reason_is_given_twice_or_for_nothing() -> None:
    own = [why for _, check, why in SKIPS if why != COMMON.get(check)]

    assert len(set(own)) == len(own)
    assert set(COMMON) <= {check for _, check, why in SKIPS if why not in own}


def test_what_cfn_lint_shall_not_check_says_why_on_its_line() -> None:
    ignored = re.findall(r"^ +- [EWI]\d{4}.*$", TEXT, re.M)

    assert len(ignored) > 0
    assert [line for line in ignored if not re.search(r" # \S+ \S+", line)] == []


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What checkov finds in the template once nothing is suppressed in it."""
    if not CHECKOV.exists():
        if os.environ.get("TRAFFIC_REQUIRE_CHECKOV"):
            pytest.fail(f"{CHECKOV} is not there: run `make check`")
        pytest.skip("checkov is not installed: `make check` does it")
    path = tmp_path_factory.mktemp("checkov") / "template.json"
    path.write_text(json.dumps({**TEMPLATE, "Resources": bare(RESOURCES)}))
    return failed(path)


def bare(resources: dict[str, Any]) -> dict[str, Any]:
    """The resources without their metadata."""
    return {
        name: {key: value for key, value in one.items() if key != "Metadata"}
        for name, one in resources.items()
    }


def failed(path: Path) -> Left:
    """What checkov holds against a template, asked as `make check` asks it."""
    command = [str(CHECKOV), "--file", str(path), "--framework", "cloudformation"]
    command += ["--download-external-modules", "false", "--skip-download"]
    command += ["--quiet", "--compact", "--output", "json"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.stdout.startswith("{"), done.stderr
    found = json.loads(done.stdout)
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["passed"] > len(SKIPS)
    return {
        (one["resource"].rpartition(".")[2], one["check_id"])
        for one in found["results"]["failed_checks"]
    }


def test_every_weakness_left_is_suppressed_where_it_is(weak: Left) -> None:
    assert weak - {(name, check) for name, check, _ in SKIPS} == set()


def test_no_suppression_outlives_its_weakness(weak: Left) -> None:
    assert {(name, check) for name, check, _ in SKIPS} - weak == set()
