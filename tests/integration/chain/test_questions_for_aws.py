"""`make test-aws` on the local city, as far as that can answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def test_the_local_city_answers_what_it_can_and_is_left_clean(local_city: Any) -> None:
    asked = ["alert", "update", "claim", "feeds", "failed-deploy", "athena"]
    stacks = local_city.client("cloudformation")
    before = {s["StackName"] for s in stacks.describe_stacks()["Stacks"]}

    done = subprocess.run(
        [sys.executable, "-m", "tests.aws", *(f"--only={name}" for name in asked)],
        cwd=ROOT,
        env=local_city.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    rows = [line.split("   ") for line in done.stdout.splitlines() if "?" in line]
    answers = [[cell.strip() for cell in row if cell.strip()][1] for row in rows]
    assert answers == ["yes", "yes", "yes", "yes", "skipped", "skipped"], (
        done.stdout + done.stderr
    )
    assert done.returncode == 0
    assert {s["StackName"] for s in stacks.describe_stacks()["Stacks"]} == before
