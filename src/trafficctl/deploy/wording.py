"""What changes inside a resource, in lines that fit a terminal. Pure."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from trafficctl.deploy.differences import KNOWN_AFTER_APPLY, Difference

MANY_LINES = 20  # of one resource; --json has them all
CONTEXT = 12  # characters shown before the place where two long texts part
LEAST_ROOM = 30
PACKAGE = ("Code.S3Bucket", "Code.S3Key", "Code.S3ObjectVersion")
OLD, NEW = "- ", "+ "


def lines(differences: Sequence[Difference], width: int) -> list[str]:
    """A line or more for each difference, none wider than `width` characters.

    Lines that begin with `- ` say what goes, with `+ ` what comes.
    """
    package = [one for one in differences if one.path in PACKAGE]
    others = [one for one in differences if one.path not in PACKAGE]
    texts = ["Code: a new package"] if package else []
    for path, group in itertools.groupby(others, key=lambda one: one.path):
        texts += _of_one_path(path, list(group), width)
    cut = [_shortened(one, width) for one in texts[:MANY_LINES]]
    if len(texts) > MANY_LINES:
        cut.append(f"... {len(texts) - MANY_LINES} more lines; --json has all")
    return cut


def _of_one_path(path: str, group: list[Difference], width: int) -> list[str]:
    if len(group) > 1:
        sides = [line for one in group for line in _sides(one, width)]
        return [f"{path}:", *(f"  {line}" for line in sides)]
    (one,) = group
    if path.endswith("ZipFile"):
        return [f"{path}: {_counted(one)}"]
    if _is_text(one):
        return [f"{path}:", *(f"  {line}" for line in _text_lines(one))]
    line = _on_one_line(one)
    if len(line) <= width:
        return [line]
    return [f"{path}:", *(f"  {line}" for line in _sides(one, width - 4))]


def _on_one_line(one: Difference) -> str:
    if one.before is None:
        return f"{NEW}{one.path}: {text_of(one.after)}"
    if one.after is None:
        return f"{OLD}{one.path}: {text_of(one.before)}"
    return f"{one.path}: {text_of(one.before)} -> {text_of(one.after)}"


def _sides(one: Difference, width: int) -> Iterator[str]:
    """What goes and what comes; of two long texts the part where they differ."""
    old, new = text_of(one.before), text_of(one.after)
    if one.before is not None and one.after is not None:
        old, new = _parting(old, new, max(LEAST_ROOM, width - len(OLD)))
    if one.before is not None:
        yield OLD + old
    if one.after is not None:
        yield NEW + new


def _parting(old: str, new: str, room: int) -> tuple[str, str]:
    if max(len(old), len(new)) <= room:
        return old, new
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(old, new))  # noqa: B905
    start = max(0, sum(1 for _ in pairs) - CONTEXT)
    if start == 0:
        return old, new
    return f"...{old[start:]}", f"...{new[start:]}"


def text_of(value: Any) -> str:
    """A value on one line: a statement of a policy in words, else text or JSON."""
    if value == KNOWN_AFTER_APPLY:
        return "(known after the deployment)"
    if isinstance(value, str):
        return " ".join(value.split()) if value.strip() else json.dumps(value)
    if isinstance(value, Mapping) and "Effect" in value:
        return _statement(value)
    return json.dumps(value)


def _statement(value: Mapping[str, Any]) -> str:
    """`Allow s3:PutObject on arn:...`, then what else it says."""
    parts = {
        "Action": "{}",
        "NotAction": "all but {}",
        "Resource": "on {}",
        "NotResource": "on all but {}",
        "Principal": "for {}",
        "NotPrincipal": "for all but {}",
        "Condition": "if {}",
    }
    phrases = [
        form.format(_listed(value[name]))
        for name, form in parts.items()
        if name in value
    ]
    return " ".join([str(value["Effect"]), *phrases])


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_listed(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)


def _is_text(one: Difference) -> bool:
    """Whether it is a text of several lines that was changed."""
    sides = one.before, one.after
    return all(isinstance(side, str) and "\n" in side.strip() for side in sides)


def _text_lines(one: Difference) -> Iterator[str]:
    for line in _compared(one.before.splitlines(), one.after.splitlines()):
        yield line.rstrip()


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterable[str]:
    return (line for line in difflib.ndiff(old, new) if line[:2] in (OLD, NEW))


def _counted(one: Difference) -> str:
    """A change of inline code as numbers of lines: nobody reviews it here."""
    old, new = (str(side or "").splitlines() for side in (one.before, one.after))
    compared = list(_compared(old, new))
    added = sum(line.startswith(NEW) for line in compared)
    return f"{added} lines of code added, {len(compared) - added} removed"


def _shortened(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 3] + "..."
