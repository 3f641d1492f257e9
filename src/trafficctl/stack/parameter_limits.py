"""Parameters against the template's own limits, before AWS is asked. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from trafficctl.aws.session import ZONE_PARAMETER
from trafficctl.cli.wrong_input import MOST_NAMES, nearest, suggestion
from trafficctl.errors import UserError
from trafficctl.stack import template as texts
from trafficctl.stack.assertions import failed
from trafficctl.stack.loading import loaded

LISTS = ("CommaDelimitedList", "List<Number>")
NUMBERS = ("Number", "List<Number>")
HIDDEN = "****"  # what AWS says of a kept value with NoEcho
SHOWN = 60  # characters of a value that a message repeats
Declared = Mapping[str, Any]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.I | re.A)


def check(
    template: str, given: Mapping[str, str], current: Mapping[str, str] | None = None
) -> None:
    """UserError that names every fault of the parameters, on a line each.

    `current` are the values that the stack keeps. Without it nothing is known of the
    parameters that are not given, so rules about them are not judged.
    """
    problems = faults(template, given, current)
    if problems:
        listed = "".join(f"\n  {one}" for one in problems)
        raise UserError(
            f"these parameters cannot be deployed:{listed}\n"
            "Correct them and repeat the command; nothing was changed"
        )


def faults(
    template: str, given: Mapping[str, str], current: Mapping[str, str] | None = None
) -> list[str]:
    """What is wrong with the parameters, a sentence each."""
    sections = texts.sections(template)
    declared = loaded(sections.get("Parameters", "")).get("Parameters", {})
    values = dict(given)
    if current is not None:
        with_default = {k: v for k, v in declared.items() if "Default" in v}
        defaults = {k: v["Default"] for k, v in with_default.items()}
        values = {**defaults, **current, **given}
    wrong = {
        name: reason
        for name, one in declared.items()
        if (reason := _wrong(name, one, values, current)) is not None
    }
    rules = loaded(sections.get("Rules", "")).get("Rules", {})
    sound = {k: v for k, v in values.items() if k not in wrong and v != HIDDEN}
    unknown = [_unknown(name, declared) for name in given if name not in declared]
    crossed = _above_maximum(declared, sound)
    zone = _unknown_zone(sound.get(ZONE_PARAMETER, "UTC"))
    return [*unknown, *wrong.values(), *failed(rules, sound), *crossed, *zone]


def near(name: str, known: Collection[str]) -> list[str]:
    """Those of the known names that `name` may stand for, the nearest first."""
    by_lower = {one.lower(): one for one in known}
    low = name.lower()
    parts = [by_lower[one] for one in by_lower if _shares(low, one)]
    return [*dict.fromkeys([*nearest(name, known), *parts])][:MOST_NAMES]


def _shares(name: str, other: str) -> bool:
    """Whether most of a name stands in the other: `Shards` in KinesisShardCount."""
    matcher = difflib.SequenceMatcher(None, name, other, autojunk=False)
    return matcher.find_longest_match().size >= max(4, 0.8 * len(name))


def _unknown(name: str, declared: Declared) -> str:
    similar = near(name, declared)
    if similar:
        return f"{name}: no such parameter; did you mean {' or '.join(similar)}?"
    return f"{name}: no such parameter; the template has {', '.join(sorted(declared))}"


def _wrong(
    name: str,
    declared: Declared,
    values: Mapping[str, str],
    current: Mapping[str, str] | None,
) -> str | None:
    """What is wrong with one parameter, None if nothing is."""
    if name not in values:
        return f"{name}: has no default, give a value" if current is not None else None
    value = values[name]
    allowed = None if value == HIDDEN else next(_broken(declared, value), None)
    if allowed is None:
        return None
    secret = str(declared.get("NoEcho", "")).lower() == "true"
    got = "a value that is not shown" if secret else _shown(value)
    return f"{name}: got {got}; {_rule_text(declared, allowed)}"


def _unknown_zone(name: str) -> Iterator[str]:
    """What is wrong with the name of a time zone: a pattern knows none."""
    zones = available_timezones()
    if zones and name not in zones:
        advice = suggestion(name, zones) or "names look like Europe/Berlin"
        yield f"{ZONE_PARAMETER}: got {_shown(name)}; no such time zone - {advice}"


def _above_maximum(declared: Declared, values: Mapping[str, str]) -> Iterator[str]:
    """Each free number above its maximum: DynamoDBReadCapacity, DynamoDBMaxRead...

    A rule of the template compares texts for equality, so only listed numbers have one.
    """
    for most, one in declared.items():
        least = most.replace("Max", "", 1)
        if least == most or "AllowedValues" in one or not {least, most} <= set(values):
            continue
        low, high = values[least], values[most]
        if float(low) > float(high):
            yield (
                f"{least} must not exceed {most}: lower the first or raise the second "
                f"({most} is {high}, {least} is {low})"
            )


def _rule_text(declared: Declared, allowed: str) -> str:
    return str(declared.get("ConstraintDescription") or allowed).strip().rstrip(".")


def _shown(value: str) -> str:
    return repr(value if len(value) <= SHOWN else value[: SHOWN - 3] + "...")


def _broken(declared: Declared, value: str) -> Iterator[str]:
    """Each limit that the value breaks, as what is allowed."""
    kind = declared.get("Type", "String")
    if kind == "String":
        yield from _wrong_length(declared, value)
    for one in _members(kind, value):
        number = _number(one) if kind in NUMBERS else None
        if kind in NUMBERS and number is None:
            yield "must be a number"
            continue
        yield from _wrong_choice(declared, one, number)
        if number is not None:
            yield from _wrong_size(declared, number)


def _members(kind: str, value: str) -> Sequence[str]:
    return [one.strip() for one in value.split(",")] if kind in LISTS else [value]


def _number(text: str) -> float | None:
    """The number that a text is; None for what only Python takes as one (1_000)."""
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def _wrong_length(declared: Declared, value: str) -> Iterator[str]:
    if len(value) < int(declared.get("MinLength", 0)):
        yield f"must have at least {declared['MinLength']} characters"
    if len(value) > int(declared.get("MaxLength", len(value))):
        yield f"must have at most {declared['MaxLength']} characters"


def _wrong_size(declared: Declared, number: float) -> Iterator[str]:
    if number < float(declared.get("MinValue", number)):
        yield f"must be at least {declared['MinValue']}"
    if number > float(declared.get("MaxValue", number)):
        yield f"must be at most {declared['MaxValue']}"


def _wrong_choice(declared: Declared, one: str, number: float | None) -> Iterator[str]:
    choices = declared.get("AllowedValues")
    if choices is not None and not _is_among(choices, one, number):
        yield f"must be one of {', '.join(choices)}"
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not _matches(pattern, one):
        yield f"must match {pattern}"


def _is_among(choices: Sequence[str], one: str, number: float | None) -> bool:
    if number is None:
        return one in choices
    return number in [_number(choice) for choice in choices]


def _matches(pattern: str, value: str) -> bool:
    """Whether the whole value matches; a pattern of Java's own is left to AWS."""
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True
