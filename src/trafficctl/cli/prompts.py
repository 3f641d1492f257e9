"""Confirmation prompts."""

from __future__ import annotations

import sys
from collections.abc import Callable

from trafficctl.errors import UserError


def confirm(question: str, yes: bool) -> bool:
    """Ask; True for y or yes. UserError if stdin is not a terminal and --yes is off."""
    if yes:
        return True
    return _answer(f"{question} [y/N] ", "--yes").strip().lower() in ("y", "yes")


def confirm_by_typing(question: str, word: str, yes: bool) -> bool:
    """Ask to type a word, where a slip must not be enough."""
    return yes or _answer(f"{question} ", "--yes").strip() == word


def _answer(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UserError(
            f"cannot ask {question!r}: stdin is not a terminal - use {option}"
        )
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()


def confirmer(yes: bool) -> Callable[[str], bool]:
    """`confirm` with the value of --yes bound."""
    return lambda question: confirm(question, yes)
