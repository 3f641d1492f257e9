"""How deploying and destroying speak with the person at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from rich.text import Text

from trafficctl import output
from trafficctl.deploying.changes import Change, counted
from trafficctl.errors import UserError
from trafficctl.output import KEY, Column

MANY = 25  # additions beyond this are counted by type: nobody reads a hundred lines
COLUMNS = (
    Column("action", importance=KEY),
    Column("logical id", importance=KEY),
    Column("type"),
    Column("replacement", importance=8),
)


def agree(question: str, yes: bool) -> bool:
    """Ask; True for y or yes. UserError where nobody can answer and --yes is absent."""
    if yes:
        return True
    return _answer(f"{question} [y/N] ", "--yes").strip().lower() in ("y", "yes")


def typed(question: str, word: str, yes: bool) -> bool:
    """Ask for a word to be typed, where a slip of the hand must not do."""
    return yes or _answer(f"{question} ", "--yes").strip() == word


def _answer(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UserError(f"nobody is there to answer {question!r} - give {option}")
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()


def show_changes(changes: Sequence[Change]) -> None:
    """The change set as a table on stderr, what may lose data first and in red."""
    listed = [one for one in changes if one.action != "Add"]
    added = [one for one in changes if one.action == "Add"]
    rows = [_row(one) for one in listed]
    rows += [_row(one) for one in added] if len(added) <= MANY else _by_type(added)
    output.show(output.table(COLUMNS, rows), sys.stderr)
    output.say(f"Changes: {counted(changes)}.")


def _row(change: Change) -> list[Text]:
    style = "bold red" if change.loses_data else ""
    cells = (change.action, change.logical_id, change.type, _replacement(change))
    return [Text(cell, style) for cell in cells]


def _replacement(change: Change) -> str:
    return {"True": "yes", "Conditional": "perhaps", "False": ""}.get(
        change.replacement, change.replacement
    )


def _by_type(added: Sequence[Change]) -> list[list[Text]]:
    types = [one.type for one in added]
    return [
        [Text("Add"), Text(f"{types.count(kind)} of"), Text(kind), Text("")]
        for kind in sorted(set(types))
    ]


def agreeing(yes: bool) -> Callable[[str], bool]:
    """`agree` with the answer of --yes built in."""
    return lambda question: agree(question, yes)
