"""Which Lambda runtimes AWS accepts on a day. Pure but for the file of dates.

AWS first refuses new functions on a runtime, and a month later updates of the
functions that exist. The template's default is one that it soon refuses.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

RUNTIME = "LambdaRuntime"
WARN_DAYS = 180


@dataclass(frozen=True)
class BlockDates:
    """The days from which AWS refuses new functions, and updates of existing ones."""

    create: dt.date
    update: dt.date


@cache
def block_dates() -> Mapping[str, BlockDates]:
    """The dates of each runtime that the template offers, the oldest runtime first."""
    read = json.loads(Path(__file__).with_name("runtimes.json").read_text())
    day = dt.date.fromisoformat
    return {
        name: BlockDates(day(one["create"]), day(one["update"]))
        for name, one in read["runtimes"].items()
    }


def longest_accepted() -> str:
    """The runtime that AWS accepts for longest, of equals the oldest."""
    return max(block_dates(), key=lambda name: block_dates()[name].create)


def for_new_functions(name: str, today: dt.date) -> str:
    """The runtime, or the longest accepted one if AWS refuses new functions on it."""
    dates = block_dates().get(name)
    refused = dates is not None and dates.create <= today
    return longest_accepted() if refused else name


def replaced_text(name: str, chosen: str) -> str:
    """Why new functions get another runtime than the default or the kept one."""
    since = block_dates()[name].create
    return f"AWS refuses new {name} functions since {since}: {RUNTIME} is {chosen}"


def last_call(name: str, today: dt.date) -> str | None:
    """What to do with a runtime whose updates AWS refuses soon; None if it does not."""
    dates = block_dates().get(name)
    if dates is None or (dates.update - today).days > WARN_DAYS:
        return None
    refused = dates.update <= today
    when, until = ("since", "") if refused else ("from", " before that day")
    return (
        f"AWS refuses updates of {name} functions {when} {dates.update} - deploy with "
        f"--parameter {RUNTIME}={longest_accepted()}{until}"
    )
