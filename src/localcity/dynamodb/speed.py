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
        known, of, tree = last
        if known is statement and of is parameters:
            last = (_NOBODY, _NOBODY, _NOBODY)  # carrying it out may change it
            return tree
        tree = parse(statement, parameters)
        last = statement, parameters, tree
        return tree

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


class _Asked(msgspec.Struct):
    """What a request says of the attributes that it wants, the rest unread."""

    ProjectionExpression: msgspec.Raw = msgspec.Raw()
    AttributesToGet: msgspec.Raw = msgspec.Raw()
    Select: msgspec.Raw = msgspec.Raw()


_asked = msgspec.json.Decoder(_Asked).decode


def of_what_is_asked(context: Callable[..., Any]) -> Callable[..., Any]:
    """A request that names no attributes has nothing more to say to a policy."""

    def contextual(body: bytes) -> Any:
        try:
            request = _asked(body)
        except msgspec.MsgspecError:
            return context(body)
        named = request.ProjectionExpression, request.AttributesToGet, request.Select
        if any(map(bytes, named)):
            return context(body)
        return {"dynamodb:Select": "ALL_ATTRIBUTES"}

    return contextual


def at_most_bytes(items: list[Any]) -> int:
    """What the size of items is not above: their JSON names and quotes all of it."""
    try:
        return len(msgspec.json.encode(items))
    except (TypeError, ValueError):  # what JSON has no form for
        return sum(map(dynamodb._item_size_bytes, items))


def in_one_page(paginate: Callable[..., Any]) -> Callable[..., Any]:
    """Weigh items one by one only if they might not fit into a page."""

    def paged(items: list[Any], limit: Any, table: Any, index: Any = None) -> Any:
        most_bytes = dynamodb._DDB_PAGE_SIZE_BYTES
        is_all = limit is None and not index
        if is_all and at_most_bytes(items) < most_bytes:
            return list(items), False
        return paginate(items, limit, table, index)

    return paged


def of_whole_attributes(project: Callable[..., Any]) -> Callable[..., Any]:
    """Take attributes from an item; nothing is parsed again for the next item."""

    @functools.lru_cache(maxsize=MAX_STATEMENTS)
    def plainly(expression: str, names: tuple[tuple[str, str], ...]) -> Any:
        aliases = dict(names)
        project({}, expression, aliases)  # raises what is wrong with it
        paths = [path for path in expression.split(",") if path.strip()]
        parsed = [dynamodb._parse_projection_path(path, aliases) for path in paths]
        if any(len(parts) != 1 or parts[0][0] != "name" for parts in parsed):
            return None
        return tuple(parts[0][1] for parts in parsed)

    def projected(item: Any, expression: Any, names: Any) -> Any:
        try:
            wanted = plainly(expression, tuple(names.items()) if names else ())
        except (ValueError, TypeError, AttributeError):
            wanted = None
        if not wanted:
            return project(item, expression, names)
        compact = dynamodb._compact_projection
        attributes = {name: item[name] for name in wanted if name in item}
        return {name: compact(value) for name, value in attributes.items()}

    return projected


def _apply() -> None:
    keywords: Any = _dynamodb_keywords
    keywords._tokenize = of_texts(keywords._tokenize, MAX_STATEMENTS)
    dynamodb._parse_partiql = once(dynamodb._parse_partiql)
    dynamodb._condition_syntax_error = of_texts(
        dynamodb._condition_syntax_error, MAX_STATEMENTS
    )
    dynamodb._number_size_bytes = of_texts(dynamodb._number_size_bytes, MAX_NUMBERS)
    dynamodb._paginate_evaluated_items = in_one_page(dynamodb._paginate_evaluated_items)
    dynamodb._project_item = of_whole_attributes(dynamodb._project_item)
    actions: Any = iam_actions
    actions.dynamodb_resource_arns = at_a_glance(actions.dynamodb_resource_arns)
    actions.dynamodb_service_context = of_what_is_asked(
        actions.dynamodb_service_context
    )


PATCHES = (
    Patch(
        "table speed",
        "statements and projections are read again for each item, letter by letter",
        [(dynamodb, "_DDB_PAGE_SIZE_BYTES")],
        [
            (dynamodb, "_parse_partiql", "34f90fe3b74e"),
            (_dynamodb_keywords, "_tokenize", "e02998de3036"),
            (dynamodb, "_condition_syntax_error", "5213f1ffac34"),
            (dynamodb, "_number_size_bytes", "b88f1324ce67"),
            (dynamodb, "_item_size_bytes", "9be41cc11f94"),
            (dynamodb, "_paginate_evaluated_items", "d70cfb58e3a2"),
            (dynamodb, "_attribute_value_size", "a57557cf9928"),
            (dynamodb, "_project_item", "d83ba049530b"),
            (dynamodb, "_compact_projection", "02495680fd60"),
            (dynamodb, "_parse_projection_path", "e0bbace28e3e"),
            (iam_actions, "dynamodb_resource_arns", "a7186900d54a"),
            (iam_actions, "dynamodb_service_context", "0f0021bdc8a3"),
        ],
        _apply,
    ),
)
