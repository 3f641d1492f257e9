"""The project's own files, as the tests of its shape read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("src", "bench", "tests")


def modules(*folders: str) -> Iterator[tuple[str, Path]]:
    """Name (relative to the project) and path of each module below *folders*."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path


def parsed(path: Path) -> ast.Module:
    """The syntax tree of one module."""
    return ast.parse(path.read_text(), str(path))


@cache
def imported(path: Path) -> Set[str]:
    """Every module that *path* names in an import, at any depth; "." if relative."""
    found = set[str]()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            if node.module:
                found.add(dots + node.module)
            else:
                found.update(dots + alias.name for alias in node.names)
    return frozenset(found)


@cache
def functions(path: Path) -> list[tuple[str, int]]:
    """Name and length in lines, docstring left out, of each function."""
    return [
        (node.name, _length(node))
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every file that belongs to the project."""
    paths = [path for path in ROOT.iterdir() if path.name != ".git"]
    for folder in (*CODE, "docs", "data", ".ci", ".github"):
        paths += (ROOT / folder).rglob("*")
    for path in sorted(paths):
        if path.is_file() and _ours(path):
            yield path.relative_to(ROOT).as_posix(), path.read_text(errors="replace")


def documents() -> list[Path]:
    """The pages that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def _ours(path: Path) -> bool:
    return not any(part.endswith((".egg-info", "__pycache__")) for part in path.parts)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or 0) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return lines
    docstring = node.body[0]
    return lines - ((docstring.end_lineno or 0) - docstring.lineno + 1)
