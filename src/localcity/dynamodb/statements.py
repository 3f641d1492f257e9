"""A plain UPDATE of a batch, without what MiniStack does for every other statement.

Plain is: each value is a parameter, and what WHERE asks for is equality of whole
attributes. Such a statement is planned once by its text. Where anything is not as the
plan expects (a condition that does not hold, an item that is missing, a parameter that
may be wrong), MiniStack itself carries the statement out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import dynamodb

from localcity.dynamodb.speed import at_most_bytes
from localcity.patching import Patch

MAX_PLANS = 1_024
_RETURNING = re.compile(r"\s+RETURNING\s+", re.IGNORECASE)
_LONGEST_PLAIN_NUMBER = 18

Values = list[Any]
Handler = Callable[[Any], Any]


@dataclass(frozen=True)
class Plan:
    """What a statement does, with places in its parameters for values."""

    table: str
    parameters: int
    sets: tuple[tuple[str, int], ...]
    removes: tuple[str, ...]
    equal: tuple[tuple[str, int], ...]


def plan_of(statement: str, values: Values) -> Plan | None:
    """What a plain UPDATE does, as MiniStack reads it; None for all else."""
    marks = [dict(value) for value in values]  # so that each is known by its identity
    places = {id(mark): place for place, mark in enumerate(marks)}
    try:
        parsed = dynamodb._parse_partiql(statement, marks)
        if parsed["op"] != "UPDATE" or parsed["returning"] or parsed["from_first"]:
            return None
        return Plan(
            table=parsed["table"],
            parameters=len(values),
            sets=tuple(
                (_only(parts), _place(node, places))
                for parts, node in parsed["assignments"] or ()
            ),
            removes=tuple(_only(parts) for parts in parsed["removes"] or ()),
            equal=tuple(_equalities(parsed["where"], places)),
        )
    except (ValueError, TypeError, KeyError):
        return None


def _only(parts: Any) -> str:
    """The name of a whole attribute."""
    (name,) = parts
    if not isinstance(name, str):
        raise TypeError(name)
    return name


def _place(node: Any, places: dict[int, int]) -> int:
    kind, mark, *_ = node
    if kind != "lit":
        raise TypeError(kind)
    return places[id(mark)]


def _equalities(node: Any, places: dict[int, int]) -> list[tuple[str, int]]:
    kind = node[0]
    if kind == "and":
        return _equalities(node[1], places) + _equalities(node[2], places)
    _cmp, operator, left, right = node
    if (kind, operator, left[0]) != ("cmp", "=", "path"):
        raise TypeError(kind)
    return [(_only(left[1]), _place(right, places))]


_plans: dict[str, Plan | None] = {}


def _known_plan(statement: str, values: Values) -> Plan | None:
    if statement in _plans:
        return _plans[statement]
    if len(_plans) >= MAX_PLANS:
        _plans.clear()
    is_update = statement.startswith("UPDATE") and not _RETURNING.search(statement)
    plan = plan_of(statement, values) if is_update else None
    if plan is not None:  # else another's values may be plain
        _plans[statement] = plan
    return plan


def carried_out(statement: Any) -> dict[str, Any] | None:
    """The entry that answers a plain UPDATE; None if MiniStack has to carry it out."""
    text, values = statement.get("Statement"), statement.get("Parameters")
    if not isinstance(text, str) or not isinstance(values, list):
        return None
    if not all(map(_is_well, values)):
        return None
    plan = _known_plan(text, values)
    if plan is None or plan.parameters != len(values):
        return None
    return _updated(plan, values)


def _is_well(value: Any) -> bool:
    """Whether a parameter is a text, a number or bytes that MiniStack takes."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, text),) = value.items()
    if not isinstance(text, str):
        return False
    if kind == "N":
        return _is_plain(text) or dynamodb._partiql_number_param_error(text) is None
    return kind in ("S", "B")


def _is_plain(number: str) -> bool:
    is_short = len(number) <= _LONGEST_PLAIN_NUMBER and number.isascii()
    return is_short and number.replace(".", "", 1).isdecimal()


def _updated(plan: Plan, values: Values) -> dict[str, Any] | None:
    table = dynamodb._tables.get(plan.table)
    if not table:
        return None
    wanted = {name: values[place] for name, place in plan.equal}
    key = _key(table, wanted)
    item = table["items"].get(key[0], {}).get(key[1]) if key else None
    if item is None or len(wanted) != len(plan.equal):
        return None
    if any(item.get(name) != value for name, value in wanted.items()):
        return None  # refused, or equal in another form
    after = dict(item)
    for name, place in plan.sets:
        after[name] = values[place]
    for name in plan.removes:
        after.pop(name, None)
    if at_most_bytes([after]) > dynamodb._DDB_ITEM_MAX_BYTES:
        return None
    dynamodb._set_item(table, *key, after)
    return {"TableName": plan.table}


def _key(table: Any, wanted: dict[str, Any]) -> Any:
    """Where an item lies by its key; None if the statement does not name all of it."""
    pk_name, sk_name = table.get("pk_name"), table.get("sk_name")
    if pk_name not in wanted or (sk_name and sk_name not in wanted):
        return None
    sort = dynamodb._extract_key_val(wanted[sk_name]) if sk_name else "__no_sort__"
    return dynamodb._extract_key_val(wanted[pk_name]), sort


def batched(execute: Handler) -> Handler:
    """BatchExecuteStatement: what is plain here, each other by MiniStack, in order."""

    def run(data: Any) -> Any:
        statements = data.get("Statements")
        if not _is_batch(statements) or data.get("ReturnConsumedCapacity", "NONE") != (
            "NONE"
        ):
            return execute(data)
        entries = [carried_out(one) or _by(execute, one) for one in statements]
        return dynamodb.json_response({"Responses": entries})

    return run


def _is_batch(statements: Any) -> bool:
    if not isinstance(statements, list):
        return False
    is_short = 0 < len(statements) <= dynamodb._DDB_BATCH_PARTIQL_MAX
    return is_short and all(isinstance(one, dict) for one in statements)


def _by(execute: Handler, statement: Any) -> Any:
    _status, _headers, body = execute({"Statements": [statement]})
    return json.loads(body)["Responses"][0]


def _apply() -> None:
    dynamodb._batch_execute_statement = batched(dynamodb._batch_execute_statement)


PATCHES = (
    Patch(
        "plain updates",
        "each statement of a batch is parsed again and copies its whole item twice",
        [
            (dynamodb, "_DDB_BATCH_PARTIQL_MAX"),
            (dynamodb, "_DDB_ITEM_MAX_BYTES"),
            (dynamodb, "_tables"),
            (dynamodb, "json_response"),
        ],
        [
            (dynamodb, name, known)
            for name, known in {
                "_batch_execute_statement": "122071342bc6",
                "_execute_statement": "eb23887a1366",
                "_partiql_update": "ca421900a6ad",
                "_partiql_key_target": "53f293ca9d0c",
                "_partiql_parameter_error": "87be27747dc5",
                "_partiql_number_param_error": "a24ffa87c890",
                "_compare_ddb": "59740ef65163",
                "_extract_key_val": "faaaf17a7c39",
                "_set_item": "4e78ad492132",
            }.items()
        ],
        _apply,
    ),
)
