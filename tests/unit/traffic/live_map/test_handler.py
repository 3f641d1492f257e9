"""The function as Lambda runs it: whatever happens, the viewer is told politely."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from .fakes import ENVIRONMENT, event

RUN = """
import json, sys
from traffic.live_map.function import handler
print(json.dumps([handler(json.loads(line), None) for line in sys.stdin]))
"""


def handled(*events: dict[str, Any], **settings: str) -> tuple[list[Any], list[str]]:
    """Answers, and what was printed before them, of a process of its own."""
    environment = {**os.environ, **ENVIRONMENT, **settings}
    environment |= {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}  # nobody listens there
    environment |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    environment |= {"AWS_DEFAULT_REGION": environment["AWS_REGION"]}
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input="\n".join(map(json.dumps, events)),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *printed, answers = done.stdout.splitlines()
    return json.loads(answers), printed


def test_without_tables_the_page_still_opens_and_says_so() -> None:
    (config, now), printed = handled(event("/config.json"), event("/api/now"))

    told = json.loads(config["body"])
    assert (config["statusCode"], told["auth"]["client_id"]) == (200, "named")
    assert told["auth"]["domain"] == "http://127.0.0.1:9"
    assert now["statusCode"] == 503
    assert [json.loads(line)["event"] for line in printed] == ["tables_failed"]


def test_a_fault_is_logged_and_told_without_a_trace() -> None:
    (answer,), printed = handled(
        event("/api/now"), CONGESTION_HIGH_THRESHOLD="not a number"
    )

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {
        "error": "a fault of this service: its log tells more"
    }
    (line,) = printed
    assert json.loads(line)["event"] == "request_failed"
    assert "CONGESTION_HIGH_THRESHOLD" in json.loads(line)["told"]
