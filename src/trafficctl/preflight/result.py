"""The request for a preflight and the result of one check."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from trafficctl.cost.city_load import CityLoad, designed
from trafficctl.preflight.existing_stack import ExistingStack
from trafficctl.stack import runtimes
from trafficctl.stack import template as texts
from trafficctl.stack.runtimes import RUNTIME

OK, RAISE, MISSING, UNKNOWN = "ok", "raise", "missing", "unknown"
NOT_YET = (RAISE, MISSING)  # verdicts that block a deployment
# Errors of AWS after which a result is unknown.
REFUSALS = (BotoCoreError, ClientError, ResponseParserError)
BRIEF = 120
DATA = Path(__file__).with_name("data")


@dataclass(frozen=True)
class CheckResult:
    """One check: the current and the needed value, the verdict, the next step."""

    check: str
    have: str
    need: str
    verdict: str
    next_step: str = ""


@dataclass(frozen=True)
class PreflightRequest:
    """What to check.

    `given` are the parameters from the command line; `today` decides on runtimes;
    `quicksight` checks its subscription in any case.
    """

    stack: str
    template: str
    load: CityLoad
    given: Mapping[str, str]
    today: dt.date
    quicksight: bool = False
    existing: ExistingStack = field(default_factory=ExistingStack)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """All parameters of the template, as `deploy` would set them."""
        values = self.unresolved
        if self.existing.exists or RUNTIME in self.given or RUNTIME not in values:
            return values
        chosen = runtimes.for_new_functions(values[RUNTIME], self.today)
        return {**values, RUNTIME: chosen}

    @cached_property
    def unresolved(self) -> Mapping[str, str]:
        """All parameters, before `deploy` replaces a runtime that AWS refuses."""
        defaults = texts.parameters(self.template)
        current = {k: v for k, v in self.existing.parameters.items() if k in defaults}
        return {**defaults, **current, **self.given}

    @cached_property
    def city(self) -> CityLoad:
        """The load with these settings."""
        return designed(self.load, self.settings)

    @property
    def wants_reports(self) -> bool:
        """Whether QuickSight is required."""
        return self.quicksight or bool(self.settings.get("QuickSightPrincipalArn"))


def data(name: str) -> Any:
    """A data file by name."""
    return json.loads((DATA / f"{name}.json").read_text())


def brief(error: object) -> str:
    """An error message shortened to one table line."""
    text = " ".join(str(error).partition(" - ")[0].split())
    return text if len(text) <= BRIEF else text[: BRIEF - 3] + "..."
