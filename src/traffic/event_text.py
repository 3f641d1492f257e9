"""Text that is safe inside the quoted template of an EventBridge input transformer.

EventBridge inserts event values unescaped: a quote in a road name would end the string,
and the alert would not be delivered.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_REPLACEMENTS = {'"': "'", "\\": "/"}


def escape_for_input_transformer(text: str) -> str:
    """Return *text* with `'` for `"`, `/` for a backslash, a space for controls."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return _REPLACEMENTS.get(match.group(), " ")
