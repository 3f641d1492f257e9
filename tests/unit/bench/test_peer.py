"""The comparison with the peer measures what it is asked for, or says why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.events import Shape
from bench.peer import __main__ as peer
from bench.peer.pythons import REQUIREMENTS, interpreter
from bench.peer.shapes import DEFAULT_ROUNDS, SizeError, sizes_of

ROW = {
    "python": "3.9.18",
    "per_message": 25,
    "segments": 300,
    "ours": 400_000,
    "peer": 160_000,
    "floor": 3_000_000,
    "ratio": 2.5,
    "versions": {"pydantic": "2"},
}


def test_four_shapes_are_measured_unless_others_are_named() -> None:
    shapes, rounds = sizes_of({})
    named = sizes_of({"BENCH_PEER_SHAPES": "5x40", "BENCH_PEER_ROUNDS": "3"})

    assert rounds == DEFAULT_ROUNDS
    assert shapes == (
        Shape(1, 90, 10),
        Shape(1, 800, 10),
        Shape(25, 90, 25),
        Shape(25, 300, 25),
    )
    assert named == ((Shape(5, 40, 10),), 3)


@pytest.mark.parametrize(
    "name", ["0x90", "1x0", "-1x90", "1x-90", "1x5001", "201x90", "1", "x", "9e9x1"]
)
def test_a_size_that_cannot_be_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(SizeError, match=r"1-200.*1-5000.*25x300") as error:
        sizes_of({"BENCH_PEER_SHAPES": f"1x90 {name}"})

    assert repr(name) in str(error.value)


@pytest.mark.parametrize("rounds", ["0", "-3", "1001", "many", "1.5"])
def test_rounds_are_a_whole_number(rounds: str) -> None:
    with pytest.raises(SizeError, match="whole number, 1-1000"):
        sizes_of({"BENCH_PEER_ROUNDS": rounds})


def test_a_wrong_size_is_told_before_anything_is_installed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert peer.main({"BENCH_PEER_ROUNDS": "0"}) == 2
    assert "BENCH_PEER_ROUNDS is '0'" in capsys.readouterr().err


def test_a_missing_python_is_skipped_with_a_notice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}

    assert peer.main(nowhere) == 0
    told = capsys.readouterr().err
    assert "python3.9: not measured" in told
    assert "python3.13: not measured" in told


def python_at(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


def test_a_python_is_found_by_name_or_is_the_newest_of_pyenv(tmp_path: Path) -> None:
    """A name on the PATH may be pyenv's, which then refuses to run."""
    for release in ("3.9.9", "3.9.18", "3.8.20"):
        python_at(tmp_path / f"versions/{release}/bin/python3.9", "python3.9")
    broken = python_at(tmp_path / "shims/python3.9", "no such version")
    where = {"PATH": str(broken.parent), "PYENV_ROOT": str(tmp_path)}

    found = interpreter("python3.9", where)
    assert found == str(tmp_path / "versions/3.9.18/bin/python3.9")

    named = python_at(tmp_path / "bin/python3.9", "python3.9")
    where["PATH"] = str(named.parent)
    assert interpreter("python3.9", where) == str(named)


def test_the_table_names_the_versions_and_each_ratio(
    capsys: pytest.CaptureFixture[str],
) -> None:
    peer.show_rows([ROW])

    told = capsys.readouterr().out
    assert "pydantic 2" in told
    assert "2.50" in told
    assert "3,000,000" in told


def test_what_is_installed_is_pinned() -> None:
    lines = REQUIREMENTS.read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]

    assert wanted
    assert all("==" in line for line in wanted), json.dumps(wanted)
