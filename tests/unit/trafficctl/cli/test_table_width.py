"""Tables fit the terminal, and no id is ever cut."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.text import Text

from trafficctl.cli.output import KEY, Column, console, show, table
from trafficctl.watch import alarms
from trafficctl.watch.render import alerts_table, segments_table

COLOURS = re.compile(r"\x1b\[[\d;]*m")
NOW = 1_800_000_000_000
IDS = ["I-405-N-717446", "segment:" + "x" * 56]
ROAD = "San Diego Freeway northbound at Wilshire Boulevard"


class Terminal(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def segment(segment_id: str) -> dict[str, Any]:
    return {
        "segment_id": segment_id,
        "name": ROAD,
        "district": "Los Angeles",
        "congestion_score": 84.2,
        "speed": 21.4,
        "free_flow_speed": 105,
        "flow": 3120,
        "level_of_service": "F",
        "sensors": 10,
        "sensors_reporting": 0.9,
        "observed_at": NOW - 3000,
        "alert_level": "severe",
        "alert_since": NOW - 723_000,
    }


def alert(segment_id: str) -> dict[str, Any]:
    return {
        **segment(segment_id),
        "alert_status": "open",
        "level": "severe",
        "opened_at": NOW - 600_000,
    }


def alarm(name: str) -> alarms.Alarm:
    page = f"docs/runbooks/{name}.md"
    return alarms.Alarm(name, "ALARM", NOW / 1000, ROAD * 2, "", page, "")


TABLES = {
    "segments": lambda: segments_table(map(segment, IDS), NOW),
    "alerts": lambda: alerts_table(map(alert, IDS), NOW),
    "alarms": lambda: alarms.view(list(map(alarm, IDS)), NOW / 1000, False),
}


def printed(monkeypatch: Any, what: Any, width: int) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    show(what, out)
    plain = COLOURS.sub("", out.getvalue())
    return [line.rstrip() for line in plain.splitlines()]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("width", [72, 80, 100, 132, 200])
def test_a_table_fits_the_terminal_with_every_id_whole(
    monkeypatch: pytest.MonkeyPatch, name: str, width: int
) -> None:
    lines = printed(monkeypatch, TABLES[name](), width)

    assert max(map(len, lines)) <= width
    for one in IDS:
        assert sum(one in line.split() for line in lines) == 1


@pytest.mark.parametrize("width", [10, 40])
def test_a_terminal_narrower_than_an_id_gets_a_line_too_long(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    lines = printed(monkeypatch, TABLES["segments"](), width)

    assert [line.strip() for line in lines if line.strip()][-2:] == IDS


def test_the_least_important_columns_go_and_one_line_on_stderr_names_them(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    columns = [
        Column("Id", importance=KEY),
        Column("First\nkm/h", importance=6),
        Column("Middle", importance=2),
        Column("Last", importance=3),
    ]

    lines = printed(monkeypatch, table(columns, [["id-1", "a", "b", "c"]]), 20)

    assert [line.split() for line in lines if "id-1" in line] == [["id-1", "a", "c"]]
    assert capsys.readouterr().err == (
        "columns hidden at width 20: Middle - widen the terminal "
        "or pipe into `less -S`\n"
    )


def test_what_fits_is_shown_in_full_and_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    lines = printed(monkeypatch, TABLES["segments"](), 240)

    assert any(f"{IDS[0]}" in line and f"{ROAD}, Los Angeles" in line for line in lines)
    assert capsys.readouterr().err == ""


def test_text_wraps_between_words_and_keeps_its_words_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = "read docs/runbooks/processor-behind.md and then wait for a minute"
    columns = [Column("Id", importance=KEY), Column("What")]

    lines = printed(monkeypatch, table(columns, [["id-1", words]]), 50)

    told = " ".join(line.replace("id-1", "") for line in lines[3:])
    assert told.split() == words.split()
    assert len([line for line in lines if line]) > 3


def test_a_header_wraps_as_its_cells_do_and_is_never_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = [
        Column("Id", importance=KEY),
        Column("What to do first, by whom", importance=KEY),
        Column("Sensors", True, KEY),
    ]

    lines = printed(monkeypatch, table(columns, [["i" * 20, "", "3"]]), 46)

    assert "…" not in "".join(lines)
    header = [word for line in lines[:4] for word in line.split()]
    assert {*header} >= {"What", "to", "do", "first,", "by", "whom", "Sensors"}


def test_a_pipe_gets_the_full_width_whatever_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    out = io.StringIO()

    show(table([Column("Id"), Column("Text")], [["id-1", "word " * 200]]), out)

    assert "word " * 199 + "word" in out.getvalue()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("value", ["", "wide", "0", "-5"])
def test_a_strange_width_is_no_width(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("COLUMNS", value)

    assert console(io.StringIO()).width > 10_000


@pytest.mark.parametrize("cell", ["[/]", "[bold]", Text("[/]")])
def test_brackets_in_a_note_are_only_brackets(
    monkeypatch: pytest.MonkeyPatch, cell: Any
) -> None:
    lines = printed(monkeypatch, table([Column("note")], [[cell]]), 80)

    assert str(cell) in [line.strip() for line in lines]


def test_a_watched_table_names_under_itself_what_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = Terminal()
    on = console(out)
    on.set_alt_screen(True)

    on.print(TABLES["segments"]())

    assert "columns hidden at width 80:" in " ".join(out.getvalue().split())
    assert capsys.readouterr().err == ""


def test_a_column_that_is_never_left_out_stays_in_any_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = [Column("Id", importance=KEY), Column("Number", True, KEY)]

    lines = printed(monkeypatch, table(columns, [["a" * 30, "7"]]), 20)

    assert any(line.split() == ["a" * 30, "7"] for line in lines)
