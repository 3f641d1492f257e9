"""README.md lists each correction to MiniStack, as the code has it."""

from __future__ import annotations

from localcity.corrections import page
from localcity.emulator import PATCHES
from localcity.patching import Patch
from tests.shape.sources import ROOT

README = ROOT / "src" / "localcity" / "README.md"


def test_the_readme_is_what_the_code_prints() -> None:
    assert README.read_text() == page(), (
        "run `python -m localcity.corrections > src/localcity/README.md`"
    )


def test_each_correction_has_a_row_with_its_reason() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| ")]

    assert len(rows) - rows.count("| correction | reason | replaces |") == len(PATCHES)
    for patch in PATCHES:
        assert any(row.startswith(f"| {patch.name} | {patch.reason} |") for row in rows)


def test_a_correction_stands_under_the_folder_of_its_service() -> None:
    patches = [Patch("quick", "it is slow", [], [(str, "lower", "0")], make)]

    assert page(patches).endswith(
        "## unit\n\n| correction | reason | replaces |\n|---|---|---|\n"
        "| quick | it is slow | `str.lower` |\n"
    )


def make() -> None:
    """A correction of this module, which lies in the folder `unit` of `tests`."""
