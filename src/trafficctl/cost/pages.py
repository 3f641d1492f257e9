"""Tables and lists of the docs, which the command that calculates them writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table whose first columns, so many, are text, and the others numbers."""
    ruled = ["---" if n < texts else "---:" for n in range(len(head))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ruled, *rows))


def bullets(rows: Iterable[Sequence[str]]) -> str:
    """A list of each row's first cell with the others: fewer words than a table."""
    return "".join(f"- {name}: {'; '.join(cells)}\n" for name, *cells in rows)


def marked(page: str, tables: Mapping[str, str]) -> str:
    """The page with each table between `<!-- its name -->` and `<!-- end -->`."""
    for name, text in tables.items():
        begins, ends = f"<!-- {name} -->\n", "<!-- end -->"
        before, begun, rest = page.partition(begins)
        if begun:
            page = before + begins + text + ends + rest.partition(ends)[2]
    return page
