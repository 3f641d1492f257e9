"""A deployed function whose sweeps only the test starts."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, NamedTuple

SWEEP_S = 3.0  # a sweep of the clock that has begun goes on to its end


class Answer(NamedTuple):
    """What a sweep said: why it failed, its metrics, and its other lines."""

    error: str
    figures: dict[str, Any]
    lines: list[dict[str, Any]]


def swept(city: Any, function: str, event: Any = None) -> Answer:
    """What one run of a deployed function says."""
    answer = city.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event or {}), LogType="Tail"
    )
    said = json.load(answer["Payload"])
    error = said.get("errorMessage", "") if "FunctionError" in answer else ""
    printed = base64.b64decode(answer["LogResult"]).decode().splitlines()
    lines = [json.loads(line) for line in printed if line.startswith("{")]
    figures = next((line for line in lines if "_aws" in line), {})
    return Answer(error, figures, [line for line in lines if "_aws" not in line])


class SweptFunction:
    """The function of a stack whose clock is stopped."""

    def __init__(self, city: Any, function: str, clock: str) -> None:
        self._city, self.name = city, function
        city.client("events").disable_rule(Name=f"{city.city.stack}-{clock}")
        time.sleep(SWEEP_S)

    def sweep(self, event: Any) -> Answer:
        """Run the function."""
        return swept(self._city, self.name, event)

    def configuration(self) -> dict[str, Any]:
        """The function's settings."""
        functions = self._city.client("lambda")
        return dict(functions.get_function_configuration(FunctionName=self.name))

    def configure(self, **settings: Any) -> None:
        """Change settings: the next sweep starts in a new execution environment."""
        functions = self._city.client("lambda")
        functions.update_function_configuration(FunctionName=self.name, **settings)

    def is_logged(self) -> bool:
        """Whether a sweep that succeeds leaves a log."""
        before = self._log_streams()
        assert self.sweep({}).error == ""
        return self._log_streams() > before

    def _log_streams(self) -> int:
        pages = self._city.client("logs").get_paginator("describe_log_streams")
        found = pages.paginate(logGroupName=f"/aws/lambda/{self.name}")
        return sum(len(page["logStreams"]) for page in found)
