"""The elements of one name in an XML file, read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from trafficctl.cli.wrong_input import first_of
from trafficctl.errors import UserError

PIECE = 65_536  # characters
MOST_NAMED = 10

Element = tuple[int, dict[str, str]]


def elements(text: IO[str], name: str, source: str) -> Iterator[Element]:
    """The line and the attributes of each element. Raises UserError."""
    batch: list[Element] = []
    others: dict[str, None] = {}
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == name:
            batch.append((parser.CurrentLineNumber, attributes))
        elif len(others) <= MOST_NAMED:
            others.setdefault(tag)

    def doctype(*_: object) -> None:
        raise UserError(
            f"{source} line {parser.CurrentLineNumber}: a document type (<!DOCTYPE>) "
            "is not read, as it may define endless text - remove it"
        )

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    is_empty = True
    for piece in _pieces(text):
        _parse(parser, piece, source)
        is_empty = is_empty and not batch
        yield from batch
        batch.clear()
    if is_empty:
        names = ", ".join(first_of([*others], MOST_NAMED, "more"))
        raise UserError(
            f"{source}: no element <{name}>, but {names} - correct element under "
            "[file] of the mapping"
        )


def _pieces(text: IO[str]) -> Iterator[str]:
    """The text, and an empty piece where it ends."""
    while piece := text.read(PIECE):
        yield piece
    yield ""


def _parse(parser: expat.XMLParserType, piece: str, source: str) -> None:
    try:
        parser.Parse(piece, not piece)
    except expat.ExpatError as exc:
        what = expat.ErrorString(exc.code)
        raise UserError(
            f"{source} line {exc.lineno}: not well-formed XML ({what}) - is the "
            "file complete? Fetch it again, or correct it"
        ) from exc
