"""PartiQL statements are permitted as what they do, not as the call that brings them.

IAM knows no `dynamodb:BatchExecuteStatement`: each statement needs PartiQLSelect,
-Insert, -Update or -Delete on its own table.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
from ministack.core import iam_actions

from localcity.patching import Patch

Checks = list[tuple[str, str]]

_CALLS = ("dynamodb:BatchExecuteStatement", "dynamodb:ExecuteStatement")
_STATEMENT = re.compile(
    r"\s*(?:(?P<verb>INSERT|UPDATE|DELETE)\s+(?:INTO\s+|FROM\s+)?|SELECT\b.*?\bFROM\s+)"
    r'"?(?P<table>[A-Za-z0-9_.-]+)"?',
    re.IGNORECASE | re.DOTALL,
)


class _Entry(msgspec.Struct):
    Statement: str = ""


class _Texts(msgspec.Struct):
    """The statements of a request; what they are given stays unread."""

    Statements: list[_Entry] = []
    Statement: str = ""


_texts = msgspec.json.Decoder(_Texts).decode


@functools.lru_cache(maxsize=1024)  # a program sends a few, again and again
def needed(statement: str) -> tuple[str, str] | None:
    """The IAM action a statement needs, and its table; None if it is no statement."""
    match = _STATEMENT.match(statement)
    if match is None:
        return None
    verb = (match["verb"] or "SELECT").capitalize()
    return f"dynamodb:PartiQL{verb}", match["table"]


def _checks(body: bytes, region: str, account: str) -> Checks:
    """One check a statement; none where one cannot be read, which then is refused."""
    wanted = [needed(text) for text in _statements(body)]
    if None in wanted:
        return []
    return [
        (action, iam_actions._dynamodb_table_arn(table, region, account))
        for action, table in dict.fromkeys(filter(None, wanted))
    ]


def _statements(body: bytes) -> list[str]:
    try:
        texts = _texts(body)
    except msgspec.MsgspecError:
        request = json.loads(body)
        entries = request.get("Statements") or [request]
        return [str(entry.get("Statement", "")) for entry in entries]
    return [one.Statement for one in texts.Statements] or [texts.Statement]


def _with_statements(original: Callable[..., Checks]) -> Callable[..., Checks]:
    def checks(action: str, body: bytes, region: str, account: str) -> Checks:
        if action in _CALLS:
            return _checks(body, region, account)
        return original(action, body, region, account)

    return checks


def _apply() -> None:
    module: Any = iam_actions
    module.dynamodb_transaction_checks = _with_statements(
        iam_actions.dynamodb_transaction_checks
    )


PATCHES = (
    Patch(
        "partiql permissions",
        "a role that has dynamodb:PartiQLUpdate is refused BatchExecuteStatement",
        [(iam_actions, "_dynamodb_table_arn")],
        [(iam_actions, "dynamodb_transaction_checks", "684e748338e8")],
        _apply,
    ),
)
