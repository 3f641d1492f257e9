"""Tables for people, JSON for programs."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
from rich.text import Text

from trafficctl.cli.output import Column, duration, number, say, show, show_json, table


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 0, "-"),
        (0, 0, "0"),
        (0.0, 1, "0.0"),
        (1234567, 0, "1,234,567"),
        (Decimal("12.345"), 1, "12.3"),
    ],
)
def test_zero_is_a_value_and_only_absence_is_a_dash(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (47 * 3600, "47 h 00 min"),
        (49 * 3600, "2 d 01 h"),
        (-5, "-5 s"),
    ],
)
def test_a_length_of_time_reads_in_the_two_units_that_matter(seconds, text):
    assert duration(seconds) == text


def test_numbers_stand_right_under_their_headers():
    out = io.StringIO()

    show(table([Column("Road"), Column("km/h", True)], [("A", "5"), ("B", "105")]), out)

    lines = [line.rstrip() for line in out.getvalue().splitlines() if line.strip()]
    assert lines[0] == " Road   km/h"
    assert lines[2:] == [" A         5", " B       105"]


def test_a_pipe_gets_the_whole_line_however_long():
    out = io.StringIO()

    show(table([Column("Road")], [("x" * 150,)]), out)

    assert "x" * 150 in out.getvalue()


def test_json_keeps_whole_numbers_whole():
    out = io.StringIO()

    show_json({"flow": Decimal("1200"), "speed": Decimal("31.5"), "road": "Ä"}, out)

    assert json.loads(out.getvalue()) == {"flow": 1200, "speed": 31.5, "road": "Ä"}
    assert "Ä" in out.getvalue()


CLEARING = "Ring \x1b[2J\x9b2J\x07\x7f\u202eRoad"


def test_what_a_terminal_would_obey_never_reaches_it(capsys):
    show(table([Column("Road", importance=9)], [(CLEARING,), (Text(CLEARING, "red"),)]))
    say(f"{CLEARING}\nkept")

    told = capsys.readouterr()
    cells = [line.strip() for line in told.out.splitlines() if "Ring" in line]
    assert cells == ["Ring [2J2JRoad"] * 2
    assert told.err == "Ring [2J2JRoad\nkept\n"


def test_json_escapes_what_a_terminal_would_obey_and_stays_the_same_value(capsys):
    show_json({"name": CLEARING})

    told = capsys.readouterr().out
    assert json.loads(told) == {"name": CLEARING}
    assert told.isascii()
    assert not set(told) & {"\x1b", "\x7f"}
