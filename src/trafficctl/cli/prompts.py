"""Questions to the person at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

from trafficctl.errors import UserError


def confirm(question: str, yes: bool) -> bool:
    """Ask; True for y or yes. UserError where nobody can answer and --yes is absent."""
    if yes:
        return True
    return _answer(f"{question} [y/N] ", "--yes").strip().lower() in ("y", "yes")


def confirm_by_typing(question: str, word: str, yes: bool) -> bool:
    """Ask for a word to be typed, where a slip of the hand must not do."""
    return yes or _answer(f"{question} ", "--yes").strip() == word


def _answer(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UserError(f"nobody is there to answer {question!r} - give {option}")
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()


def confirmer(yes: bool) -> Callable[[str], bool]:
    """`agree` with the answer of --yes built in."""
    return lambda question: confirm(question, yes)
