"""The tab key completes commands, options and files, without starting Python."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from trafficctl.__main__ import build_parser, main
from trafficctl.completion import SHELLS, script
from trafficctl.reference import commands_of

# What bash does at the tab key: the words so far, and the function that completes them.
PRESS_TAB = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
[[ "$(complete -p trafficctl)" =~ -F\\ ([^ ]+) ]]
"${BASH_REMATCH[1]}" trafficctl "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def completion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "trafficctl"
    path.write_text(script(build_parser(), "bash"))
    return path


def completed(completion: Path, *words: str) -> list[str]:
    done = subprocess.run(
        ["/bin/bash", "-c", PRESS_TAB, "bash", str(completion), "trafficctl", *words],
        env={"PATH": "/usr/bin:/bin", "HOME": str(completion.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("seg",), ["segments"]),
        (("s",), ["sensors", "simulate", "segments"]),
        (("sensors", "re"), ["register", "revoke"]),
        (("segments", "--wo"), ["--worst"]),
        (("segments", "--level", ""), ["none", "high", "severe"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes_commands_options_and_choices(
    completion: Path, words: tuple[str, ...], expected: list[str]
) -> None:
    assert sorted(completed(completion, *words)) == sorted(expected)


@pytest.mark.parametrize(
    "words", [("roads", "load"), ("replay",), ("simulate", "--roads")]
)
def test_bash_completes_files_where_a_path_is_expected(
    completion: Path, words: tuple[str, ...]
) -> None:
    road = completion.parent / "city.geojson"
    road.touch()

    assert completed(completion, *words, f"{completion.parent}/ci") == [str(road)]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_knows_every_command(
    shell: str, capsys: Any
) -> None:
    assert main(["completion", shell]) == 0

    said = capsys.readouterr().out
    assert [name for name in commands_of(build_parser()) if name not in said] == []


def test_an_unknown_shell_is_wrong_usage(capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["completion", "tcsh"])

    assert stopped.value.code == 2
    assert "choose from" in capsys.readouterr().err
