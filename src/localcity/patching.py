"""How the extension changes MiniStack: named patches, checked before any is made.

A patch says what it is for, which of MiniStack's internals it leans on and what it
expects of them. If MiniStack changed underneath, the emulator refuses to start with
the name of the patch, rather than running a city with a hole in it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class ChangedError(Exception):
    """MiniStack is not as a patch expects it: the patch needs to be looked at."""


@dataclass(frozen=True)
class Patch:
    """One change: why it is made, what it needs, what it replaces, how it is made.

    `replaces` maps a function to the digest of its source as it was read when the
    patch was written: MiniStack may have grown what the patch adds.
    """

    name: str
    reason: str
    needs: Sequence[tuple[Any, str]]
    replaces: Sequence[tuple[Any, str, str]]
    apply: Callable[[], None]

    def verify(self) -> None:
        """Raise ChangedError where MiniStack differs from what was read."""
        for owner, name in self.needs:
            if not hasattr(owner, name):
                raise ChangedError(self._says(f"{_of(owner)}.{name} is gone"))
        for module, name, expected in self.replaces:
            actual = digest(getattr(module, name, None))
            if actual != expected:
                raise ChangedError(
                    self._says(
                        f"{_of(module)}.{name} has changed (digest {actual}, "
                        f"was {expected}): does MiniStack now do this by itself?"
                    )
                )

    def _says(self, what: str) -> str:
        return f"the patch {self.name!r} ({self.reason}) does not fit: {what}"


def digest(function: object) -> str:
    """A short digest of a function's source; `absent` if it is none."""
    if not callable(function):
        return "absent"
    source = inspect.getsource(inspect.unwrap(function))
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def install(patches: Sequence[Patch]) -> None:
    """Verify every patch, then make them all."""
    for patch in patches:
        patch.verify()
    for patch in patches:
        patch.apply()


def _of(owner: Any) -> str:
    return str(getattr(owner, "__name__", owner))
