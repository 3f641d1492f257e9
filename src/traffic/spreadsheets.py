"""Texts in CSV files that people open in a spreadsheet."""

from __future__ import annotations

import re

# A spreadsheet calculates what begins with one of these, also after a separator of its
# language. The page's export has the same rule.
FORMULA = r"(^|[;\t\r\n])(\s*[=+\-@＝＋－＠])"  # noqa: RUF001 - as Excel reads them
_FORMULA = re.compile(FORMULA)


def as_text(text: str) -> str:
    """Return *text* with an apostrophe where a spreadsheet would calculate it."""
    return _FORMULA.sub(r"\1'\2", text)
