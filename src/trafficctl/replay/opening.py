"""The bytes of a file, unpacked by gzip; what is no text is refused by its name."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import IO, cast

from trafficctl.errors import UserError

MOST = 512  # first bytes; a tar archive names itself at 257
UNPACK, SAVE = "unpack it", "save it as CSV"
OTHERS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", f"{UNPACK}, or {SAVE}"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", SAVE),
    (b"PAR1", "a Parquet file", SAVE),
    (b"\xfd7zXZ", "a file packed by xz", UNPACK),
    (b"(\xb5/\xfd", "a file packed by zstd", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
)
_BZIP2 = re.compile(rb"BZh[1-9]1AY&SY")
_OTHER_TEXT = re.compile(r"\s*(<|\{|\[\s*[\[{\"])")


def opened(path: Path) -> tuple[IO[bytes], bytes]:
    """A file from its first byte on, and its first bytes. Raises UserError."""
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a pipe or a device"
        raise UserError(
            f"{path}: {kind}, and a replay reads a file, several times - give a file"
        )
    begin = _first_bytes(path.open("rb"))
    is_gzip = begin.startswith(b"\x1f\x8b")
    if is_gzip:
        begin = _first_bytes(_unpacked(path))
    if other := _other(begin):
        raise UserError(f"{path.name}: {other}")
    return (_unpacked(path) if is_gzip else path.open("rb")), begin


def is_no_table(begin: bytes, encoding: str) -> bool:
    """Whether a text begins as HTML, XML or JSON do."""
    text = begin.decode(encoding, "ignore").lstrip("\ufeff")
    return _OTHER_TEXT.match(text) is not None


def _unpacked(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path))


def _first_bytes(stream: IO[bytes]) -> bytes:
    with stream:
        return stream.read(MOST)


def _other(begin: bytes) -> str | None:
    """What a file is that is no text, and what to do."""
    for magic, kind, advice in OTHERS:
        if begin.startswith(magic):
            return f"{kind} - {advice}"
    if _BZIP2.match(begin):
        return f"a file packed by bzip2 - {UNPACK}"
    return f"a tar archive - {UNPACK}" if begin[257:262] == b"ustar" else None
