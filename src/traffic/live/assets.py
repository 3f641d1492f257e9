"""The files of the page, from the folder beside this code."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Optional, Protocol

from .pages import Page, page_of

WEB = Path(__file__).parents[1] / "web"


class Assets(Protocol):
    """Keeps the files of the page."""

    def page(self, name: str) -> Optional[Page]:
        """Return the file of that name, None if there is none."""

    def version(self) -> str:
        """Return a text that changes whenever any of the files does."""


class FolderAssets:
    """The files below a folder, each read and compressed when it is first asked for.

    A name is looked up among those found there, never turned into a path: there is no
    way out of the folder.
    """

    def __init__(self, root: Path = WEB) -> None:
        self._paths = {
            path.relative_to(root).as_posix(): path
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
        self._pages: dict[str, Page] = {}

    def page(self, name: str) -> Optional[Page]:
        """Return the file of that name, None if there is none."""
        if name not in self._paths:
            return None
        if name not in self._pages:
            self._pages[name] = page_of(name, self._paths[name].read_bytes())
        return self._pages[name]

    def version(self) -> str:
        """Return a text that changes whenever any of the files does."""
        digest = hashlib.sha256()
        for name, path in self._paths.items():
            digest.update(name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:12]
