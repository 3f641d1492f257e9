"""The files of the page, from the folder beside this code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Optional, Protocol

from .bundle import bundle
from .page import PageFile, page_file

WEB = Path(__file__).with_name("web")
# What index.html loads: not a file, but FIRST bundled with all that it imports.
SCRIPT, FIRST = "app/all.js", "app/main.js"


class Assets(Protocol):
    """Provides the files of the page."""

    def page(self, name: str) -> Optional[PageFile]:
        """Return the file of that name, None if there is none."""

    def version(self) -> str:
        """Return a text that changes whenever any of the files does."""


class FolderAssets:
    """The files below a folder, each read and compressed on first use.

    A name is looked up among those found there, never turned into a path: there is no
    way out of the folder. SCRIPT is there too, if FIRST is.
    """

    def __init__(self, root: Path = WEB) -> None:
        self._paths = {
            path.relative_to(root).as_posix(): path
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
        self._pages: dict[str, PageFile] = {}

    def page(self, name: str) -> Optional[PageFile]:
        """Return the file of that name, None if there is none."""
        if name not in self._pages:
            body = self._body(name)
            if body is None:
                return None
            self._pages[name] = page_file(name, body)
        return self._pages[name]

    def _body(self, name: str) -> Optional[bytes]:
        if name == SCRIPT and FIRST in self._paths:
            return _script(self._paths)
        path = self._paths.get(name)
        return None if path is None else path.read_bytes()

    def version(self) -> str:
        """Return a text that changes whenever any of the files does."""
        digest = hashlib.sha256()
        for name, path in self._paths.items():
            digest.update(name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:12]


def _script(paths: Mapping[str, Path]) -> bytes:
    folder = paths[FIRST].parent
    sources = {
        path.name: path.read_text(encoding="utf-8")
        for path in paths.values()
        if path.parent == folder and path.suffix == ".js"
    }
    return bundle(sources, paths[FIRST].name).encode()
