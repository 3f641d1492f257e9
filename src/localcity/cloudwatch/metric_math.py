"""Metric math, as far as alarms use it: a pure function over one period's values.

Known: + - * /, comparisons, AND, OR, IF, FILL with a number, and MAX, MIN, SUM and AVG
of a list. An absent value makes whatever needs it absent; so does a division by 0.
"""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Value = float | None

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_LISTS: dict[str, Callable[[Sequence[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}
_WORDS = {"AND": "and", "OR": "or", "&&": "and", "||": "or"}


class MathError(Exception):
    """An expression that is not understood here; the message names the part."""


def calculate(expression: str, values: Mapping[str, Value]) -> Value:
    """The value of `expression` where each id has the value given; None is absent.

    MathError if it uses what is not known here, or an id without a metric.
    """
    return _value(_parsed(expression), values)


def check(expression: str, ids: Sequence[str]) -> None:
    """Raise MathError unless `expression` can be calculated from these ids."""
    calculate(expression, dict.fromkeys(ids, 1.0))


@functools.lru_cache(maxsize=256)
def _parsed(expression: str) -> ast.expr:
    words = re.sub(r"\bAND\b|\bOR\b|&&|\|\|", lambda m: _WORDS[m[0]], expression)
    try:
        return ast.parse(words.strip(), mode="eval").body
    except SyntaxError as exc:
        raise MathError(f"no expression: {expression}") from exc


def _value(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _apply(operator.sub, 0.0, _value(operand, values))
        case ast.BinOp(left, op, right) | ast.Compare(left, [op], [right]) if (
            type(op) in _OPERATORS
        ):
            pair = _value(left, values), _value(right, values)
            return _apply(_OPERATORS[type(op)], *pair)
        case ast.BoolOp(op, parts):
            return _joined(op, [_value(part, values) for part in parts])
        case ast.Call(ast.Name(id=name), arguments):
            return _called(name, arguments, values)
    raise MathError(f"not known here: {ast.unparse(node)}")


def _apply(operation: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return float(operation(left, right))
    except ZeroDivisionError:
        return None


def _joined(op: ast.boolop, parts: Sequence[Value]) -> Value:
    if None in parts:
        return None
    return float(all(parts) if isinstance(op, ast.And) else any(parts))


def _called(
    name: str, arguments: Sequence[ast.expr], values: Mapping[str, Value]
) -> Value:
    match name, arguments:
        case "IF", [condition, chosen]:
            return _chosen(condition, chosen, None, values)
        case "IF", [condition, chosen, other]:
            return _chosen(condition, chosen, other, values)
        case "FILL", [filled, instead]:
            result = _value(filled, values)
            return result if result is not None else _value(instead, values)
        case _, [ast.List(elts=listed)] if name in _LISTS:
            present = [v for v in (_value(e, values) for e in listed) if v is not None]
            return float(_LISTS[name](present)) if present else None
    raise MathError(f"not known here: {name} with {len(arguments)} arguments")


def _chosen(
    condition: ast.expr,
    chosen: ast.expr,
    other: ast.expr | None,
    values: Mapping[str, Value],
) -> Value:
    """Both branches are worked out, so that a fault in either is found at once."""
    holds = _value(condition, values)
    branches = _value(chosen, values), None if other is None else _value(other, values)
    return None if holds is None else branches[0 if holds else 1]
