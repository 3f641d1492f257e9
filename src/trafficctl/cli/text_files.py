"""Text files as people save them: UTF-8 with or without a BOM, or UTF-16."""

from __future__ import annotations

import codecs

from trafficctl.errors import UserError

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_of(begin: bytes) -> str:
    """The encoding of a file that begins with these bytes."""
    return "utf-16" if begin.startswith(UTF_16) else "utf-8-sig"


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
