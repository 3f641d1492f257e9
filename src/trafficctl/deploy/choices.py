"""The parameters that a deployment sends, and what it says of them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from trafficctl.local.ports import SITE_URL
from trafficctl.stack import protection, runtimes
from trafficctl.stack.runtimes import RUNTIME

UNPROTECTED = "tables and users have no deletion protection"

Values = Mapping[str, str]


@dataclass(frozen=True)
class Situation:
    """What is deployed: a new stack or an update, new functions or existing ones.

    An update makes functions if the stack has only imported its data.
    """

    creates: bool
    makes_functions: bool
    is_local: bool
    today: dt.date


def choose(
    defaults: Values, current: Values, given: Values, at: Situation
) -> tuple[dict[str, str], list[str]]:
    """The parameters that stay and those wished for, with what has to differ.

    A local map is never at API Gateway's address, which leads to AWS.
    """
    chosen, notes = _protected(current, given, at)
    if at.is_local and not chosen.get("SiteUrl"):
        chosen["SiteUrl"] = SITE_URL
    wished = chosen.get(RUNTIME) or defaults.get(RUNTIME, "")
    if at.makes_functions and RUNTIME not in given:
        name = runtimes.for_new_functions(wished, at.today)
        if name != wished:
            chosen[RUNTIME] = name
            return chosen, [*notes, runtimes.replaced_text(wished, name)]
    call = None if at.is_local else runtimes.last_call(wished, at.today)
    return chosen, [*notes, *([call] if call else [])]


def _protected(
    current: Values, given: Values, at: Situation
) -> tuple[dict[str, str], list[str]]:
    if at.creates:
        return protection.for_creation(given), []
    chosen = protection.for_update(current, given)
    if protection.is_off(chosen):
        return chosen, [f"{UNPROTECTED}, as {protection.PROTECT} says"]
    if protection.is_off(current):
        return chosen, [f"{UNPROTECTED}: this update turns it on"]
    return chosen, []
