"""The live map opens under every Python it may be deployed to."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.unit.traffic.live_map.fakes import ENVIRONMENT, event
from tests.unit.traffic.live_map.test_handler import RUN

from .pythons import equipped


def test_the_packed_page_opens_and_the_api_says_that_no_table_answers(
    runtime: str, task_root: Path
) -> None:
    page, config, now = handled(runtime, task_root)

    assert page["headers"]["content-type"] == "text/html; charset=utf-8"
    assert json.loads(config["body"])["stack"] == "named"
    assert (page["statusCode"], config["statusCode"]) == (200, 200)
    assert now["statusCode"] == 503  # it asked boto3, which found nobody


def handled(runtime: str, task_root: Path) -> Any:
    """The answers of the function, by that Python and the packed code alone."""
    environment = {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(task_root),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody listens there
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
    }
    asked = [event("/"), event("/config.json"), event("/api/now")]
    done = subprocess.run(
        [str(equipped(runtime)), "-c", RUN],
        input="\n".join(map(json.dumps, asked)),
        env=environment,
        cwd=task_root,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])
