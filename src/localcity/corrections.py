"""Each correction of the emulator and its reason, as README.md lists them.

Run as `python -m localcity.corrections`.
"""

from __future__ import annotations

from collections.abc import Sequence

from localcity.emulator import PATCHES
from localcity.patching import Patch

INTRODUCTION = """\
# localcity

[MiniStack](https://pypi.org/project/ministack/) with the corrections that a city on
one machine needs. This package imports nothing of City Traffic, and City Traffic starts
it as a program:

```sh
python -m localcity.emulator
```

Each correction is a `Patch` (`patching.py`). It names the internals of MiniStack that
it uses, and the digest of each function that it replaces. If the installed MiniStack
differs, the emulator does not start and names the correction: either MiniStack does
this itself now and the correction can go, or the correction has to be adapted.

A correction lies in the folder of its service. This page is printed from the code by
`python -m localcity.corrections > src/localcity/README.md`; a test keeps it up to date.
"""


def page(patches: Sequence[Patch] = PATCHES) -> str:
    """README.md: every correction by its folder, in the order of their names."""
    folders: dict[str, list[Patch]] = {}
    for patch in patches:
        folders.setdefault(folder_of(patch), []).append(patch)
    return "\n".join([INTRODUCTION, *(_part(*one) for one in sorted(folders.items()))])


def folder_of(patch: Patch) -> str:
    """The folder that a correction is made in."""
    return patch.apply.__module__.split(".")[1]


def _part(folder: str, patches: Sequence[Patch]) -> str:
    rows = [_row(one) for one in sorted(patches, key=lambda one: one.name)]
    return "\n".join([f"## {folder}", "", *HEADER, *rows, ""])


HEADER = ("| correction | reason | replaces |", "|---|---|---|")


def _row(patch: Patch) -> str:
    replaced = sorted(f"`{_short(owner)}.{name}`" for owner, name, _ in patch.replaces)
    return f"| {patch.name} | {patch.reason} | {', '.join(replaced)} |"


def _short(owner: object) -> str:
    return str(getattr(owner, "__name__", owner)).rpartition(".")[2]


if __name__ == "__main__":
    print(page(), end="")
