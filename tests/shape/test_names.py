"""Each class has a name of its own."""

from __future__ import annotations

import ast
from collections import Counter

from .sources import modules, parsed


def _class_names() -> Counter[str]:
    """How often each class name is defined in `src`."""
    return Counter(
        node.name
        for _, path in modules("src")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    )


def test_no_class_name_occurs_twice() -> None:
    repeated = {name for name, times in _class_names().items() if times > 1}

    assert repeated == set()
