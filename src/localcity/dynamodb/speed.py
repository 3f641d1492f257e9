"""What lets one process carry a city's writes: each statement is read once.

Nothing here changes what a table answers; `tests/unit/localcity/dynamodb/test_speed.py`
holds each shortcut to what it replaces.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import msgspec
from ministack.core import iam_actions
from ministack.services import _dynamodb_keywords, dynamodb

from localcity.patching import Patch

MAX_STATEMENTS = 1_024  # a program writes a few, again and again
MAX_NUMBERS = 65_536
_NOBODY = object()


def once(parse: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """Parse a batch's statement once: it is looked at, and then carried out."""
    last: tuple[Any, ...] = (_NOBODY, _NOBODY, _NOBODY)

    def parsed(statement: str, parameters: Any) -> Any:
        nonlocal last
        known, of, found = last
        if known is statement and of is parameters:
            last = (_NOBODY, _NOBODY, _NOBODY)  # carrying it out may change it
            return found
        found = parse(statement, parameters)
        last = statement, parameters, found
        return found

    return parsed


def of_texts(work: Callable[..., Any], most: int) -> Callable[..., Any]:
    """Remember what comes of a text, for `most` of them; of others, nothing."""
    known = functools.lru_cache(maxsize=most)(work)

    def remembered(text: Any, *more: Any) -> Any:
        return known(text, *more) if isinstance(text, str) else work(text, *more)

    return remembered


class _Named(msgspec.Struct):
    """What a request says of tables at its top, the rest unread."""

    TableName: msgspec.Raw = msgspec.Raw()
    RequestItems: msgspec.Raw = msgspec.Raw()


_named = msgspec.json.Decoder(_Named).decode


def at_a_glance(arns: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Statements and transactions name no table at their top: nothing to look for."""

    def glanced(body: bytes, region: str, account: str) -> list[str]:
        try:
            named = _named(body)
        except msgspec.MsgspecError:
            return arns(body, region, account)
        is_any = bytes(named.TableName) or bytes(named.RequestItems)
        return arns(body, region, account) if is_any else []

    return glanced


def _apply() -> None:
    keywords: Any = _dynamodb_keywords
    keywords._tokenize = of_texts(keywords._tokenize, MAX_STATEMENTS)
    dynamodb._parse_partiql = once(dynamodb._parse_partiql)
    dynamodb._condition_syntax_error = of_texts(
        dynamodb._condition_syntax_error, MAX_STATEMENTS
    )
    dynamodb._number_size_bytes = of_texts(dynamodb._number_size_bytes, MAX_NUMBERS)
    actions: Any = iam_actions
    actions.dynamodb_resource_arns = at_a_glance(actions.dynamodb_resource_arns)


PATCHES = (
    Patch(
        "table speed",
        "each statement of a batch is read several times, letter by letter",
        [],
        [
            (dynamodb, "_parse_partiql", "34f90fe3b74e"),
            (_dynamodb_keywords, "_tokenize", "e02998de3036"),
            (dynamodb, "_condition_syntax_error", "5213f1ffac34"),
            (dynamodb, "_number_size_bytes", "b88f1324ce67"),
            (iam_actions, "dynamodb_resource_arns", "a7186900d54a"),
        ],
        _apply,
    ),
)
