"""Small modules, small functions."""

from __future__ import annotations

import statistics

from .sources import CODE, functions, modules

MODULE_LINES = 300
FUNCTION_LINES = 40
MEDIAN_LINES = 8

# The loops that every reading goes through: a call per reading would cost more than all
# that it does.
LONGEST = {
    "src/traffic/segment/calm_fold.py:_add_readings": 68,
    "src/traffic/segment/fold.py:_accumulate": 62,
}


def test_no_module_is_longer_than_a_few_screens() -> None:
    lengths = {
        name: len(path.read_text().splitlines()) for name, path in modules(*CODE)
    }

    assert {name: n for name, n in lengths.items() if n > MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{module}:{name}": length
        for module, path in modules(*CODE)
        for name, length in functions(path)
    }

    too_long = {
        name: n for name, n in lengths.items() if n > LONGEST.get(name, FUNCTION_LINES)
    }
    assert too_long == {}


def test_most_functions_are_a_few_lines() -> None:
    lengths = [n for _, path in modules("src") for _, n in functions(path)]

    assert statistics.median(lengths) <= MEDIAN_LINES
