"""The cells of a text file: encoding, delimiter and header, found if not told.

Everything that makes a file unreadable becomes a UserError here, and nowhere else.
"""

from __future__ import annotations

import csv
import gzip
import html
import io
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, cast

from trafficctl.cli.text_files import encoding_of
from trafficctl.errors import UserError
from trafficctl.replay.mapping import FileFormat, normal

DELIMITERS = ";\t|,"
NAMES = {"\t": "tab", ";": "semicolon", "|": "vertical bar"}
_SEP = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
_ATTRIBUTE = re.compile(r'([\w.:-]+)="([^"]*)"')

Line = tuple[int, list[str]]


class Table:
    """The lines of a file as cells, each with its number; the header apart."""

    def __init__(self, path: Path, told: FileFormat, wanted: set[str]) -> None:
        self._path, self._told, self._wanted = path, told, wanted
        self.header: list[str] = list(told.header)
        self.encoding = told.encoding or ""
        self.delimiter = told.delimiter or ","
        self._number = 0

    def lines(self) -> Iterator[Line]:
        """Read the file; `header` and `delimiter` are known from the first line on."""
        try:
            with self._opened() as text:
                if self._told.element:
                    yield from self._elements(text)
                else:
                    yield from self._rows(text)
        except (UnicodeError, LookupError) as exc:
            raise self._unreadable(exc) from exc
        except csv.Error as exc:
            raise UserError(
                f"{self._path.name} line {self._number + 1}: {exc} - does a quotation "
                "mark open in this line that is never closed? Correct it, or save the "
                "file again as CSV"
            ) from exc
        except (EOFError, zlib.error) as exc:
            message = f"{self._path.name}: {exc} - the gzip file is damaged"
            raise UserError(f"{message}: fetch it again") from exc

    def notes(self) -> list[str]:
        """What was found of the way in which the file is written."""
        found = []
        if self.encoding.startswith("utf-16"):
            found.append("UTF-16")
        if self.delimiter in NAMES and not self._told.delimiter:
            found.append(f"delimiter {NAMES[self.delimiter]}")
        return found

    def _opened(self) -> IO[str]:
        opened: Callable[[Path], IO[bytes]] = _open
        begin = _first_bytes(opened, self._path)
        if begin.startswith(b"\x1f\x8b"):
            opened = _open_gzip
            begin = _first_bytes(opened, self._path)
        if begin == b"PK\x03\x04":
            message = f"{self._path.name}: a ZIP archive or an Excel workbook"
            raise UserError(f"{message} - unpack it, or save it as CSV")
        self.encoding = self.encoding or encoding_of(begin)
        return io.TextIOWrapper(opened(self._path), self.encoding, newline="")

    def _rows(self, text: IO[str]) -> Iterator[Line]:
        lines = self._without_comments(text)
        begin: list[str] = []
        for line in lines:
            begin.append(line)
            if line.strip():
                break
        if not self._told.delimiter:
            self.delimiter = self._found(begin[-1] if begin else "")
        reader = csv.reader(chain(begin, lines), delimiter=self.delimiter, strict=True)
        for cells in reader:
            self._number = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if self.header:
                yield reader.line_num, cells
            else:
                self.header = cells

    def _without_comments(self, text: IO[str]) -> Iterator[str]:
        """The lines, with an empty one for each that is a comment or `sep=;`."""
        before_header = True
        for line in text:
            separator = _SEP.fullmatch(line) if before_header else None
            if separator and not self._told.delimiter:
                self.delimiter = separator[1]
                self._wanted = set()
            comment = self._told.comment
            is_comment = bool(comment) and line.lstrip().startswith(comment)
            left_out = separator is not None or is_comment
            before_header = before_header and (left_out or not line.strip())
            yield "\n" if left_out else line

    def _found(self, header: str) -> str:
        """The delimiter that makes most of the wanted columns of the header."""
        if not self._wanted:
            return self.delimiter

        def fit(delimiter: str) -> tuple[int, int]:
            names = [normal(one.strip(' "')) for one in header.split(delimiter)]
            return len(self._wanted & set(names)), len(names)

        return max(DELIMITERS, key=fit)

    def _elements(self, text: IO[str]) -> Iterator[Line]:
        element = re.compile(rf"<{re.escape(self._told.element)}\s([^>]*)(>?)")
        for number, line in enumerate(text, 1):
            for found in element.finditer(line):
                if not found[2]:
                    raise UserError(
                        f"{self._path.name} line {number}: <{self._told.element}> does "
                        "not end in this line - write each element into one line"
                    )
                row = dict(_ATTRIBUTE.findall(found[1]))
                self.header = self.header or list(row)
                yield number, [html.unescape(row.get(n, "")) for n in self.header]

    def _unreadable(self, exc: Exception) -> UserError:
        name = self._path.name
        if isinstance(exc, LookupError):
            return UserError(f"{name}: {exc} - correct file.encoding of the mapping")
        place = name
        if self.encoding == "utf-8-sig":
            with self._path.open("rb") as raw:
                number = next((n for n, b in enumerate(raw, 1) if not _is_utf8(b)), 0)
            place = f"{name} line {number}" if number else name
        wanted = self.encoding.removesuffix("-sig").upper()
        return UserError(
            f"{place}: expected {wanted}, got other bytes ({exc}) - save the file as "
            'UTF-8, or name its encoding in a mapping: encoding = "cp1252" under [file]'
        )


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _open_gzip(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path))


def _first_bytes(opened: Callable[[Path], IO[bytes]], path: Path) -> bytes:
    with opened(path) as raw:
        return raw.read(4)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
