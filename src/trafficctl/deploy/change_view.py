"""A change set as the person at the terminal reads it."""

from __future__ import annotations

import itertools
import sys
import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from trafficctl.cli import output
from trafficctl.deploy import wording
from trafficctl.deploy.changes import Change, counted

MANY = 25  # additions beyond this are counted by type: nobody reads a hundred lines
ACTION_WIDTH = 8
INDENT = "    "
REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}
STYLES = {wording.OLD: "red", wording.NEW: "green"}


def show_changes(changes: Sequence[Change]) -> None:
    """The change set on stderr, what may lose data first and in red.

    Below each resource stands what changes inside it. Those that change only if
    another does are named at the end.
    """
    following = [one for one in changes if one.only_follows and not one.loses_data]
    listed = [one for one in changes if one not in following]
    console = output.console(sys.stderr)
    for line in [
        *_listed(listed, console.width),
        *_following(following, console.width),
    ]:
        console.print(line, soft_wrap=True)
    also = f", and {len(following)} that may follow" if following else ""
    output.say(f"Changes: {counted(listed) or 'none of its own'}{also}.")


def _listed(changes: Sequence[Change], width: int) -> Iterator[Text]:
    added = [one for one in changes if one.action == "Add"]
    many = len(added) > MANY
    shown = [one for one in changes if not many or one.action != "Add"]
    rows = [(one.action, one.logical_id, one.type, _notes(one)) for one in shown]
    if many:
        rows += _by_type([one.type for one in added])
    id_width = max((len(row[1]) for row in rows), default=0)
    for row, one in itertools.zip_longest(rows, shown):
        line = f"{row[0]:<{ACTION_WIDTH}}{row[1]:<{id_width}}  {row[2]}  {row[3]}"
        yield Text(line.rstrip(), "bold red" if one and one.loses_data else "bold")
        yield from _inside(one, width) if one else ()


def _inside(change: Change, width: int) -> Iterator[Text]:
    for line in wording.lines(change.differences, width - len(INDENT)):
        yield Text(INDENT + line, STYLES.get(line.lstrip()[:2], ""))
    for name in change.unseen:
        yield Text(f"{INDENT}{name}: changes; its value is not shown")


def _notes(change: Change) -> str:
    replaced = REPLACED.get(change.replacement, "")
    drifted = "drifted" if change.drifted else ""
    return ", ".join(one for one in (replaced, drifted) if one)


def _by_type(types: Sequence[str]) -> list[tuple[str, str, str, str]]:
    return [("Add", f"{types.count(kind)} of", kind, "") for kind in sorted(set(types))]


def _following(changes: Sequence[Change], width: int) -> Iterator[Text]:
    if not changes:
        return
    names = [one.logical_id for one in changes]
    yield Text("These refer to them, and change only if a name or an ARN does:", "bold")
    for line in textwrap.wrap(", ".join(names), width - len(INDENT)):
        yield Text(INDENT + line)
