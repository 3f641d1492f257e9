"""A page states a fact if one of its sentences or table rows has all of it."""

from __future__ import annotations

import pytest

from .pages import named, names, sentences, states

PAGE = """\
# Title

A sweep sends at most 10 mails. A token is valid
for 1,000 minutes.

- **One.** First, 0.5.
- Second `a_b`.

| kind | after |
|---|---|
| `stuck` | 20 readings |
"""


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (("10", "sweep"), True),
        ((10, "token"), False),
        (("token", "1,000 minutes"), True),
        (("1",), False),
        (("000",), False),
        (("5",), False),
        (("0.5",), True),
        (("`a_b`",), True),
        (("First", "Second"), False),
        (("`stuck`", 20), True),
        (("kind", "`stuck`"), False),
    ],
)
def test_a_fact_counts_in_one_sentence_and_as_a_whole(
    facts: tuple[object, ...], expected: bool
) -> None:
    assert states(PAGE, *facts) is expected


def test_a_sentence_may_run_over_several_lines() -> None:
    assert list(sentences(PAGE))[2] == "A token is valid for 1,000 minutes."


def test_a_list_item_tells_the_names_before_its_colon_only() -> None:
    part = "- `a`, `b_c`: as `d`: text\n- `e`\n- not `f`: text\n"

    assert named(part) == [(["a", "b_c"], "as `d`: text"), (["e"], "")]
    assert names(part) == ["a", "b_c", "e"]
