"""A line of the answer, and what the checks are asked with."""

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

from trafficctl.preflight.existing_stack import ExistingStack
from trafficctl.preflight.load import PlannedLoad
from trafficctl.stack import template as texts

OK, RAISE, MISSING, UNKNOWN = "ok", "raise", "missing", "unknown"
NOT_YET = (RAISE, MISSING)  # the answers that say: do not go on
# What an account may answer instead of what was asked: the row is unknown then.
REFUSALS = (BotoCoreError, ClientError, ResponseParserError)
BRIEF = 120
DATA = Path(__file__).with_name("data")


@dataclass(frozen=True)
class CheckResult:
    """One check: what is there, what is needed, the verdict, the next step."""

    check: str
    have: str
    need: str
    verdict: str
    next_step: str = ""


@dataclass(frozen=True)
class PreflightRequest:
    """What the account is asked about.

    `given` are the parameters that the person names; `today` decides about runtimes;
    `quicksight` asks for its subscription in any case.
    """

    stack: str
    template: str
    load: PlannedLoad
    given: Mapping[str, str]
    today: dt.date
    quicksight: bool = False
    existing: ExistingStack = field(default_factory=ExistingStack)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """All parameters of the template, as `deploy` would set them."""
        defaults = texts.parameters(self.template)
        current = {k: v for k, v in self.existing.parameters.items() if k in defaults}
        return {**defaults, **current, **self.given}

    @property
    def wants_reports(self) -> bool:
        """Whether QuickSight has to be there."""
        return self.quicksight or bool(self.settings.get("QuickSightPrincipalArn"))


def data(name: str) -> Any:
    """A data file by name."""
    return json.loads((DATA / f"{name}.json").read_text())


def brief(error: object) -> str:
    """What an error says, on one line of a table's width."""
    text = " ".join(str(error).partition(" - ")[0].split())
    return text if len(text) <= BRIEF else text[: BRIEF - 3] + "..."
