"""Numbers, days and intervals of the command line: absurd ones are wrong usage."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentTypeError

import pytest

from trafficctl.__main__ import main
from trafficctl.cli.options import (
    LARGEST,
    non_negative_float,
    positive_float,
    positive_int,
)

FULL_WIDTH = "\uff11\uff12"
NINES = "9" * 5_000


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0.0), ("2", 2.0), ("2.5", 2.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0)],
)
def test_a_number_is_read_in_its_usual_forms(text: str, value: float) -> None:
    assert non_negative_float(text) == value


@pytest.mark.parametrize(
    "text", ["", "-1", "nan", "inf", "1e400", "1_0", FULL_WIDTH, "1e13", NINES, " 1"]
)
@pytest.mark.parametrize("read", [non_negative_float, positive_float, positive_int])
def test_what_is_no_number_of_a_city_is_refused_in_a_line(read, text: str) -> None:
    with pytest.raises(ArgumentTypeError) as caught:
        read(text)

    assert len(str(caught.value)) < 100


def test_the_largest_number_is_one() -> None:
    assert positive_int(str(LARGEST)) == LARGEST


@pytest.mark.parametrize(
    "words",
    [
        "alerts --day 9999-12-31",
        f"alerts --day {FULL_WIDTH}26-11-22",
        "segments --watch 1e10",
        "segments --watch 100000",
        "segments --watch 5 --json",
        "alarms --watch 5 --csv",
        f"cost --history-days {NINES}",
        "cost --history-days 3651",
        f"cost --viewers {NINES}",
        f"cost --interval {FULL_WIDTH}",
        "capacity --sensors 10 --interval 1_0",
    ],
)
def test_an_absurd_argument_is_wrong_usage(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words.split())
    except SystemExit as end:
        code = end.code

    assert code == 2
    assert "internal" not in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_command_without_an_output_works(closed: str) -> None:
    """As the shell starts it with `>&-`."""
    start = (
        f"import runpy, sys; sys.{closed} = None; sys.argv[1:] = ['cost']; "
        "runpy.run_module('trafficctl', run_name='__main__')"
    )

    run = subprocess.run([sys.executable, "-c", start], check=False)

    assert run.returncode == 0
