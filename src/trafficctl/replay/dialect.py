"""The cells of a text file: encoding, delimiter and header, found if not told.

Everything that makes a file unreadable becomes a UserError here, and nowhere else.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO

from trafficctl.cli.text_files import encoding_of
from trafficctl.errors import UserError
from trafficctl.replay import opening, xml_file
from trafficctl.replay.mapping import FileFormat, normal

SAMPLE = 500  # lines in which the decimal sign is looked for, and names of attributes
DELIMITERS = ";\t|,"
NAMES = {"\t": "tab", ";": "semicolon", "|": "vertical bar"}
_SEP = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)

Line = tuple[int, list[str]]


class Table:
    """The lines of a file as cells, each with its number; the header apart."""

    def __init__(self, path: Path, form: FileFormat, wanted: set[str]) -> None:
        self._path, self._form, self._wanted = path, form, wanted
        self.header: list[str] = list(form.header)
        self.encoding = form.encoding or ""
        self.delimiter = form.delimiter or ","
        self.comments = 0  # after the header
        self._number = 0

    def lines(self) -> Iterator[Line]:
        """Read the file; `header` and `delimiter` are known from the first line on."""
        self.comments = 0
        try:
            with self._opened() as text:
                if self._form.element:
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
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            message = f"{self._path.name}: {exc} - the gzip file is damaged"
            raise UserError(f"{message}: fetch it again") from exc

    def notes(self) -> list[str]:
        """What was found of the way in which the file is written."""
        features = []
        if self.encoding.startswith(("utf-16", "utf-32")):
            features.append(self.encoding[:6].upper())
        if self.delimiter in NAMES and not self._form.delimiter:
            features.append(f"delimiter {NAMES[self.delimiter]}")
        return features

    def _opened(self) -> IO[str]:
        stream, begin = opening.opened(self._path)
        self.encoding = encoding_of(begin, self._form.encoding)
        if not self._form.element and opening.is_no_table(begin, self.encoding):
            stream.close()
            raise UserError(
                f"{self._path.name}: HTML, XML or JSON, not CSV - did the download "
                "fail? Of XML, name the element in a mapping (--columns)"
            )
        return io.TextIOWrapper(stream, self.encoding, newline="")

    def _rows(self, text: IO[str]) -> Iterator[Line]:
        lines = self._without_comments(text)
        begin: list[str] = []
        for line in lines:
            begin.append(line)
            if line.strip():
                break
        if not self._form.delimiter:
            self.delimiter = self._delimiter_of(begin[-1] if begin else "")
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
            if separator and not self._form.delimiter:
                self.delimiter = separator[1]
                self._wanted = set()
            comment = self._form.comment
            is_comment = bool(comment) and line.lstrip().startswith(comment)
            left_out = separator is not None or is_comment
            self.comments += is_comment and not before_header
            before_header = before_header and (left_out or not line.strip())
            yield "\n" if left_out else line

    def _delimiter_of(self, header: str) -> str:
        """The delimiter that makes most of the wanted columns of the header."""
        if not self._wanted:
            return self.delimiter

        def fit(delimiter: str) -> tuple[int, int]:
            names = [normal(one.strip(' "')) for one in header.split(delimiter)]
            return len(self._wanted & set(names)), len(names)

        return max(DELIMITERS, key=fit)

    def _elements(self, text: IO[str]) -> Iterator[Line]:
        """The attributes of each element, under the names of the first ones."""
        elements = xml_file.elements(text, self._form.element, self._path.name)
        first = list(islice(elements, SAMPLE))
        names = (name for _, attributes in first for name in attributes)
        self.header = self.header or list(dict.fromkeys(names))
        have = {normal(name) for name in self.header}
        for number, attributes in chain(first, elements):
            new = [n for n in attributes if normal(n) not in have]
            if late := [one for one in new if normal(one) in self._wanted]:
                raise UserError(
                    f"{self._path.name} line {number}: attribute {late[0]!r} first "
                    f"occurs here, after {SAMPLE} elements - name all columns by "
                    "header = [...] under [file] of a mapping"
                )
            yield number, [attributes.get(name, "") for name in self.header]

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


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
