"""Each module that a page, the Makefile or a docstring runs is there to be run."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from ..shape.sources import ROOT, documents, modules

RUN = re.compile(r"python -m ([a-z]\w*(?:\.\w+)*)")
OTHERS = {"pip", "pytest", "venv"}


def texts() -> list[Path]:
    """Return the files that tell people or make what to run."""
    code = [path for _name, path in modules("src", "bench")]
    pages = [*documents(), *sorted((ROOT / "src").rglob("*.md"))]
    return [*pages, ROOT / "Makefile", ROOT / ".ci" / "run", *code]


def named() -> list[str]:
    """Return the modules of our own that some text runs by `python -m`."""
    found = {name for path in texts() for name in RUN.findall(path.read_text())}
    return sorted(found - OTHERS)


@pytest.mark.parametrize("name", named())
def test_a_module_that_is_named_to_be_run_can_be(name: str) -> None:
    """Found without running it: some measure for minutes, or start the emulator."""
    spec = find_spec(name)
    assert spec is not None
    if spec.submodule_search_locations:
        spec = find_spec(f"{name}.__main__")
        assert spec is not None

    assert spec.origin is not None
    source = Path(spec.origin)
    runs = '__name__ == "__main__"' in source.read_text()
    assert runs or source.name == "__main__.py"
