"""What a page states, by its numbers and names: prose may change, facts may not."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"(?<=[.!?])(?:\*\*)?\s+(?=[A-Z0-9*`\"(])")
_BULLET = re.compile(r"^\s*(?:[-*] |\d+\. )")
_NAMED = re.compile(r"^- ((?:`[^`]+`(?:, )?)+)(?:: (.+))?$", re.M)
_NAME = re.compile(r"`([^`]+)`")


def states(page: str, *facts: object) -> bool:
    """Whether one sentence or table row of *page* has every one of *facts*."""
    patterns = [_pattern(str(fact)) for fact in facts]
    return any(
        all(pattern.search(sentence) for pattern in patterns)
        for sentence in sentences(page)
    )


def named(part: str) -> list[tuple[list[str], str]]:
    """Return the names and the meaning of each list item "`a`, `b`: meaning"."""
    return [(_NAME.findall(names), meaning) for names, meaning in _NAMED.findall(part)]


def names(part: str) -> list[str]:
    """Return the names that the list items of *part* begin with."""
    return [name for item, _ in named(part) for name in item]


def sentences(page: str) -> Iterator[str]:
    """Yield each table row, and each sentence of a paragraph or list item."""
    for block in _blocks(page):
        yield from _END.split(block)


def _blocks(page: str) -> Iterator[str]:
    lines: list[str] = []
    for line in [*page.splitlines(), ""]:
        is_row = line.startswith("|")
        if lines and (is_row or not line.strip() or _BULLET.match(line)):
            yield " ".join(lines)
            lines = []
        if is_row:
            yield line
        elif line.strip():
            lines.append(line.strip())


def _pattern(fact: str) -> re.Pattern[str]:
    """Match *fact* as a whole: "20" is neither in "200" nor in "20,000" or "1.20"."""
    return re.compile(rf"(?<![\w])(?<!\d[.,]){re.escape(fact)}(?!\w|[.,]\d)")
