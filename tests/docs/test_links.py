"""Links between the pages lead to a file and a heading that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..shape.sources import ROOT, documents

LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)
CODE = re.compile(r"^```.*?^```", re.M | re.S)


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {anchor(one) for one in HEADING.findall(CODE.sub("", page.read_text()))}


def test_links_lead_to_files_and_headings_that_exist() -> None:
    broken = set()
    for page in documents():
        for target, part in LINK.findall(page.read_text()):
            to = page.parent / target if target else page
            is_broken = not to.exists() or (part and part not in anchors(to))
            if "://" not in target and is_broken:
                broken.add(f"{page.relative_to(ROOT)}: {target}#{part}")

    assert broken == set()


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Look first", "look-first"),
        ("`road_segments`", "road_segments"),
        ("New, duplicate or stale", "new-duplicate-or-stale"),
    ],
)
def test_an_anchor_is_the_heading_in_small_letters(heading: str, expected: str) -> None:
    assert anchor(heading) == expected
