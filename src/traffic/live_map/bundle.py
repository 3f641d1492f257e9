"""The modules of the page as one file: opening the page then takes a few requests.

An execution environment answers one request at a time: a browser that requests two
dozen files at once would start two dozen environments, or exceed the concurrency limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_IMPORT = re.compile(r'^import (\{[^}]*\})\s+from "([^"]+)"\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) ([\w$]+))", re.M)
_OTHER_FORM = re.compile(r"^(?:import|export)\b.*", re.M)


class _Module(NamedTuple):
    name: str
    needs: list[str]  # modules beside it, in the order it names them
    outside: list[str]  # whole import statements of what lies elsewhere
    text: str


def bundle(sources: Mapping[str, str], first: str) -> str:
    """Return *first* and all it imports, each in a scope of its own, in one module.

    *sources* are texts by file name; an import from another folder stays an import,
    relative to the same folder. Raises ValueError for an import other than `{names}`
    from a file, an export that is not before a function, class or const, a file that is
    missing, and a circle of imports.
    """
    modules = list(_in_import_order(sources, first, [], set()))
    outside = dict.fromkeys(line for module in modules for line in module.outside)
    scopes = (
        f"// {module.name}\nmodules[{module.name!r}] = (() => {{\n{module.text}}})()\n"
        for module in modules
    )
    return "".join((*outside, "const modules = {}\n", *scopes))


def _in_import_order(
    sources: Mapping[str, str], name: str, way: list[str], done: set[str]
) -> Iterator[_Module]:
    """Yield what a module needs before it, each once."""
    if name in way:
        raise ValueError(f"expected no circle of imports, got {[*way, name]}")
    if name in done:
        return
    if name not in sources:
        raise ValueError(f"expected {name!r} beside {(way or [name])[-1]!r}: not there")
    module = _read(name, sources[name])
    for needed in module.needs:
        yield from _in_import_order(sources, needed, [*way, name], done)
    done.add(name)
    yield module


def _read(name: str, source: str) -> _Module:
    needs: list[str] = []
    outside: list[str] = []

    def to_constant(match: re.Match[str]) -> str:
        names, place = match.groups()
        if not place.startswith("./"):
            outside.append(match[0])
            return ""
        needs.append(place[2:])
        return f"const {names.replace(' as ', ': ')} = modules[{place[2:]!r}]\n"

    text = _IMPORT.sub(to_constant, source)
    exports = ", ".join(_EXPORT.findall(text))
    text = _EXPORT.sub("", text)
    if other := _OTHER_FORM.search(text):
        raise ValueError(f"{name}: expected {{names}} of a file, got {other[0]!r}")
    return _Module(name, needs, outside, f"{text}return {{{exports}}}\n")
