"""`trafficctl alarms`: shows the system's alarms with their runbooks."""

from __future__ import annotations

import argparse
import functools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from trafficctl.aws.session import client, session, stack_outputs
from trafficctl.cli.options import add_common, add_watch, check_watch
from trafficctl.cli.output import (
    KEY,
    Column,
    duration,
    show,
    show_csv,
    show_json,
    watch,
)
from trafficctl.cli.output import table as make_table
from trafficctl.errors import CHECK_FAILED, OK

# The most severe first; also the order of the counts.
STATES = ("ALARM", "INSUFFICIENT_DATA", "OK")
STYLE = {"ALARM": "bold red", "INSUFFICIENT_DATA": "yellow", "OK": "green"}
SHOWN = {"ALARM": "ALARM", "INSUFFICIENT_DATA": "no data", "OK": "ok"}
COLUMNS = (
    Column("State", importance=8),
    Column("For", number=True, importance=4),
    Column("Alarm", importance=KEY),
    Column("What it means"),
    Column("Runbook", importance=7),
)
_RUNBOOK = re.compile(r"\s*Runbook: (\S+)")
# A sentence ends before a capital: "10 s. First" is an end, "p99 of 1.5 s" is none.
_SENTENCE = re.compile(r"^(.*?[.!?])\s+(?=[A-Z])", re.DOTALL)


@dataclass(frozen=True)
class Alarm:
    """One alarm of the stack; `since` in seconds since the epoch, None if unknown."""

    name: str
    state: str
    since: float | None
    meaning: str
    advice: str
    runbook: str | None
    reason: str


def read(aws: Callable[[str], Any], stack: str) -> list[Alarm]:
    """Every alarm of the stack, the most severe first, then the oldest.

    `aws` returns a client by service.
    """
    # By the stack's resources: the names of city-dev's alarms start with `city-` too.
    ours = _names(aws("cloudformation"), stack)
    prefix = f"{stack}-"
    paginator = aws("cloudwatch").get_paginator("describe_alarms")
    pages = paginator.paginate(AlarmNamePrefix=prefix)
    described = [alarm for page in pages for alarm in page["MetricAlarms"]]
    alarms = [_alarm(a, prefix) for a in described if a["AlarmName"] in ours]
    return sorted(alarms, key=_most_severe_first)


def _names(cloudformation: Any, stack: str) -> set[str]:
    pages = cloudformation.get_paginator("list_stack_resources")
    return {
        resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
    }


def _alarm(described: dict[str, Any], prefix: str) -> Alarm:
    text = described.get("AlarmDescription", "")
    runbook = _RUNBOOK.search(text)
    plain = " ".join(_RUNBOOK.sub("", text).split())
    sentence = _SENTENCE.match(plain)
    meaning = sentence[1] if sentence else plain
    return Alarm(
        name=described["AlarmName"].removeprefix(prefix),
        state=described["StateValue"],
        since=_since(described),
        meaning=meaning,
        advice=plain.removeprefix(meaning).strip(),
        runbook=runbook[1] if runbook else None,
        reason=described.get("StateReason", ""),
    )


def _since(described: dict[str, Any]) -> float | None:
    """When the state last changed, else when it was last updated."""
    at = described.get("StateTransitionedTimestamp")
    at = at or described.get("StateUpdatedTimestamp")
    return at.timestamp() if isinstance(at, datetime) else None


def _most_severe_first(alarm: Alarm) -> tuple[int, float, str]:
    return STATES.index(alarm.state), alarm.since or 0.0, alarm.name


def view(alarms: Sequence[Alarm], now_s: float, everything: bool) -> RenderableType:
    """A table of the alarms that are not OK, or of `everything`, and the counts."""
    shown = [a for a in alarms if everything or a.state != "OK"]
    total = Text(counts(alarms), "dim")
    return Group(_table(shown, now_s), total) if shown else total


def counts(alarms: Sequence[Alarm]) -> str:
    """How many alarms are in each state, in one line."""
    if not alarms:
        return "this stack has no alarms"
    numbers = [(sum(a.state == state for a in alarms), state) for state in STATES]
    text = ", ".join(f"{n} {SHOWN[state]}" for n, state in numbers)
    return f"{len(alarms)} alarm{'s' * (len(alarms) > 1)}: {text}"


def _table(alarms: Sequence[Alarm], now_s: float) -> RenderableType:
    rows = [
        (
            Text(SHOWN[alarm.state], STYLE[alarm.state]),
            duration(None if alarm.since is None else max(now_s - alarm.since, 0.0)),
            alarm.name,
            alarm.meaning,
            alarm.runbook or "-",
        )
        for alarm in alarms
    ]
    return make_table(COLUMNS, rows)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `alarms`."""
    parser = subparsers.add_parser(
        "alarms",
        help="show the system's alarms, each with its runbook",
        description="Show the stack's alarms that are not OK, those in ALARM first, "
        "each with its runbook. Exit code 1 if any alarm is in ALARM.",
    )
    parser.add_argument("--all", action="store_true", help="include alarms that are OK")
    add_watch(parser)
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `trafficctl alarms`."""
    check_watch(args)
    at = session()
    stack_outputs(at, args.stack)  # raises if there is no such stack

    def alarms() -> list[Alarm]:
        return read(functools.partial(client, at), args.stack)

    if args.watch is not None:
        watch(lambda: view(alarms(), time.time(), args.all), args.watch)
    current = alarms()
    selected = [asdict(a) for a in current if args.all or a.state != "OK"]
    if args.json:
        show_json(selected)
    elif args.csv:
        show_csv([f.name for f in fields(Alarm)], map(_with_ms, selected), ("since",))
    else:
        show(view(current, time.time(), args.all))
    return CHECK_FAILED if any(a.state == "ALARM" for a in current) else OK


def _with_ms(alarm: dict[str, Any]) -> dict[str, Any]:
    since = alarm["since"]
    return {**alarm, "since": None if since is None else round(since * 1000)}
