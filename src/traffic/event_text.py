"""Text that a rule of EventBridge may put between the quotes of its own text.

EventBridge puts the values of an event into a target's text as they are: a quote in a
road's name would end that text, and the alert would reach nobody.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_INSTEAD = {'"': "'", "\\": "/"}


def quotable(text: str) -> str:
    """Return the text with `'` for `"`, `/` for a backslash, a blank for controls."""
    return _UNSAFE.sub(_replaced, text)


def _replaced(found: re.Match[str]) -> str:
    return _INSTEAD.get(found.group(), " ")
