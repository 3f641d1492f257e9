"""The policy of an evaluation: the template's defaults, changed by options."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from traffic.policy import MAX_SCORE, Policy
from traffic.settings import PolicySettings, load
from trafficctl.errors import UserError
from trafficctl.files import TEMPLATE
from trafficctl.stack import template

LONGEST_HOLD_S = 3_600  # the template's limit
PARAMETERS = {
    "CONGESTION_HIGH_THRESHOLD": "CongestionHighThreshold",
    "CONGESTION_SEVERE_THRESHOLD": "CongestionSevereThreshold",
    "CONGESTION_CLEAR_THRESHOLD": "CongestionClearThreshold",
    "ALERT_HOLD_SECONDS": "AlertHoldSeconds",
    "ALERT_CLEAR_SECONDS": "AlertClearSeconds",
    "DEFAULT_INTERVAL_SECONDS": "DefaultIntervalSeconds",
    "HISTORY_RETENTION_DAYS": "HistoryRetentionDays",
    "SITE_URL": "SiteUrl",
    "TIME_ZONE": "ReportTimeZone",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` an option for each alert parameter of the policy."""
    score, hold = _number(0, MAX_SCORE), _number(0, LONGEST_HOLD_S)
    for name, kind, metavar, parameter in (
        ("high", score, "SCORE", "CongestionHighThreshold"),
        ("severe", score, "SCORE", "CongestionSevereThreshold"),
        ("clear", score, "SCORE", "CongestionClearThreshold"),
        ("hold", hold, "S", "AlertHoldSeconds"),
        ("clear-hold", _number(1, LONGEST_HOLD_S), "S", "AlertClearSeconds"),
    ):
        parser.add_argument(
            f"--{name}",
            type=kind,
            metavar=metavar,
            help=f"overrides {parameter} of the template",
        )


def _number(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if least <= value <= most:
            return value
        message = f"{text!r} is not a number from {least:g} to {most:g}"
        raise argparse.ArgumentTypeError(message)

    return number


def deployed(path: Path = TEMPLATE) -> Policy:
    """The policy of the template's defaults. Raises UserError if it is missing."""
    if not path.is_file():
        raise UserError(f"{path} is missing - run in a clone of the repository")
    defaults = template.parameters(template.read(path))
    environment = {k: defaults[v] for k, v in PARAMETERS.items()}
    return load(PolicySettings, environment).policy


def with_options(policy: Policy, options: Mapping[str, float | None]) -> Policy:
    """The policy with `options`: high, severe, clear, hold, clear_hold.

    Raises UserError for scores in an order that a deployment rejects.
    """

    def option_or(name: str, default: float) -> float:
        value = options[name]
        return default if value is None else value

    changed = replace(
        policy,
        high_score=option_or("high", policy.high_score),
        severe_score=option_or("severe", policy.severe_score),
        clear_score=option_or("clear", policy.clear_score),
        hold_s=option_or("hold", policy.hold_s),
        clear_hold_s=option_or("clear_hold", policy.clear_hold_s),
    )
    if not changed.clear_score < changed.high_score < changed.severe_score:
        raise UserError(
            "expected --clear < --high < --severe, got "
            f"{changed.clear_score:g}, {changed.high_score:g}, {changed.severe_score:g}"
        )
    return changed


def describe(policy: Policy) -> str:
    """The policy on one line."""
    return (
        f"high {policy.high_score:g}, severe {policy.severe_score:g}, "
        f"clear {policy.clear_score:g}, hold {policy.hold_s:g} s, "
        f"clear hold {policy.clear_hold_s:g} s"
    )
