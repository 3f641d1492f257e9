"""A line of the answer, and what the checks are asked with."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from trafficctl.preflighting.load import Load

OK, RAISE, MISSING, UNKNOWN = "ok", "raise", "missing", "unknown"
NOT_YET = (RAISE, MISSING)  # the answers that say: do not go on
# What an account may answer instead of what was asked: the row is unknown then.
REFUSALS = (BotoCoreError, ClientError, ResponseParserError)
BRIEF = 120
DATA = Path(__file__).with_name("data")


@dataclass(frozen=True)
class Row:
    """One check: what is there, what is needed, the verdict, the next step."""

    check: str
    have: str
    need: str
    verdict: str
    next_step: str = ""


@dataclass(frozen=True)
class Question:
    """What the account is asked about.

    `settings` are all parameters of the template as they will be deployed; `today`
    decides about runtimes.
    """

    stack: str
    template: str
    load: Load
    settings: Mapping[str, str]
    today: dt.date
    quicksight: bool = False


def data(name: str) -> Any:
    """A data file by name."""
    return json.loads((DATA / f"{name}.json").read_text())


def brief(error: object) -> str:
    """What an error says, on one line of a table's width."""
    said = " ".join(str(error).partition(" - ")[0].split())
    return said if len(said) <= BRIEF else said[: BRIEF - 3] + "..."
