"""Text files as people save them: UTF-8, UTF-16 or UTF-32, with or without a mark."""

from __future__ import annotations

import codecs

from trafficctl.errors import UserError

MARKS = {  # the longer ones first: one begins with another
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Which of the first four bytes are zero, where these are ASCII characters (RFC 4627).
ZEROS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}


def encoding_of(begin: bytes, default: str | None = None) -> str:
    """The encoding of a file that begins with these bytes, four at least.

    A byte order mark says it, else *default*, else the bytes that are zero.
    """
    for mark, name in MARKS.items():
        if begin.startswith(mark):
            return name
    return default or ZEROS.get(tuple(byte == 0 for byte in begin[:4]), "utf-8-sig")


def decoded(data: bytes, source: str, advice: str = "save it as UTF-8") -> str:
    """The text of a file. Raises UserError with the line that is no text."""
    try:
        return data.decode(encoding_of(data))
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise UserError(
            f"{source} line {line}: byte 0x{data[exc.start]:02x} is not UTF-8 text - "
            f"{advice}"
        ) from exc
