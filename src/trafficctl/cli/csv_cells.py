"""Values as cells of CSV, which a spreadsheet never calculates."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from traffic.spreadsheets import as_text


def csv_cell(value: object) -> str | None:
    """A cell; an apostrophe keeps a text from being calculated, numbers stay."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json_text(value)
    if isinstance(value, (int, float, Decimal)):
        return text
    return as_text(text)


def json_text(value: object, indent: int | None = None) -> str:
    """JSON in which Decimal becomes int or float."""
    return json.dumps(value, indent=indent, ensure_ascii=False, default=_plain)


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    msg = f"cannot print {type(value).__name__} as JSON"
    raise TypeError(msg)
