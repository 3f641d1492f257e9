"""The page's modules arrive as one file that does what they do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import states
from tests.template.template import PARAMETERS
from traffic.live_map.assets import FIRST, SCRIPT, WEB, FolderAssets
from traffic.live_map.bundle import bundle

SOURCES = {
    "main.js": 'import {twice as double} from "./sums.js"\nimport {$} from "./dom.js"\n'
    'import {Map}\n  from "../vendor/lib.mjs"\n\n$(double(Map))\n',
    "sums.js": 'import {$} from "./dom.js"\n\nconst of = 2\n'
    "export const twice = n => of * n\n",
    "dom.js": "const of = 1\nexport const $ = id => id + of\nexport class Node {}\n"
    "export async function later() {}\n",
}


def test_each_module_comes_once_in_its_own_scope_after_what_it_needs() -> None:
    assert bundle(SOURCES, "main.js") == (
        'import {Map}\n  from "../vendor/lib.mjs"\n'
        "const modules = {}\n"
        "// dom.js\n"
        "modules['dom.js'] = (() => {\n"
        "const of = 1\nconst $ = id => id + of\nclass Node {}\n"
        "async function later() {}\n"
        "return {$, Node, later}\n})()\n"
        "// sums.js\n"
        "modules['sums.js'] = (() => {\n"
        "const {$} = modules['dom.js']\n\nconst of = 2\nconst twice = n => of * n\n"
        "return {twice}\n})()\n"
        "// main.js\n"
        "modules['main.js'] = (() => {\n"
        "const {twice: double} = modules['sums.js']\nconst {$} = modules['dom.js']\n"
        "\n$(double(Map))\n"
        "return {}\n})()\n"
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('import "./dom.js"\n', "got 'import \"./dom.js\"'"),
        ('import dom from "./dom.js"\n', "got 'import dom"),
        ('import * as dom from "./dom.js"\n', "got 'import [*]"),
        ("export default 1\n", "got 'export default 1'"),
        ("export let n = 1\n", "got 'export let"),
        ('export {$} from "./dom.js"\n', "got 'export {"),
        ('import {$} from "./gone.js"\n', "expected 'gone.js' beside 'main.js'"),
        ('import {a} from "./main.js"\n', r"no circle of imports, got \['main.js'"),
    ],
)
def test_what_can_not_be_joined_is_refused(source: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        bundle({**SOURCES, "main.js": source}, "main.js")


def test_every_module_of_the_page_is_in_the_one_that_it_loads() -> None:
    page = FolderAssets(WEB).page(SCRIPT)
    assert page is not None
    names = {path.name for path in (WEB / FIRST).parent.glob("*.js")}

    text = page.body.decode()
    assert {name for name in names if f"\nmodules['{name}'] = " in text} == names
    assert f'src="{SCRIPT}"' in (WEB / "index.html").read_text()


def test_a_browser_asks_for_five_files_at_once_as_is_told() -> None:
    named = set(
        re.findall(r'(?:href|src)="([^"#]+)"', (WEB / "index.html").read_text())
    )
    told = PARAMETERS["LiveApiReservedConcurrency"]
    page = (
        Path(__file__).parents[4] / "docs" / "explanation" / "live-map.md"
    ).read_text()

    assert len(named) == 5 <= told["Default"]
    assert "five concurrent requests" in " ".join(told["Description"].split())
    assert states(page, "8 files", len(named))


def test_a_folder_without_a_first_module_has_no_script(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("a")

    assert FolderAssets(tmp_path).page(SCRIPT) is None
